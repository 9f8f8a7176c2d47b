"""Folders as inputs: what is read of them is what the model takes."""

import json

import numpy as np
from PIL import Image as Pillow

from occviewer.cli import main
from occviewer.models import open_model

from ..models.families.published import save_like_onet
from ..models.families.test_onet import state_of


def checkpoint(folder, encoder):
    """A model with a surface."""
    path = folder / f"{encoder}.pt"
    state = state_of(encoder, "cbatchnorm")
    save_like_onet(path, state)
    model = open_model(path, "cpu")
    shapes = {"voxel_simple": (1, 32, 32, 32), "simple_conv": (1, 3, 224, 224)}
    code = model.features(np.ones(shapes[encoder], np.float32))
    queries = np.random.default_rng(0).uniform(-0.5, 0.5, (2000, 3)).astype(np.float32)
    import torch

    with torch.no_grad():
        logits = model.network.decode(torch.from_numpy(queries)[None], code)
    state["decoder.fc_out.bias"] -= logits.quantile(0.5) + 1.4
    save_like_onet(path, state)
    return path


def inputs(folder):
    folder.mkdir()
    np.savetxt(folder / "a.xyz", np.random.default_rng(0).random((50, 3)))
    cells = np.zeros((8, 8, 8), bool)
    cells[2:6, 1:7, 3:5] = True
    np.save(folder / "a.npy", cells)
    Pillow.new("RGB", (64, 64), "white").save(folder / "a.png")
    return folder


def test_of_a_folder_is_read_what_the_model_takes(tmp_path, capsys):
    folder = inputs(tmp_path / "inputs")
    for encoder, read in (("voxel_simple", "a.npy"), ("simple_conv", "a.png")):
        out = tmp_path / encoder
        model = ["--model", str(checkpoint(tmp_path, encoder)), "--resolution", "16", "--json"]
        main(["reconstruct", str(folder), "-o", str(out), *model])
        (line,) = capsys.readouterr().out.splitlines()
        assert json.loads(line)["input"] == str(folder / read)
        assert [path.name for path in out.iterdir()] == ["a.glb"]


def test_a_folder_without_anything_for_the_model_says_what_it_wants(tmp_path, capsys):
    (tmp_path / "empty").mkdir()
    model = ["--model", str(checkpoint(tmp_path, "voxel_simple"))]
    assert main(["reconstruct", str(tmp_path / "empty"), "-o", str(tmp_path / "o"), *model]) == 1
    assert "holds no voxel grid (.binvox, .nrrd" in capsys.readouterr().err
