from dataclasses import replace

import numpy as np
import pytest
import trimesh
from PIL import Image

from occviewer.errors import DataError
from occviewer.meshes import Mesh
from occviewer.placement import Placement
from occviewer.training.depth_sensor import DepthSensor
from occviewer.training.mesh_colors import load_with_colors
from occviewer.training.mesh_folder import axes_rotation
from occviewer.training.scanning import DepthCamera, cameras_around, scan

pytest.importorskip("embreex")

SHARP = DepthSensor(noise=0, edge_dropout=0)
SMALL = (64, 48)


def ball():
    sphere = trimesh.creation.icosphere(4)
    return Mesh(sphere.vertices, sphere.faces)


def block(sides=(1.0, 0.6, 0.3)):
    box = trimesh.creation.box(sides)
    return Mesh(box.vertices, box.faces)


def seen(mesh, sensor=SHARP, azimuth=0.0, elevation=0.0, **settings):
    return scan(mesh, [DepthCamera(azimuth, elevation, pixels=SMALL)], sensor, **settings)


def test_a_camera_sees_its_own_side_of_a_ball():
    for azimuth, elevation in ((0, 0), (90, 0), (200, 40), (0, 90)):
        result = seen(ball(), azimuth=azimuth, elevation=elevation)
        points, camera = result.cloud.points, result.cameras[0].centre
        np.testing.assert_allclose(np.linalg.norm(points, axis=1), 1, atol=0.003)
        # From a finite distance d, less than a half: the cap above 1 / d.
        distance = np.linalg.norm(camera)
        assert (points @ camera / distance > 1 / distance - 0.01).all()
        facing = np.einsum("ij,ij->i", result.cloud.normals, camera - points)
        assert (facing > 0).all()
        cosine = np.einsum("ij,ij->i", result.cloud.normals, points)
        assert np.median(cosine) > 0.99


def test_azimuth_and_elevation_say_which_sides_are_seen():
    front = seen(block()).cloud.points
    assert front[:, 2] == pytest.approx(0.15, abs=1e-5)
    right = seen(block(), azimuth=90).cloud.points
    assert right[:, 0] == pytest.approx(0.5, abs=1e-5)
    top = seen(block(), elevation=90).cloud.points
    assert top[:, 1] == pytest.approx(0.3, abs=1e-5)


def test_the_whole_shape_is_in_the_picture():
    mesh = block((0.2, 1.0, 0.2))
    points = seen(mesh, azimuth=30, elevation=20).cloud.points
    assert np.ptp(points[:, 1]) > 0.95


def test_noise_on_a_wall_is_that_of_its_true_distance():
    wall = Mesh([[-5, -5, 0], [5, -5, 0], [5, 5, 0], [-5, 5, 0]], [[0, 1, 2], [0, 2, 3]])
    camera = DepthCamera(0, 0, distance=2.0, pixels=(160, 120))
    cloud = scan(wall, [camera], DepthSensor(), size=2.0).cloud
    # Five units are one metre: 0.0012 + 0.0019 * 1.6² = 6.06 mm. The corners of the wall
    # are seen at up to 35 degrees, where the noise is a little higher.
    near = np.abs(cloud.points[:, :2]).max(1) < 1.5
    assert cloud.points[near, 2].std() / 5 == pytest.approx(0.00606, rel=0.06)


def test_the_scan_lies_in_the_frame_of_its_mesh():
    """A georeferenced mesh in millimetres, Z up, is scanned as the plain one is."""
    plain = seen(block(), azimuth=40, elevation=25).cloud
    rotation = np.array(axes_rotation("z")).reshape(3, 3)
    world = Placement(rotation, 1 / 1000, np.array([500_000_000.0, 5_400_000_000.0, 200_000.0]))
    moved = block().placed(world)
    result = seen(moved, azimuth=40, elevation=25, up="z").cloud
    np.testing.assert_allclose(result.points, world.to_world(plain.points), atol=0.01)
    turned = np.einsum("ij,ij->i", result.normals, world.directions_to_world(plain.normals))
    assert np.median(turned) > 0.999


def test_in_camera_axes_points_lie_behind_their_pixels():
    result = seen(block(), azimuth=20, elevation=30)
    camera = DepthCamera(20, 30, pixels=SMALL)
    local = result.cloud.transformed(result.cameras[0]).points
    assert (local[:, 2] > 0).all()
    pixels = local[:, :2] / local[:, 2:] * camera.focal + np.array(SMALL) / 2 - 0.5
    np.testing.assert_allclose(pixels, np.round(pixels), atol=1e-3)
    # y points down: what is high in the world comes first in the picture.
    assert np.corrcoef(local[:, 1], result.cloud.points[:, 1])[0, 1] < -0.5


