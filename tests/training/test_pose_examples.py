"""What a pose network learns from: upright scans, and poses that are wrong for sure."""

import numpy as np
import pytest
import torch

from occviewer.errors import DataError
from occviewer.models.placing import turn
from occviewer.models.pose import normalised
from occviewer.training.dataset import ShapeSet
from occviewer.training.pose_examples import (
    SECTORS,
    Scans,
    headings_alike,
    posed,
    random_poses,
    sector,
)

from .pose_scans import CHAIR
from .solids import BALL, BOX, Boxes, labelled, save

ASKEW = np.arange(SECTORS) == 0
PILLAR = Boxes((((-0.3, -0.5, -0.3), (0.3, 0.5, 0.3)),))
UP, FRONT = np.array([0.0, 1.0, 0.0]), np.array([0.0, 0.0, 1.0])


@pytest.fixture
def rng():
    return np.random.default_rng(3)


@pytest.fixture(scope="module")
def shapes(tmp_path_factory):
    folder = tmp_path_factory.mktemp("poses")
    save(folder, "chair", CHAIR, category="chair")
    save(folder, "ball", BALL, category="ball")
    save(folder, "held back", BALL, "val")
    return ShapeSet([folder], "train")


@pytest.mark.parametrize(
    ("solid", "step"),
    [(CHAIR, 8), (BOX, 4), (PILLAR, 2), (BALL, 1)],
    ids=["chair: one front", "box: two", "square pillar: four", "ball: any"],
)
def test_headings_under_which_a_shape_looks_like_itself(solid, step):
    alike = headings_alike(labelled(solid).surface)
    assert np.flatnonzero(alike).tolist() == list(range(0, SECTORS, step))


def test_headings_belong_to_the_sector_around_them():
    headings = np.array([0.0, 22.4, -22.4, 22.6, 90.0, 359.0, 338.0, 337.0, 200.0])
    assert sector(headings).tolist() == [0, 0, 0, 1, 2, 0, 0, 7, 4]


def test_the_first_pose_is_right_and_the_others_are_wrong(rng):
    rotations, counts = random_poses(np.stack([ASKEW] * 50), 6, 6.0, rng)
    assert counts.all()
    assert np.allclose(np.linalg.det(rotations), 1)
    up, front = rotations @ UP, rotations @ FRONT
    assert np.allclose(up[:, 0], UP)
    assert (front[:, 0] @ FRONT > np.cos(np.radians(6.01))).all()
    # Standing, but facing elsewhere by more than half a sector.
    assert np.allclose(up[:, 1::2], UP)
    assert (front[:, 1::2] @ FRONT < np.cos(np.radians(22.4))).all()
    # Lying, or on its head.
    assert (up[:, 2::2] @ UP < 1e-9).all()
    assert {round(height) for height in (up[:, 2::2] @ UP).ravel()} == {0, -1}


def test_sides_and_the_back_are_the_most_frequent_wrong_headings(rng):
    rotations, _ = random_poses(np.stack([ASKEW] * 300), 2, 0.0, rng)
    front = rotations[:, 1] @ FRONT
    angle = np.degrees(np.arctan2(front[:, 0], front[:, 2])) % 360
    off = np.abs((angle + 45) % 90 - 45)
    assert 0.5 < (off <= 10).mean() < 0.75
    assert {int(number) for number in np.round(angle / 90) % 4} >= {1, 2, 3}


def test_headings_under_which_a_shape_looks_alike_are_not_called_wrong(rng):
    alike = np.stack([np.ones(SECTORS, bool), np.arange(SECTORS) % 4 == 0, ASKEW] * 40)
    rotations, counts = random_poses(alike, 6, 6.0, rng)
    assert counts[:, 0].all()
    assert counts[:, 2::2].all()  # lying is always wrong
    assert not counts[0::3, 1::2].any()
    assert counts[2::3].all()
    front = rotations[1::3, 1::2] @ FRONT
    # Of a shape with two fronts, the back is left out, and the sides are wrong.
    assert (counts[1::3, 1::2] == (front @ FRONT > np.cos(np.radians(180 - 22.5)))).all()


def test_clouds_are_turned_by_their_own_rotations():
    clouds = torch.rand(2, 5, 3)
    rotations = np.stack([[turn(1, 20.0), turn(0, 90.0)], [turn(2, -90.0), np.eye(3)]])
    turned = posed(clouds, torch.from_numpy(rotations).float())
    assert turned.shape == (2, 2, 5, 3)
    for scan in range(2):
        for pose in range(2):
            expected = clouds[scan].numpy() @ rotations[scan, pose].T
            assert np.allclose(turned[scan, pose].numpy(), expected, atol=1e-6)


def test_scans_stand_upright_and_face_the_front(shapes, rng):
    scans = Scans(shapes, {"ball": 0.0})
    sizes = set()
    for _ in range(30):
        scan = scans.draw(300, rng)
        assert scan.points.shape == (300, 3)
        assert scan.points.dtype == np.float32
        assert scan.alike.tolist() == ASKEW.tolist()
        x, y, z = normalised(torch.from_numpy(scan.points)[None])[0].numpy().T
        assert np.median(y) < y.min() + 0.6 * np.ptp(y)  # the seat is below the back
        back = z[y > y.min() + 0.7 * np.ptp(y)]
        assert np.median(back) < z.min() + 0.3 * np.ptp(z)  # which is at the back
        sizes.add(round(float(np.ptp(x)), 3))
    assert len(sizes) > 10  # stretched differently


def test_the_same_generator_gives_the_same_scans(shapes):
    first, again, other = (
        Scans(shapes, {}).draw(100, np.random.default_rng(seed)).points for seed in (1, 1, 2)
    )
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


def test_weights_say_how_often_shapes_are_drawn(shapes, rng):
    def chairs(weights):
        scans = Scans(shapes, weights)
        return sum(scans.draw(20, rng).alike.sum() == 1 for _ in range(60))

    assert chairs({"chair": 0.0}) == 0
    assert 15 < chairs({}) < 45
    assert chairs({"ball": 0.0}) == 60


def test_weights_that_leave_nothing_are_refused(shapes):
    with pytest.raises(DataError, match="leave no shape"):
        Scans(shapes, {"tests": 0.0})
