"""Sliders, and shapes on the shelf."""

import pytest

from occviewer.document import DocumentError, LatentEdit, Shape, ShelfEntry

from .documents import make_code, make_png


def test_zeros_at_the_end_make_no_difference():
    assert LatentEdit((1, 0, 0)) == LatentEdit((1.0,))
    assert LatentEdit((1, 0, 2)).offset(2) == 2
    assert LatentEdit((1,)).offset(7) == 0


def test_locked_axes_stay_where_they_are():
    edit = LatentEdit((1.0, 2.0), locked=frozenset({1}))
    moved = edit.moved({0: 0.0, 1: 9.0, 3: -1.0})
    assert moved.offsets == (0.0, 2.0, 0.0, -1.0)
    assert moved.locking([1], False).moved({1: 9.0}).offset(1) == 9
    assert edit.unlocked == LatentEdit((1.0, 2.0))


@pytest.mark.parametrize(
    ("fields", "error"),
    [
        ({"offsets": (float("nan"),)}, DocumentError),
        ({"offsets": (1e9,)}, DocumentError),
        ({"offsets": ("1",)}, ValueError),
        ({"offsets": (0.0,) * 5000}, ValueError),
        ({"locked": {-1}}, DocumentError),
        ({"detail": 1.5}, DocumentError),
        ({"detail": True}, ValueError),
    ],
)
def test_absurd_sliders_are_refused(fields, error):
    with pytest.raises(error):
        LatentEdit(**fields)


def test_an_entry_of_the_shelf_has_a_code_a_name_and_a_picture():
    shape = Shape(code=make_code())
    assert ShelfEntry("1", "Chair", shape, 0.4, None, make_png()).shape is shape
    with pytest.raises(ValueError, match="needs a code"):
        ShelfEntry("1", "Chair", Shape())
    with pytest.raises(ValueError, match="name"):
        ShelfEntry("1", "", shape)
    with pytest.raises(ValueError, match="one line"):
        ShelfEntry("1", "two\nlines", shape)
    with pytest.raises(ValueError, match="PNG"):
        ShelfEntry("1", "Chair", shape, preview=b"<script>")
    with pytest.raises(DocumentError, match="threshold"):
        ShelfEntry("1", "Chair", shape, threshold=1.0)
