"""Directions of sliders go with the offsets along them."""

import numpy as np
import pytest

from occviewer.document import LatentEdit
from occviewer.document.directions import Directions

from .documents import directions


def test_they_are_equal_where_their_numbers_are():
    assert directions() == directions()
    assert hash(directions()) == hash(directions())
    assert directions() != directions(1)


def test_they_stay_while_offsets_are_measured_along_them():
    first = LatentEdit().moved({0: 1.0}, directions())
    assert first.directions == directions()
    assert first.moved({1: 0.5}, directions(1)).directions == directions()
    assert first.moved({0: 0.0}) == LatentEdit()
    assert LatentEdit().moved({0: 1.0}, directions(1)) != first


def test_arrays_that_do_not_fit_are_refused():
    with pytest.raises(ValueError, match="fit"):
        Directions(np.zeros(3), np.ones((4, 2)), np.zeros((2, 2)), np.zeros(2), "codes")
    with pytest.raises(ValueError, match="finite"):
        Directions(np.zeros(3), np.full((3, 1), np.nan), np.zeros((1, 2)), np.zeros(1), "codes")
