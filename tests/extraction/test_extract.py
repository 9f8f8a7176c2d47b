import math
import threading

import numpy as np
import pytest

from occviewer.errors import Cancelled, ExtractionError
from occviewer.extraction import extract, extract_with_report
from occviewer.extraction.bricks import BrickGrid

from .fields import ALL, AnalyticField, Blobs, Bowl, Gyroid, Noise, Sheet, Sphere, Torus


def test_sphere_is_closed_and_has_its_volume_and_area():
    mesh = extract(Sphere(radius=0.4), 64)
    assert mesh.is_watertight
    assert mesh.euler_characteristic == 2
    assert mesh.volume == pytest.approx(4 / 3 * math.pi * 0.4**3, rel=2e-3)
    assert mesh.area == pytest.approx(4 * math.pi * 0.4**2, rel=2e-3)


def test_vertices_lie_on_the_surface():
    mesh = extract(Sphere(radius=0.4, centre=(0.05, -0.02, 0.1)), 64)
    distances = np.linalg.norm(mesh.vertices - np.array([0.05, -0.02, 0.1]), axis=1)
    assert np.abs(distances - 0.4).max() < 3e-4  # a fiftieth of a cell


def test_normals_look_out_of_the_surface():
    mesh = extract(Sphere(radius=0.4), 64)
    assert mesh.normals.dtype == np.float32
    outward = mesh.vertices / np.linalg.norm(mesh.vertices, axis=1, keepdims=True)
    assert np.einsum("nd,nd->n", mesh.normals, outward).min() > math.cos(math.radians(2))
    assert np.linalg.norm(mesh.normals, axis=1) == pytest.approx(1, abs=1e-5)


def test_normals_can_be_left_out():
    assert extract(Sphere(), 16, normals=False).normals is None


def test_torus_has_a_hole():
    mesh = extract(Torus(large=0.32, small=0.1), 64)
    assert mesh.is_watertight
    assert mesh.euler_characteristic == 0
    assert mesh.volume == pytest.approx(2 * math.pi**2 * 0.32 * 0.1**2, rel=1e-2)


def test_two_balls_are_two_parts():
    field = Blobs(a_side=5)
    field.centres = np.array([[-0.25, 0, 0], [0.25, 0.1, 0]])
    field.radius = 0.2
    mesh = extract(field, 48)
    assert (mesh.component_count, mesh.euler_characteristic) == (2, 4)


def test_a_sheet_thinner_than_the_coarse_cells_is_whole():
    mesh = extract(Sheet(thickness=0.012), 128)  # cells: 0.034 coarse, 0.0086 fine
    assert mesh.is_watertight
    assert (mesh.component_count, mesh.euler_characteristic) == (1, 2)
    assert mesh.volume == pytest.approx(0.7 * 0.6 * 0.012, rel=0.05)


def test_no_small_part_is_missed():
    mesh = extract(Blobs(a_side=5, radius=0.03), 128)
    assert (mesh.component_count, mesh.euler_characteristic) == (125, 250)


def test_a_hollow_and_a_tunnel_are_found():
    mesh = extract(Bowl(), 96)
    assert mesh.is_watertight
    # A ball with a tunnel is a torus (0); the hollow inside is a sphere (2).
    assert (mesh.component_count, mesh.euler_characteristic) == (2, 2)


@pytest.mark.parametrize("backend", ["flying_edges", "pymcubes"])
@pytest.mark.parametrize("resolution", [16, 37, 80])
def test_any_signs_give_a_manifold(backend, resolution):
    mesh = extract(Noise(nodes=38), resolution, backend=backend)
    assert mesh.is_watertight
    assert mesh.volume > 0


def test_a_surface_that_leaves_the_box_is_closed_at_its_border():
    field = Gyroid()
    mesh = extract(field, 48)
    assert mesh.is_watertight
    cell = 1.1 / 48
    assert mesh.bounds == pytest.approx(field.bounds, abs=2e-3 * cell)
    # A lid is flat: the faces on the border look straight out of the box.
    top = (mesh.vertices[mesh.faces][:, :, 1] > 0.55).all(axis=1)
    assert top.sum() > 100
    assert mesh.face_normals[top][:, 1] == pytest.approx(1, abs=1e-3)
    assert np.isfinite(mesh.normals).all()


def test_a_sphere_that_is_cut_by_the_box_has_the_volume_of_what_is_left():
    mesh = extract(Sphere(radius=0.3, centre=(0, 0, 0.55)), 64)
    assert mesh.is_watertight
    assert mesh.volume == pytest.approx(2 / 3 * math.pi * 0.3**3, rel=1e-2)