def test_several_views_see_all_sides():
    cameras = cameras_around(DepthCamera(0, 0, pixels=SMALL), 4)
    points = scan(block(), cameras, SHARP).cloud.points
    for axis, limit in ((0, 0.5), (2, 0.15)):
        assert points[:, axis].min() == pytest.approx(-limit, abs=1e-5)
        assert points[:, axis].max() == pytest.approx(limit, abs=1e-5)


def test_ground_is_seen_only_on_request():
    without = seen(block(), elevation=30).cloud.points
    assert without[:, 1].min() > -0.3 + 1e-4
    points = seen(block(), elevation=30, floor=0.2).cloud.points
    ground = points[np.abs(points[:, 1] + 0.3) < 1e-4]
    assert len(ground) > 50
    assert np.abs(ground[:, 0]).max() <= 0.7 + 1e-4


def test_the_seed_decides():
    first, again = (seen(ball(), DepthSensor(), seed=3).cloud.points for _ in range(2))
    np.testing.assert_array_equal(first, again)
    other = seen(ball(), DepthSensor(), seed=4).cloud.points
    assert not np.array_equal(first, other)


def test_what_cannot_be_scanned_is_refused():
    with pytest.raises(DataError, match="size"):
        seen(ball(), size=0.0)
    with pytest.raises(DataError, match="one point"):
        seen(replace(ball(), vertices=np.zeros_like(ball().vertices)))
    with pytest.raises(DataError, match="needs a camera"):
        scan(ball(), [], SHARP)
    corners = np.array([[0, 0, 0], [0.01, 0, 0], [0, 0.01, 0]])
    apart = Mesh(np.concatenate([corners, corners + 10]), [[0, 1, 2], [3, 4, 5]])
    with pytest.raises(DataError, match="sees nothing"):
        scan(apart, [DepthCamera(field_of_view=2, distance=1, pixels=SMALL)], SHARP)
    with pytest.raises(DataError, match="elevation"):
        DepthCamera(elevation=100)


def painted(folder, mtl="newmtl red\nKd 1 0 0\nnewmtl skin\nKd 1 1 1\nmap_Kd skin.png\n"):
    """A red triangle in front on the left, a textured one on the right."""
    (folder / "a.mtl").write_text(mtl)
    Image.new("RGB", (4, 4), (0, 100, 200)).save(folder / "skin.png")
    (folder / "a.obj").write_text(
        "mtllib a.mtl\nv -2 -1 0\nv 0 -1 0\nv -1 1 0\nv 2 -1 0\nv 1 1 0\n"
        "vt 0 0\nvt 1 0\nvt 0 1\nusemtl red\nf 1 2 3\nusemtl skin\nf 2/1 4/2 5/3\n"
    )
    return folder / "a.obj"


def test_materials_give_the_points_their_colours(tmp_path):
    mesh, colors = load_with_colors(painted(tmp_path))
    assert len(mesh.vertices) == 5
    cloud = seen(mesh, face_colors=colors).cloud
    left = cloud.points[:, 0] < 0
    red, blue = cloud.colors[left].astype(int), cloud.colors[~left].astype(int)
    assert (red[:, 0] > 150).all()
    assert (red[:, 1:] == 0).all()
    assert (blue[:, 2] > 120).all()
    np.testing.assert_allclose(blue[:, 1] / blue[:, 2], 0.5, atol=0.02)


def test_a_mesh_without_materials_has_no_colours(tmp_path):
    trimesh.creation.box().export(tmp_path / "a.stl")
    mesh, colors = load_with_colors(tmp_path / "a.stl")
    assert colors is None
    assert seen(mesh).cloud.colors is None
    (painted(tmp_path).parent / "a.mtl").unlink()
    assert load_with_colors(tmp_path / "a.obj")[1] is None


def test_broken_meshes_are_named(tmp_path):
    for name, text in (
        ("a.obj", "v nan 0 0\nv 1 0 0\nv 0 1 0\nf 1 2 3\n"),
        ("b.obj", "v 0 0 0\n"),
        ("c.xyz1", "1"),
    ):
        (tmp_path / name).write_text(text)
        with pytest.raises(DataError, match=name):
            load_with_colors(tmp_path / name)
    with pytest.raises(DataError, match="none.obj"):
        load_with_colors(tmp_path / "none.obj")
