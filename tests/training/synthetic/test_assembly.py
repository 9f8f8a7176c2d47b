import numpy as np
import pytest
import trimesh
from scipy.spatial import ConvexHull

from occviewer.training.synthetic.assembly import Assembly, arc, regular_outline, superellipse


def solid(assembly):
    vertices, faces = assembly.mesh()
    return trimesh.Trimesh(vertices, faces, process=False)


def made(method, *arguments):
    assembly = Assembly()
    getattr(assembly, method)(*arguments)
    return solid(assembly)


LEANING = arc([0, 0, 0], [0.5, 1, 0], [2, 1, 1])


@pytest.mark.parametrize(
    ("method", "arguments", "volume"),
    [
        ("box", ([1, 2, 3], [0, 0, 0]), 6.0),
        ("bar", ([0, 0, 0], [0, 3, 4], 0.2), 5 * 0.2**2),
        ("bar", ([0, 0, 0], [0, 2, 0], 0.2), 2 * 0.2**2),
        ("bar", ([0, 0, 0], [1, 0, 0], 1.0, 1e-9), 1 / 3),
        ("plate", (superellipse(2.0, 1.0, 2.0, 400), 0.0, 0.5), np.pi / 4),
        ("lathe", ([(1.0, 0.0), (1.0, 2.0)], (5, 5, 5)), 2 * np.pi),
        ("shell", ([(1.0, 0.0), (1.0, 2.0)], 0.1, (0, 0, 0)), 2 * np.pi * (1 - 0.81)),
    ],
)
def test_a_solid_is_closed_faces_outwards_and_has_its_volume(method, arguments, volume):
    mesh = made(method, *arguments)
    assert mesh.is_watertight
    assert mesh.is_winding_consistent
    assert mesh.volume == pytest.approx(volume, rel=0.02)


def test_a_tube_follows_its_path():
    mesh = made("sweep", LEANING, regular_outline(8), 0.1)
    assert mesh.is_watertight
    assert mesh.volume > 0
    assert mesh.contains(LEANING[1:-1]).all()


def test_a_cushion_fills_its_box_and_is_round_at_the_corners():
    mesh = made("rounded_box", [0, 0, 0], [2, 1, 1], 0.3)
    assert mesh.bounds == pytest.approx(np.array([[0, 0, 0], [2, 1, 1]]))
    assert 0.8 * 2 < mesh.volume < 0.97 * 2
    assert mesh.is_watertight


def test_a_mirror_image_still_faces_outwards():
    whole = Assembly()
    whole.box([0, 0, 0], [1, 1, 1])
    mirrored = solid(whole.transformed(np.diag([-1.0, 1.0, 1.0]), [3, 0, 0]))
    assert mirrored.volume == pytest.approx(1.0)
    assert mirrored.bounds[:, 0] == pytest.approx([2, 3])


def test_solids_put_together_stay_apart():
    whole, part = Assembly(), Assembly()
    whole.box([0, 0, 0], [1, 1, 1])
    part.lathe([(0.5, 2), (0.5, 3)])
    whole.add(part)
    assert solid(whole).body_count == 2


def test_a_superellipse_lies_between_ellipse_and_rectangle():
    areas = [ConvexHull(superellipse(2, 1, p)).volume for p in (2, 4, 20)]
    assert np.pi / 2 * 0.98 < areas[0] < areas[1] < areas[2] < 2


def test_an_arc_passes_through_its_three_points():
    path = arc([0, 0, 0], [1, 2, 0], [2, 0, 0], 9)
    assert path[[0, 4, 8]] == pytest.approx(np.array([[0, 0, 0], [1, 2, 0], [2, 0, 0]]))
