import numpy as np
import pytest

from occviewer.cutouts import SCREEN, Crop, crop_around, network_input


def test_the_shape_fills_the_crop_with_a_margin_before_the_screen():
    pixels = np.full((100, 140, 3), 90, np.uint8)
    inside = np.zeros((100, 140), bool)
    inside[20:60, 30:110] = True
    cut = network_input(pixels, inside, crop_around((30, 20, 110, 60)), 112)
    shown = cut[..., 1] < 170  # at least half of the pixel
    rows, columns = np.flatnonzero(shown.any(1)), np.flatnonzero(shown.any(0))
    assert columns[0] + columns[-1] == pytest.approx(111, abs=1)  # in the middle
    assert rows[0] + rows[-1] == pytest.approx(111, abs=1)
    assert columns[-1] - columns[0] == pytest.approx(112 / 1.12, abs=2)
    assert (cut[0] == SCREEN).all()


def test_crops_reach_over_the_edges_of_the_picture():
    pixels = np.full((40, 40, 3), 90, np.uint8)
    cut = network_input(pixels, np.ones((40, 40), bool), Crop(-20.0, -20.0, 80.0), 40)
    assert (cut[:9] == SCREEN).all()
    assert (cut[11:29, 11:29] == 90).all()
    assert (cut[31:] == SCREEN).all()
