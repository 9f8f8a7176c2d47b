"""Meshes for other programs, from the command line."""

import numpy as np
import pytest

from occviewer import cli
from occviewer.cli import arranging
from occviewer.meshes import Mesh
from occviewer.meshes.colouring import COLOURED_SUFFIXES
from occviewer.meshes.export_options import PRESETS
from occviewer.observations import PointCloud

from .test_reconstruct import checkpoint, reconstruct, usage_error  # noqa: F401 - fixtures


@pytest.fixture
def scan(tmp_path):
    directions = np.random.default_rng(0).normal(size=(400, 3))
    directions /= np.linalg.norm(directions, axis=1, keepdims=True)
    path = tmp_path / "scan.ply"
    colours = np.where(directions[:, :1] > 0, [200, 0, 0], [0, 0, 200]).astype(np.uint8)
    PointCloud(directions * [2.0, 1.0, 0.5] + 1000, colors=colours).save(path)
    return path


def test_the_command_line_knows_what_the_meshes_know():
    assert [each.name for each in PRESETS] == list(arranging.PRESET_NAMES)
    assert COLOURED_SUFFIXES == arranging.COLOURED


def test_a_print_stands_on_the_bed_as_long_as_was_said(reconstruct, scan, tmp_path):  # noqa: F811
    out = tmp_path / "print.stl"
    assert reconstruct(scan, "-o", out, "--preset", "print") == 0
    mesh = Mesh.load(out)
    assert mesh.bounds[0, 2] == pytest.approx(0, abs=1e-4)
    assert np.ptp(mesh.bounds, axis=0).max() == pytest.approx(100, rel=1e-4)
    assert mesh.is_watertight
    assert reconstruct(scan, "-o", out, "--preset", "print", "--size", "60") == 0
    assert np.ptp(Mesh.load(out).bounds, axis=0).max() == pytest.approx(60, rel=1e-4)


def test_unreal_counts_in_centimetres(reconstruct, scan, tmp_path):  # noqa: F811
    world, unreal = tmp_path / "world.obj", tmp_path / "unreal.obj"
    reconstruct(scan, "-o", world)
    reconstruct(scan, "-o", unreal, "--preset", "unreal")
    before, after = (np.ptp(Mesh.load(path).bounds, axis=0) for path in (world, unreal))
    np.testing.assert_allclose(after, 100 * before[[0, 2, 1]], rtol=1e-4)


def test_scale_and_axis_are_free(reconstruct, scan, tmp_path):  # noqa: F811
    out, world = tmp_path / "out.ply", tmp_path / "world.ply"
    reconstruct(scan, "-o", world)
    assert reconstruct(scan, "-o", out, "--scale", "1000", "--up-axis", "z") == 0
    sides = [np.ptp(Mesh.load(path).bounds, axis=0) for path in (world, out)]
    np.testing.assert_allclose(sides[1], 1000 * sides[0][[0, 2, 1]], rtol=1e-4)


def test_the_scans_colours_are_on_the_mesh(reconstruct, scan, tmp_path):  # noqa: F811
    out = tmp_path / "out.ply"
    assert reconstruct(scan, "-o", out, "--colours", "scan") == 0
    mesh = Mesh.load(out)
    right = mesh.vertices[:, 0] > 1000.5
    assert (mesh.colors[right, 0] > mesh.colors[right, 2]).mean() > 0.9


def test_a_scan_without_colours_says_so(reconstruct, tmp_path, capsys):  # noqa: F811
    scan, out = tmp_path / "plain.ply", tmp_path / "out.ply"
    PointCloud(np.random.default_rng(0).normal(size=(300, 3))).save(scan)
    assert reconstruct(scan, "-o", out, "--colours", "scan") == 1
    assert "has no colours" in capsys.readouterr().err
    assert not out.exists()


def test_what_contradicts_itself_is_refused(reconstruct, scan, tmp_path):  # noqa: F811
    out = tmp_path / "out.stl"
    usage_error(reconstruct, scan, "-o", out, "--scale", "2", "--size", "3")
    usage_error(reconstruct, scan, "-o", out, "--colours", "normals")
    usage_error(reconstruct, scan, "-o", out, "--scale", "0")
    assert not out.exists()


def test_codes_are_decoded_for_other_programs_too(checkpoint, scan, tmp_path):  # noqa: F811
    code, out = tmp_path / "code.npz", tmp_path / "out.stl"
    model = ["--model", str(checkpoint), "--device", "cpu"]
    cli.main(["encode", str(scan), "-o", str(code), "--align", "none", *model])
    quick = ["--resolution", "16", "--preset", "print", *model]
    assert cli.main(["decode", str(code), "-o", str(out), *quick]) == 0
    assert np.ptp(Mesh.load(out).bounds, axis=0).max() == pytest.approx(100, rel=1e-4)