class Octahedron(AnalyticField):
    """Its surface passes exactly through nodes, edges and faces of the grid."""

    bounds = np.array([[-1, -1, -1], [1, 1, 1]], np.float32)

    def inside(self, points):
        return np.float32(0.5) - np.abs(points).sum(axis=1)


def test_values_exactly_at_the_level_make_no_cracks():
    field = Octahedron()
    mesh = extract(field, 32)
    assert (field.logits(np.array([[0.5, 0, 0]], np.float32)) == 0).all()
    assert mesh.is_watertight
    assert mesh.euler_characteristic == 2
    assert mesh.face_areas.min() > 0
    assert len(np.unique(mesh.vertices, axis=0)) == len(mesh.vertices)
    assert mesh.volume == pytest.approx(4 / 3 * 0.5**3, rel=0.02)


class Steps(AnalyticField):
    """A hard occupancy: infinite logits on both sides."""

    def logits(self, points):
        inside = np.linalg.norm(points, axis=1) < 0.4
        return np.where(inside, np.inf, -np.inf).astype(np.float32)


def test_infinite_logits_are_only_very_sure():
    mesh = extract(Steps(), 64)
    assert mesh.is_watertight
    assert mesh.volume == pytest.approx(4 / 3 * math.pi * 0.4**3, rel=0.02)
    assert np.isfinite(mesh.normals).all()


def test_level_moves_the_surface():
    # Logits are 20 × distance, so 2 is a tenth of a unit inside.
    mesh = extract(Sphere(radius=0.4), 48, level=2.0)
    assert np.linalg.norm(mesh.vertices, axis=1).mean() == pytest.approx(0.3, abs=1e-3)


def test_box_may_have_unequal_sides():
    field = Sphere(radius=0.3)
    field.bounds = np.array([[-0.4, -0.8, -0.5], [0.4, 0.4, 0.5]], np.float32)
    mesh = extract(field, 64)
    assert np.linalg.norm(mesh.vertices, axis=1) == pytest.approx(0.3, abs=2e-3)
    outward = mesh.vertices / np.linalg.norm(mesh.vertices, axis=1, keepdims=True)
    assert np.einsum("nd,nd->n", mesh.normals, outward).min() > 0.995


@pytest.mark.parametrize("name", ["sphere", "torus", "gyroid", "bowl"])
def test_backends_give_the_same_surface(name):
    ours, reference = (extract(ALL[name], 64, backend=b) for b in ("flying_edges", "pymcubes"))
    assert len(ours.vertices) == len(reference.vertices)
    order = [np.lexsort(mesh.vertices.T) for mesh in (ours, reference)]
    np.testing.assert_array_equal(ours.vertices[order[0]], reference.vertices[order[1]])
    assert ours.volume == pytest.approx(reference.volume, rel=1e-3)


def test_large_grids_are_joined_from_blocks(monkeypatch):
    from occviewer.extraction import contour

    whole = extract(Torus(), 100)
    monkeypatch.setitem(contour._BLOCK, "flying_edges", 3)
    joined = extract(Torus(), 100)
    assert joined.is_watertight
    assert len(joined.vertices) == len(whole.vertices)
    assert len(joined.faces) == len(whole.faces)
    assert joined.volume == pytest.approx(whole.volume, rel=1e-6)


def test_slabs_of_a_grid_are_joined_without_a_seam(monkeypatch):
    field = Gyroid()
    alone = extract(field, 64)
    monkeypatch.setattr("occviewer.extraction.contour._LEAST_NODES", 1000)
    together = extract(field, 64)
    assert together.is_watertight
    assert len(together.vertices) == len(alone.vertices)
    middles = [mesh.vertices[mesh.faces].mean(axis=1) for mesh in (alone, together)]
    ordered = [some[np.lexsort(some.T)] for some in middles]
    np.testing.assert_allclose(*ordered, atol=1e-6)


def test_memory_grows_with_the_surface(monkeypatch):
    made = []
    original = BrickGrid.__init__

    def remember(self, cells):
        original(self, cells)
        made.append(self)

    monkeypatch.setattr(BrickGrid, "__init__", remember)
    extract(Sphere(radius=0.1), 512, normals=False)
    assert made[-1].cells == 512
    assert made[-1].values.nbytes < 0.02 * 4 * 513**3


