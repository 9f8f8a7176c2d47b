"""Where parts are thin."""

import numpy as np

from occviewer.training.latent_thinness import ThinParts
from occviewer.training.shape_file import load_shape

from .solids import BALL, BOX, Boxes, save

STOOL = Boxes(
    (
        ((-0.4, 0.1, -0.4), (0.4, 0.5, 0.4)),
        ((-0.4, -0.5, -0.4), (-0.36, 0.1, -0.36)),
        ((0.36, -0.5, 0.36), (0.4, 0.1, 0.4)),
    )
)


def thin_parts(folder, solid):
    save(folder, "solid", solid, uniform=60_000)
    shape, _ = load_shape(folder / "shapes" / "solid.safetensors")
    return ThinParts(shape)


def test_legs_are_thin_and_the_seat_is_not(tmp_path):
    thin = thin_parts(tmp_path, STOOL)
    leg, seat, nothing = [-0.38, -0.25, -0.38], [0.0, 0.3, 0.0], [0.0, -0.4, 0.0]
    found = thin.at(np.array([leg, seat, nothing]))
    assert found[0] > 0.8
    assert found[1] == found[2] == 0


def test_beside_a_leg_it_is_thin_too(tmp_path):
    assert thin_parts(tmp_path, STOOL).at(np.array([[-0.33, -0.25, -0.33]]))[0] > 0.8


def test_solid_bodies_have_no_thin_parts_even_at_their_corners(tmp_path):
    corners = BOX.bounds * 0.99
    assert (thin_parts(tmp_path / "box", BOX).at(corners) == 0).all()
    assert (thin_parts(tmp_path / "ball", BALL).at(BALL.bounds * 0.57) == 0).all()


def test_points_outside_the_box_have_an_answer(tmp_path):
    assert thin_parts(tmp_path, BALL).at(np.array([[5.0, 0, 0], [-5.0, 0, 0]])).shape == (2,)
