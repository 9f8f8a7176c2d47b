import numpy as np
import pytest
from scipy.spatial import cKDTree

from occviewer.errors import Cancelled, ExtractionError
from occviewer.extraction import Follower, extract, hierarchy

from .fields import AnalyticField, Sheet, Sphere, Torus, corners_of, dense_signs, mixed_cells


@pytest.fixture(autouse=True, params=["dense", "bricks after coarse levels"])
def storage(request, monkeypatch):
    """Levels are stored in two ways; what they promise is the same."""
    if request.param != "dense":
        monkeypatch.setattr(hierarchy, "DENSE_CELLS", 20)


class Moving(AnalyticField):
    """A field of time 0 … 1, given as a function of points and time."""

    def __init__(self, shape, time):
        self.shape, self.time = shape, time

    def inside(self, points):
        return self.shape(points, self.time)


def ball(points, centre, radius):
    return radius - np.linalg.norm(points - np.array(centre), axis=1)


def splitting(points, time):
    """A blob that is drawn apart until it is two."""
    apart = 0.05 + 0.25 * time
    near = [
        np.exp(-(np.linalg.norm(points - np.array([x, 0.02, 0.01]), axis=1) ** 2) / 0.02)
        for x in (-apart, apart)
    ]
    return 0.1 * (near[0] + near[1] - 0.5)


def appearing(points, time):
    """A second ball grows out of nothing, far from the first."""
    return np.maximum(
        ball(points, (-0.2, 0, 0), 0.2), ball(points, (0.3, 0.21, -0.3), -0.02 + 0.1 * time)
    )


def rising(points, time):
    """A thin sheet that travels through the box."""
    return Sheet(thickness=0.012).inside(points - np.array([0, 0.3 * time - 0.15, 0]))


def hollowing(points, time):
    """A bubble grows inside a ball and breaks through its surface."""
    return np.minimum(
        ball(points, (0, 0, 0), 0.4), -ball(points, (0.3, 0, 0.05), 0.2 * time - 0.03)
    )


def signs_of(follower):
    grid = follower._last[-1].grid
    ticks = np.arange(1, grid.cells + 2)
    return grid.get(np.stack(np.meshgrid(ticks, ticks, ticks, indexing="ij"))) > 0


@pytest.mark.parametrize("shape", [splitting, appearing, rising, hollowing])
def test_every_sign_equals_dense_evaluation_along_a_path_of_200_frames(shape):
    follower = Follower()
    for time in np.linspace(0, 1, 200):
        field = Moving(shape, time)
        mesh = follower.extract(field, 24, normals=False)
        dense = dense_signs(field, 24)
        assert np.count_nonzero(signs_of(follower) != dense) == 0, time
    assert mesh.is_watertight


def path_of(shape, frames):
    return [Moving(shape, time) for time in np.linspace(0.3, 0.3 + frames / 200, frames)]


def test_a_small_step_asks_little_more_than_the_surface_needs():
    follower = Follower()
    for field in path_of(splitting, 4):
        follower.extract(field, 64)
    needed = corners_of(mixed_cells(dense_signs(field, 64))).sum()
    assert follower.report.points_asked < 1.1 * needed


def test_a_frame_is_the_mesh_that_extract_makes():
    follower = Follower()
    for field in path_of(hollowing, 3):
        mesh = follower.extract(field, 40)
    alone = extract(field, 40)
    assert len(mesh.faces) == len(alone.faces)
    assert mesh.volume == pytest.approx(alone.volume, rel=1e-5)
    assert mesh.is_watertight
    _, same = cKDTree(alone.vertices).query(mesh.vertices)
    assert np.einsum("nd,nd->n", mesh.normals, alone.normals[same]).min() > 0.99


@pytest.mark.parametrize("level", [-2.0, -0.1, 0.05, 1.5])
def test_a_new_threshold_has_the_signs_of_dense_evaluation(level):
    follower, field = Follower(), Torus()
    follower.extract(field, 40)
    follower.extract(field, 40, level=level)
    assert np.count_nonzero(signs_of(follower) != dense_signs(field, 40, level)) == 0


def test_a_threshold_that_was_there_before_asks_nothing():
    follower, field = Follower(), Torus()
    first = follower.extract(field, 40)
    follower.extract(field, 40, level=0.2)
    assert 0 < follower.report.points_asked
    for level in (0.0, 0.2, 0.0):
        again = follower.extract(field, 40, level=level)
        assert follower.report.points_asked == 0
    np.testing.assert_array_equal(again.vertices, first.vertices)


def test_a_nudge_of_the_threshold_asks_next_to_nothing():
    follower, field = Follower(), Sphere()
    follower.extract(field, 48)
    asked = follower.report.points_asked
    follower.extract(field, 48, level=0.01)  # a fiftieth of a cell
    assert follower.report.points_asked < 0.05 * asked


def test_a_jump_is_extracted_anew():
    follower = Follower()
    follower.extract(Sphere(radius=0.2, centre=(-0.3, -0.3, -0.3)), 40)
    field = Torus()
    mesh = follower.extract(field, 40)
    assert mesh.euler_characteristic == 0
    assert np.count_nonzero(signs_of(follower) != dense_signs(field, 40)) == 0


def test_another_resolution_or_box_starts_anew():
    follower, field = Follower(), Sphere(radius=0.3)
    follower.extract(field, 32)
    assert follower.extract(field, 48).is_watertight
    field.bounds = np.array([[-0.4, -0.5, -0.5], [0.4, 0.5, 0.45]], np.float32)
    mesh = follower.extract(field, 48)
    assert np.linalg.norm(mesh.vertices, axis=1) == pytest.approx(0.3, abs=2e-3)


def test_after_a_frame_that_failed_or_was_cancelled_the_next_is_whole():
    follower, field = Follower(), Torus()
    follower.extract(field, 40)
    with pytest.raises(ExtractionError, match="whole box is outside"):
        follower.extract(Sphere(radius=0.1), 40, level=50.0)
    with pytest.raises(Cancelled):
        follower.extract(Torus(large=0.33), 40, cancel=lambda: True)
    mesh = follower.extract(field, 40)
    assert (mesh.is_watertight, mesh.euler_characteristic) == (True, 0)
