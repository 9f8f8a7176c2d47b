"""Capturing shapes and returning to them."""

import pytest

from occviewer.document import Document, DocumentError, commands

from ..documents import OTHER_MODEL, busy, make_code, make_png, scanned


def test_default_names_are_the_scans_and_never_twice():
    document = scanned()
    names = []
    for _ in range(3):
        title, document = commands.capture(document)
        names.append(document.shelf[-1].name)
    assert names == ["chair", "chair 2", "chair 3"]
    assert title == "Capture “chair 3”"
    document = commands.take_code(document, make_code()).document
    document = commands.capture(commands.capture(document).document).document
    assert [entry.name for entry in document.shelf[3:]] == ["Shape 1", "Shape 2"]
    assert len({entry.id for entry in document.shelf}) == 5


def test_a_code_goes_on_the_shelf_and_the_shape_at_hand_stays():
    document = scanned()
    code = make_code(7)
    title, captured = commands.capture_code(document, code, "Sample 3 (seed 0)", make_png())
    assert title == "Capture “Sample 3 (seed 0)”"
    assert captured.shape is document.shape
    entry = captured.shelf[0]
    assert entry.shape.code is code
    assert entry.shape.edit.detail == 0
    assert entry.preview == make_png()
    again = commands.capture_code(captured, code, "Sample 3 (seed 0)").document
    assert again.shelf[1].name == "Sample 3 (seed 0) 2"


def test_returning_to_a_shape_brings_all_of_it():
    document = commands.set_threshold(commands.slide(scanned(), 0, 1).document, 0.3).document
    document = commands.capture(document, make_png(), "Good one").document
    captured = document.shape
    document = commands.set_threshold(document, 0.8).document
    document = commands.take_code(document, make_code(5)).document
    title, document = commands.take(document, document.shelf[0].id)
    assert title == "Take “Good one”"
    assert document.shape is captured
    assert document.extraction.threshold == 0.3
    assert commands.take(document, document.shelf[0].id).document is document


def test_a_shape_of_another_model_names_it():
    document = commands.capture(scanned()).document
    document = commands.change_model(document, OTHER_MODEL).document
    with pytest.raises(DocumentError, match="“chair” was made with the model “toy”; open that"):
        commands.take(document, document.shelf[0].id)


def test_nothing_to_capture():
    waiting = commands.delete_points(scanned(), [0]).document
    for document in (Document(), waiting):
        with pytest.raises(DocumentError, match="no finished shape"):
            commands.capture(document)


def test_renaming_cleans_the_name():
    document = commands.capture(scanned()).document
    id = document.shelf[0].id
    title, renamed = commands.rename(document, id, "  My\nchair \t 1 ")
    assert title == "Rename to “My chair 1”"
    assert renamed.shelf[0].name == "My chair 1"
    assert commands.rename(renamed, id, "My chair 1").document is renamed
    with pytest.raises(DocumentError, match="needs a name"):
        commands.rename(document, id, " \n")
    with pytest.raises(DocumentError, match="at most 200"):
        commands.rename(document, id, "x" * 300)


def test_deleting_takes_a_shape_off_the_track_and_the_pad_too():
    before = busy()
    first, second, _ = (entry.id for entry in before.shelf)
    title, document = commands.delete(before, [second])
    assert title == "Delete “Möbel ½”"
    assert document.track.keyframes == (first, first)
    assert document.pad.corners == (None,) * 4
    assert before.pad.corners[2] == second
    assert commands.delete(before, [first, second]).title == "Delete 2 shapes"
    assert commands.delete(before, []).document is before


def test_moving_along_the_shelf():
    document = busy()
    first, second, third = (entry.id for entry in document.shelf)
    moved = commands.move(document, third, 0).document
    assert [entry.id for entry in moved.shelf] == [third, first, second]
    moved = commands.move(document, first, 99).document
    assert [entry.id for entry in moved.shelf] == [second, third, first]
    assert commands.move(document, first, -5).document is document


def test_a_sample_begins_without_detail_and_with_sliders_at_rest():
    code = make_code(3)
    title, document = commands.take_code(commands.slide(scanned(), 0, 1).document, code)
    assert title == "Take sample"
    assert (document.shape.source, document.shape.code) == (None, code)
    assert (document.shape.edit.offsets, document.shape.edit.detail) == ((), 0)


def test_a_preview_arrives_later():
    document = commands.capture(scanned()).document
    seen = commands.with_preview(document, document.shelf[0].id, make_png())
    assert seen.shelf[0].preview == make_png()
    assert commands.with_preview(document, "gone", make_png()) is document