def test_report_says_what_was_done():
    class Counting(Sphere):
        asked = 0

        def logits(self, points):
            Counting.asked += len(points)
            return super().logits(points)

    mesh, report = extract_with_report(Counting(), 64)
    assert report.points_asked == Counting.asked
    assert report.triangles == len(mesh.faces)
    assert report.vertices == len(mesh.vertices)
    assert 0 < report.seconds_asking < report.seconds
    assert report.lowest < report.level < report.highest
    assert report.points_asked < 0.3 * 65**3


def test_thorough_asks_every_node_and_finds_what_the_hierarchy_cannot():
    ball = Sphere(radius=0.008, centre=(0.0215, 0.0129, 0.0043))

    def lone(points):
        # Nothing in the distance hints at the little ball.
        big = 0.3 - np.linalg.norm(points + np.array([0.2, 0.2, 0.2]), axis=1)
        return np.maximum(np.maximum(big, -0.05), Sphere.inside(ball, points))

    field = Sphere()
    field.inside = lone
    mesh, report = extract_with_report(field, 128, thorough=True)
    assert report.points_asked >= 129**3
    assert mesh.component_count == 2


class Slab(AnalyticField):
    """From side to side; its faces halve cells of 44 a side, one of them between bricks."""

    def inside(self, points):
        return 0.1875 - np.abs(points[:, 1])


def test_a_thorough_surface_lies_where_it_does_otherwise_also_between_bricks():
    for thorough in (True, False):
        mesh = extract(Slab(), 44, thorough=thorough)
        faces = np.abs(mesh.vertices[:, [0, 2]]).max(axis=1) < 0.54
        assert faces.sum() == 2 * 43**2
        assert np.abs(mesh.vertices[faces, 1]) == pytest.approx(0.1875, abs=1e-5)
        assert np.abs(mesh.normals[faces, 1]) == pytest.approx(1)


def test_progress_rises_to_one():
    shares = []
    extract(Sphere(), 128, progress=shares.append)
    assert len(shares) > 3
    assert shares == sorted(shares)
    assert 0 < shares[0] < 1
    assert shares[-1] == 1.0


@pytest.mark.parametrize("after", [0, 1, 3])
def test_cancel_stops_between_batches(after):
    asked = []

    class Watched(Sphere):
        def logits(self, points):
            asked.append(len(points))
            return super().logits(points)

    with pytest.raises(Cancelled):
        extract(Watched(), 256, cancel=lambda: len(asked) >= after)
    assert len(asked) == after


def test_cancel_works_from_another_thread():
    event = threading.Event()
    threading.Timer(0.05, event.set).start()

    class Endless(Sphere):
        def logits(self, points):
            event.wait(0.01)
            return super().logits(points)

    with pytest.raises(Cancelled):
        extract(Endless(), 1024, thorough=True, cancel=event.is_set)


@pytest.mark.parametrize("resolution", [15, 1025, 0, -3, True, 64.0, "64", None])
def test_impossible_resolutions_are_named(resolution):
    with pytest.raises(ExtractionError, match="whole number from 16 to 1024"):
        extract(Sphere(), resolution)


def test_numpy_integers_are_resolutions():
    assert extract(Sphere(), np.int64(16)).is_watertight


def test_a_field_without_values_is_an_error():
    class Broken(Sphere):
        def logits(self, points):
            return np.where(points[:, 0] > 0.3, np.nan, super().logits(points))

    with pytest.raises(ExtractionError, match="NaN"):
        extract(Broken(), 32)


def test_no_surface_tells_the_range_of_thresholds():
    with pytest.raises(ExtractionError, match="whole box is outside") as outside:
        extract(Sphere(radius=0.1), 32, level=3.0)  # the middle has 20 × 0.1 = 2
    assert "0.8808" in str(outside.value)  # the sigmoid of 2
    with pytest.raises(ExtractionError, match="whole box is inside"):
        extract(Sphere(radius=1.5), 32)


@pytest.mark.parametrize("level", [math.nan, math.inf])
def test_level_must_be_finite(level):
    with pytest.raises(ExtractionError, match="level"):
        extract(Sphere(), 32, level=level)


def test_bounds_must_be_a_box():
    field = Sphere()
    field.bounds = np.array([[0.5] * 3, [-0.5] * 3], np.float32)
    with pytest.raises(ExtractionError, match="not a box"):
        extract(field, 32)


def test_out_of_memory_names_a_smaller_resolution():
    class Hungry(Sphere):
        def logits(self, points):
            raise MemoryError

    with pytest.raises(ExtractionError, match="try 128"):
        extract(Hungry(), 256)
