import argparse

import numpy as np
import pytest
import trimesh

from occviewer import Mesh, PointCloud
from occviewer.cli.data import add_data_commands

pytest.importorskip("embreex")

SHARP = ["--pixels", "40", "30", "--noise", "0", "--edge-dropout", "0"]


def scan(*arguments):
    parser = argparse.ArgumentParser()
    add_data_commands(parser.add_subparsers(required=True))
    args = parser.parse_args(["data", "scan", *map(str, arguments)])
    return args.run(args)


@pytest.fixture
def block(tmp_path):
    """A block 1 wide, 0.6 high and 0.3 deep that stands on the ground."""
    box = trimesh.creation.box((1, 0.6, 0.3))
    box.apply_translation((0, 0.3, 0))
    box.export(tmp_path / "block.obj")
    return tmp_path / "block.obj"


def test_a_mesh_is_scanned_in_its_own_frame(block, tmp_path, capsys):
    assert scan(block, "-o", tmp_path / "a.ply", "--azimuth", 0, "--elevation", 0, *SHARP) == 0
    cloud = PointCloud.load(tmp_path / "a.ply")
    assert cloud.points[:, 2] == pytest.approx(0.15, abs=1e-5)
    assert cloud.normals[:, 2] == pytest.approx(1, abs=1e-3)
    assert f"{len(cloud):,} points in 1 view" in capsys.readouterr().out


def test_scan_and_truth_share_another_frame(block, tmp_path):
    status = scan(
        *(block, "-o", tmp_path / "a.pcd", "--encoding", "compressed"),
        *("--truth", tmp_path / "t.ply", "--azimuth", 0, "--elevation", 0),
        *("--up-out", "z", "--yaw", 90, "--scale", 100, "--offset", -5e5, "5.4e6", 20, *SHARP),
    )
    assert status == 0
    truth = Mesh.load(tmp_path / "t.ply")
    # Z-up fronts face -Y; turned by 90 degrees, +X.
    expected = [[-500_015, 5_399_950, 20], [-499_985, 5_400_050, 80]]
    np.testing.assert_allclose(truth.bounds, expected, atol=1e-6)
    points = PointCloud.load(tmp_path / "a.pcd").points
    assert points[:, 0] == pytest.approx(-499_985, abs=0.001)
    assert points[:, 1].min() == pytest.approx(5_399_950, abs=5)


def test_scan_and_truth_share_the_axes_of_the_camera(block, tmp_path):
    files = (tmp_path / "a.npz", "--truth", tmp_path / "t.ply")
    camera = ("--frame", "camera", "--azimuth", 0, "--elevation", 0, "--distance", 2)
    assert scan(block, "-o", *files, *camera, *SHARP) == 0
    truth = Mesh.load(tmp_path / "t.ply")
    np.testing.assert_allclose(truth.bounds, [[-0.5, -0.3, 1.85], [0.5, 0.3, 2.15]], atol=1e-6)
    assert PointCloud.load(tmp_path / "a.npz").points[:, 2] == pytest.approx(1.85, abs=1e-5)


def test_options_leave_out_normals_and_limit_points(block, tmp_path):
    scan(block, "-o", tmp_path / "a.csv", "--no-normals", "--points", 50, "--views", 3, *SHARP)
    cloud = PointCloud.load(tmp_path / "a.csv")
    assert len(cloud) == 50
    assert cloud.normals is None


def test_the_seed_decides(block, tmp_path):
    for name, seed in (("a", 1), ("b", 1), ("c", 2)):
        scan(block, "-o", tmp_path / f"{name}.npy", "--pixels", 40, 30, "--seed", seed)
    a, b, c = ((tmp_path / f"{name}.npy").read_bytes() for name in "abc")
    assert a == b
    assert a != c


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--elevation", "91"], "-90…90"),
        (["--fov", "170"], "1…150"),
        (["--size", "0"], "above 0"),
        (["--up", "-z", "--front", "z"], "lie on one line"),
        (["--frame", "camera", "--views", "2"], "single view"),
        (["--frame", "camera", "--yaw", "5"], "leaves nothing"),
        (["--truth", "t.png"], "must end in"),
        (["--truth", "a.ply"], "different files"),
    ],
)
def test_what_does_not_fit_is_a_usage_error(block, tmp_path, monkeypatch, capsys, options, words):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit) as caught:
        scan("block.obj", "-o", "a.ply", *options)
    assert caught.value.code == 2
    assert words in capsys.readouterr().err
    assert not (tmp_path / "a.ply").exists()
