"""The track and the pad."""

import pytest

from occviewer.document import DocumentError, commands
from occviewer.document.shape import LatentEdit

from ..documents import busy, make_code


@pytest.fixture
def document():
    return commands.clear_track(busy()).document


def test_keyframes_are_added_moved_and_removed(document):
    a, b, c = (entry.id for entry in document.shelf)
    title, document = commands.add_keyframes(document, [a, b])
    assert title == "Add 2 shapes to track"
    title, document = commands.add_keyframes(document, [c], 1)
    assert title == "Add “Lamp” to track"
    assert document.track.keyframes == (a, c, b)
    title, document = commands.move_keyframes(document, [0], 3)
    assert (title, document.track.keyframes) == ("Move “chair” on track", (c, b, a))
    title, document = commands.remove_keyframes(document, [1])
    assert (title, document.track.keyframes) == ("Remove “Möbel ½” from track", (c, a))
    with pytest.raises(ValueError, match="no keyframe"):
        commands.remove_keyframes(document, [2])
    with pytest.raises(ValueError, match="No shape"):
        commands.add_keyframes(document, ["nobody"])


def test_several_keyframes_move_and_go_in_one_step(document):
    a, b, c = (entry.id for entry in document.shelf)
    document = commands.add_keyframes(document, [a, b, c, a]).document
    title, moved = commands.move_keyframes(document, [0, 2], 4)
    assert (title, moved.track.keyframes) == ("Move 2 shapes on track", (b, a, a, c))
    assert commands.move_keyframes(document, [0, 1], 0).document is document
    title, document = commands.remove_keyframes(document, [0, 3])
    assert (title, document.track.keyframes) == ("Remove 2 shapes from track", (b, c))
    with pytest.raises(ValueError, match="no keyframe"):
        commands.move_keyframes(document, [2], 0)


def test_where_the_track_rests_becomes_the_shape(document):
    code = make_code(3)
    title, rested = commands.rest_on_track(document, code, 0.5, 0.25)
    assert title == "Shape at 1.50 of the track"
    assert rested.shape.code is code
    assert rested.shape.source is None
    assert rested.shape.edit == LatentEdit()
    assert rested.extraction.threshold == 0.25


def test_time_and_loop(document):
    title, document = commands.set_step_seconds(document, 1.5)
    assert (title, document.track.seconds) == ("1.5 s a step", 1.5)
    assert commands.set_loop(document, False).title == "Do not loop track"
    assert commands.set_loop(document, True).document is document
    with pytest.raises(DocumentError, match="time of a step"):
        commands.set_step_seconds(document, -1)


def test_the_pad(document):
    id = document.shelf[0].id
    title, document = commands.set_pad_corner(document, 0, id)
    assert (title, document.pad.corners[0]) == ("Put “chair” on pad", id)
    title, document = commands.set_pad_position(document, 0.25, 1)
    assert (title, document.pad.u, document.pad.v) == ("Blend at (0.25, 1.00)", 0.25, 1)
    code = document.shelf[1].shape.code
    title, blended = commands.take_blend(document, 0.5, 0.25, code)
    assert (title, blended.pad.u, blended.pad.v) == ("Blend at (0.50, 0.25)", 0.5, 0.25)
    assert (blended.shape.code, blended.shape.source) == (code, None)
    assert blended.shape.edit.detail == 1
    assert commands.set_pad_corner(document, 0, None).title == "Empty corner 1 of pad"
    with pytest.raises(ValueError, match="No shape"):
        commands.set_pad_corner(document, 0, "nobody")
