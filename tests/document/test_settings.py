"""Ranges of settings, with a sentence that a person can act on."""

import pytest

from occviewer.document import BlendPad, DocumentError, ExtractionSettings, SamplingSettings, Track


@pytest.mark.parametrize(
    ("kind", "fields", "words"),
    [
        (ExtractionSettings, {"resolution": 8}, "The resolution goes from 16 to 512; 8"),
        (ExtractionSettings, {"resolution": 1024}, "1,024 is outside"),
        (ExtractionSettings, {"threshold": 0}, "The threshold"),
        (ExtractionSettings, {"threshold": float("nan")}, "The threshold"),
        (ExtractionSettings, {"smoothing": -1}, "smoothing"),
        (ExtractionSettings, {"face_target": 3}, "triangles"),
        (SamplingSettings, {"temperature": 7}, "temperature"),
        (SamplingSettings, {"seed": 2**40}, "seed"),
        (Track, {"seconds": 0}, "time of a step"),
        (BlendPad, {"u": 1.01}, "pad"),
    ],
)
def test_values_out_of_their_range_are_named(kind, fields, words):
    with pytest.raises(DocumentError, match=words):
        kind(**fields)


@pytest.mark.parametrize(
    ("kind", "fields"),
    [
        (ExtractionSettings, {"resolution": 64.0}),
        (ExtractionSettings, {"resolution": True}),
        (ExtractionSettings, {"threshold": "0.5"}),
        (ExtractionSettings, {"largest_only": 1}),
        (Track, {"keyframes": (1,)}),
        (Track, {"loop": "yes"}),
        (BlendPad, {"corners": (None, None)}),
    ],
)
def test_values_of_another_kind_are_a_mistake_of_the_program(kind, fields):
    with pytest.raises(ValueError, match=r"must|has four"):
        kind(**fields)


def test_the_weights_of_the_pad_are_those_of_its_corners():
    assert BlendPad(u=0, v=0).weights == (1, 0, 0, 0)
    assert BlendPad(u=1, v=0).weights == (0, 1, 0, 0)
    assert BlendPad(u=0, v=1).weights == (0, 0, 1, 0)
    assert BlendPad(u=0.25, v=0.5).weights == pytest.approx((0.375, 0.125, 0.375, 0.125))
