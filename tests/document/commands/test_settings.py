"""Extraction, sampling and the model."""

import pytest

from occviewer.document import DocumentError, commands

from ..documents import MODEL, OTHER_MODEL, busy, make_code, scanned


@pytest.mark.parametrize(
    ("command", "value", "title"),
    [
        (commands.set_threshold, 0.45, "Threshold 0.45"),
        (commands.set_resolution, 256, "Resolution 256"),
        (commands.set_largest_only, True, "Keep largest part only"),
        (commands.set_smoothing, 5, "Smoothing 5"),
        (commands.set_face_target, 5000, "Simplify to 5,000 triangles"),
    ],
)
def test_a_setting_is_set_and_named(command, value, title):
    before = scanned()
    change = command(before, value)
    assert change.title == title
    assert value in vars(change.document.extraction).values()
    assert change.document.shape is before.shape
    assert command(change.document, value).document is change.document


def test_the_models_threshold_comes_back():
    document = commands.set_threshold(scanned(), 0.2).document
    title, document = commands.set_threshold(document, None)
    assert (title, document.extraction.threshold) == ("Model's threshold", None)
    with pytest.raises(DocumentError, match="resolution"):
        commands.set_resolution(document, 4096)


def test_seed_and_temperature():
    title, document = commands.set_sampling(scanned(), seed=4)
    assert (title, document.sampling.seed) == ("Sampling seed 4", 4)
    title, document = commands.set_sampling(document, temperature=0.8)
    assert (title, document.sampling.temperature) == ("Sampling temperature 0.80", 0.8)
    assert document.sampling.seed == 4


def test_another_model_keeps_the_scan_and_the_shelf_but_no_codes():
    before = commands.slide(busy(), 0, 1.0).document
    title, document = commands.change_model(before, OTHER_MODEL)
    assert title == "Model “other”"
    assert document.shape.source is before.shape.source
    assert document.shape.code is None
    assert document.shape.edit.offsets == ()
    assert document.shelf == before.shelf
    assert document.track == before.track
    assert document.extraction.threshold is None
    assert document.unusable == {entry.id for entry in document.shelf if entry.id != "foreign"}
    assert commands.change_model(document, MODEL).document.unusable == {"foreign"}


def test_a_sample_does_not_survive_another_model():
    document = commands.take_code(scanned(), make_code()).document
    assert commands.change_model(document, OTHER_MODEL).document.shape.is_empty


def test_the_same_model_from_another_place_changes_nothing_else(tmp_path):
    moved = type(MODEL)(path=tmp_path / "toy.safetensors", digest=MODEL.digest)
    before = scanned()
    document = commands.change_model(before, moved).document
    assert document.model is moved
    assert document.shape is before.shape
    assert commands.change_model(document, moved).document is document
