import json

import numpy as np
import pytest
from PIL import Image as Pillow

from occviewer.cli import main
from occviewer.meshes.files import load
from occviewer.models import shipped_models


@pytest.fixture
def picture(tmp_path):
    pixels = np.full((60, 80, 3), 240, np.uint8)
    pixels[15:50, 25:60] = (200, 40, 30)
    Pillow.fromarray(pixels).save(tmp_path / "thing.png")
    return tmp_path / "thing.png"


def test_a_picture_becomes_a_mesh_in_its_colours(picture, tmp_path, capsys):
    out = tmp_path / "thing.ply"
    options = ["--resolution", "32", "--refine", "0", "--texture", "--json"]
    assert main(["reconstruct", str(picture), "-o", str(out), *options]) == 0
    printed = capsys.readouterr()
    record = json.loads(printed.out)
    assert record["mask"] == "plain background"
    assert record["camera"]["size"] == [80, 60]
    assert 0 < record["overlap"] <= 1
    mesh = load(out)
    assert mesh.colors is not None
    assert np.abs(mesh.colors[:, :3].astype(int) - (200, 40, 30)).mean() < 30


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--texture", "-o", "a.stl"], "holds no colours"),
        (["--mask", "m.png", "--box", "1", "2", "3", "4", "-o", "a.glb"], "give one of them"),
        (["--mask-model", "m.onnx", "--mask", "m.png", "-o", "a.glb"], "--mask and --mask-model"),
        (["--fov", "60", "-o", "a.glb"], "add --depth"),
        (["--yaw", "10", "-o", "a.glb"], "not for pictures"),
    ],
)
def test_options_that_do_not_fit_are_usage_errors(picture, options, said, capsys):
    with pytest.raises(SystemExit) as ended:
        main(["reconstruct", str(picture), *options])
    assert ended.value.code == 2
    assert said in capsys.readouterr().err


def test_a_model_without_pictures_says_how_it_learns_them(picture, tmp_path, capsys):
    bare = tmp_path / "bare.safetensors"
    from occviewer.models.checkpoint import load_checkpoint, save_checkpoint

    save_checkpoint(bare, *load_checkpoint(shipped_models()["furniture"]))
    status = main(
        ["reconstruct", str(picture), "-o", str(tmp_path / "a.glb"), "--model", str(bare)]
    )
    assert status == 1
    assert "occviewer train-image" in capsys.readouterr().err


def test_a_depth_picture_goes_through_the_scan_door(tmp_path, capsys):
    rows, columns = np.mgrid[:60, :80]
    depth = np.zeros((60, 80), np.uint16)
    depth[15:50, 25:60] = (2000 + 3 * np.abs(columns - 42))[15:50, 25:60]
    Pillow.fromarray(depth).save(tmp_path / "depth.png")
    out = tmp_path / "thing.ply"
    options = ["--depth", "--fov", "50", "--align", "none", "--resolution", "32", "--json"]
    assert main(["reconstruct", str(tmp_path / "depth.png"), "-o", str(out), *options]) == 0
    record = json.loads(capsys.readouterr().out)
    assert record["points_read"] == 35 * 35
    assert load(out).vertices[:, 2].mean() == pytest.approx(-2.0, abs=0.4)
