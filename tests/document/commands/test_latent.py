"""Moving sliders."""

import pytest

from occviewer.document import Document, DocumentError, commands

from ..documents import scanned


def test_sliding_moves_one_axis_and_keeps_everything_else():
    before = scanned()
    title, document = commands.slide(before, 2, 1.5)
    assert title == "Axis 3: +1.50 σ"
    assert document.shape.edit.offsets == (0, 0, 1.5)
    assert document.shape.code is before.shape.code
    assert document.shape.source is before.shape.source
    assert commands.slide(document, 2, 1.5).document is document


def test_a_locked_axis_says_so_and_others_pass_it_by():
    title, document = commands.lock_axes(commands.slide(scanned(), 1, 1).document, [1])
    assert title == "Lock axis 2"
    with pytest.raises(DocumentError, match="Axis 2 is locked"):
        commands.slide(document, 1, 0)
    title, moved = commands.set_offsets(document, {0: 3, 1: 3})
    assert title == "Set 2 axes"
    assert moved.shape.edit.offsets == (3, 1)
    title, reset = commands.reset_offsets(moved)
    assert title == "Reset all axes"
    assert reset.shape.edit.offsets == (0, 1)
    title, unlocked = commands.lock_axes(reset, [1, 4], False)
    assert title == "Unlock 2 axes"
    title, reset = commands.reset_offsets(unlocked, [1])
    assert title == "Reset axis 2"
    assert reset.shape.edit.offsets == ()


def test_randomising_stays_near_within_bounds_and_is_the_same_for_a_seed():
    bounds = [(-1.0, 1.0)] * 40
    document = commands.lock_axes(commands.slide(scanned(), 0, 0.9).document, [5]).document
    title, first = commands.randomise_around(document, 3, bounds)
    assert title == "Randomise (seed 3)"
    offsets = [first.shape.edit.offset(axis) for axis in range(40)]
    assert offsets[5] == 0
    assert all(-1 <= value <= 1 for value in offsets)
    assert len(set(offsets)) > 30
    assert commands.randomise_around(document, 3, bounds).document.shape.edit == first.shape.edit
    assert commands.randomise_around(document, 4, bounds).document.shape.edit != first.shape.edit


def test_detail_fades():
    title, document = commands.set_detail(scanned(), 0.25)
    assert title == "Detail 0.25"
    assert document.shape.edit.detail == 0.25
    with pytest.raises(DocumentError, match="Detail goes from 0 to 1"):
        commands.set_detail(document, 1.2)


def test_without_a_shape_there_is_nothing_to_slide():
    with pytest.raises(DocumentError, match="no shape to edit"):
        commands.slide(Document(), 0, 1)
