"""A document holds together."""

from dataclasses import replace

import pytest

from occviewer.document import Document, Shape, ShelfEntry, Track

from .documents import MODEL, OTHER_MODEL, busy, make_code


def test_keyframes_and_corners_are_on_the_shelf():
    with pytest.raises(ValueError, match="keyframe"):
        Document(track=Track(("nobody",)))
    document = busy()
    with pytest.raises(ValueError, match="keyframe"):
        replace(document, shelf=document.shelf[1:])
    with pytest.raises(ValueError, match="corner"):
        replace(document, shelf=document.shelf[:1], track=Track())


def test_ids_are_unique():
    entry = ShelfEntry("1", "Chair", Shape(code=make_code()))
    with pytest.raises(ValueError, match="same id"):
        Document(shelf=(entry, entry))
    with pytest.raises(ValueError, match="No shape"):
        Document(shelf=(entry,)).entry("2")


def test_entries_of_another_model_are_unusable_until_it_is_back():
    entry = ShelfEntry("1", "Chair", Shape(code=make_code()), model=MODEL)
    assert Document(MODEL, shelf=(entry,)).unusable == set()
    assert Document(OTHER_MODEL, shelf=(entry,)).unusable == {"1"}
    assert Document(shelf=(entry,)).unusable == {"1"}
