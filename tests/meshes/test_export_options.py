"""Presets of other programs: axes, units and the place where a mesh stands."""

import numpy as np
import pytest

from occviewer.errors import MeshError
from occviewer.meshes import Mesh
from occviewer.meshes.export_options import PRESETS, ExportOptions, preset
from occviewer.placement import Placement

from .shapes import ball

# A scan with Z up in metres: 2 m to the right, 1 m high, 0.5 m deep; the front looks to -Y.
Z_UP = Placement(
    rotation=np.array([[1.0, 0, 0], [0, 0, 1], [0, -1, 0]]), scale=0.5, centre=(10.0, 20.0, 5.0)
)
SUFFIXES = (".glb", ".obj", ".ply", ".stl", ".off")


def chest():
    """1 wide, 0.5 high, 0.25 deep in the box frame, with a mark at the front on top."""
    mesh = ball(0.5)
    vertices = mesh.vertices * np.array([1, 0.5, 0.25], np.float32)
    return Mesh(vertices, mesh.faces).with_normals()


def front_and_top(mesh, out):
    """Directions in the file of the box frame's front and top, by vertices that lie there."""
    front = out.vertices[np.argmax(mesh.vertices[:, 2])] - out.bounds.mean(0)
    top = out.vertices[np.argmax(mesh.vertices[:, 1])] - out.bounds.mean(0)
    return (np.sign(np.round(direction, 6)).tolist() for direction in (front, top))


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_world_units_are_the_scans_own(suffix):
    options = preset("world").options(suffix)
    out = options.arranged(chest(), Z_UP)
    np.testing.assert_allclose(out.vertices, Z_UP.to_world(chest().vertices))
    assert options.size_of(chest(), Z_UP) == pytest.approx((2, 0.5, 1), abs=1e-5)


@pytest.mark.parametrize("each", PRESETS[1:], ids=lambda each: each.name)
@pytest.mark.parametrize("suffix", SUFFIXES)
def test_other_programs_get_it_standing_on_the_floor(each, suffix):
    options = each.options(suffix)
    out = options.arranged(chest(), Z_UP)
    up = "xyz".index(options.up)
    low, high = out.bounds
    assert low[up] == pytest.approx(0, abs=1e-6)
    across = [axis for axis in range(3) if axis != up]
    np.testing.assert_allclose((low + high)[across], 0, atol=1e-4 * high.max())
    assert np.ptp(out.bounds, axis=0) == pytest.approx(options.size_of(chest(), Z_UP), rel=1e-5)
    # Neither mirrored nor inside out.
    assert out.volume > 0
    assert out.is_watertight


@pytest.mark.parametrize(
    ("name", "suffix", "front", "top", "size"),
    [
        ("blender", ".glb", [0, 0, 1], [0, 1, 0], (2, 1, 0.5)),
        ("blender", ".obj", [0, 0, 1], [0, 1, 0], (2, 1, 0.5)),
        ("blender", ".ply", [0, -1, 0], [0, 0, 1], (2, 0.5, 1)),
        ("blender", ".stl", [0, -1, 0], [0, 0, 1], (2, 0.5, 1)),
        ("unity", ".glb", [0, 0, 1], [0, 1, 0], (2, 1, 0.5)),
        ("unity", ".obj", [0, 0, 1], [0, 1, 0], (2, 1, 0.5)),
        ("unreal", ".glb", [0, 0, 1], [0, 1, 0], (2, 1, 0.5)),
        ("unreal", ".obj", [0, -1, 0], [0, 0, 1], (200, 50, 100)),
        ("print", ".stl", [0, -1, 0], [0, 0, 1], (100, 25, 50)),
        ("print", ".glb", [0, 0, 1], [0, 1, 0], (0.1, 0.05, 0.025)),
    ],
)
def test_axes_and_units_are_what_each_importer_takes(name, suffix, front, top, size):
    mesh = chest()
    options = preset(name).options(suffix)
    out = options.arranged(mesh, Z_UP)
    assert list(front_and_top(mesh, out)) == [front, top]
    assert options.size_of(mesh, Z_UP) == pytest.approx(size, rel=1e-5)


@pytest.mark.parametrize("options", [ExportOptions(), ExportOptions("y", 3.0),
                                     ExportOptions("z", longest=100)])  # fmt: skip
def test_the_size_is_known_before_the_mesh_is_arranged(options):
    mesh = chest()
    upright = tuple(np.ptp(mesh.bounds, axis=0) / Z_UP.scale)
    as_scan = tuple(np.ptp(Z_UP.to_world(mesh.vertices), axis=0))
    assert options.sides(upright, as_scan) == pytest.approx(options.size_of(mesh, Z_UP))


def test_normals_turn_with_the_mesh():
    mesh = chest()
    out = ExportOptions(up="z").arranged(mesh, Z_UP)
    np.testing.assert_allclose(
        out.normals, Mesh(out.vertices, out.faces).with_normals().normals, atol=1e-4
    )


def test_a_scan_in_millimetres_becomes_metres():
    options = preset("blender").options(".glb", "mm")
    assert options.scale == 0.001
    assert max(options.size_of(chest(), Z_UP)) == pytest.approx(0.002)


def test_the_longest_side_decides_the_scale():
    options = ExportOptions(up="z", longest=100, unit="mm")
    assert options.scale_of(chest(), Z_UP) == pytest.approx(50)


def test_a_georeferenced_mesh_keeps_its_places():
    placement = Placement(scale=0.1, centre=(4_500_000.123, 512_345.678, 120.5))
    out = ExportOptions().arranged(chest(), placement)
    assert out.vertices.dtype == np.float64
    np.testing.assert_array_equal(out.vertices, placement.to_world(chest().vertices))


@pytest.mark.parametrize("wrong", [{"up": "w"}, {"scale": 0.0}, {"scale": float("nan")},
                                   {"longest": -1.0}])  # fmt: skip
def test_what_cannot_be_is_refused(wrong):
    with pytest.raises(MeshError):
        ExportOptions(**wrong)


def test_an_unknown_preset_names_those_that_are():
    with pytest.raises(MeshError, match="blender"):
        preset("maya")
