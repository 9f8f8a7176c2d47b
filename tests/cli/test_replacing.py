"""Commands that put something into a checkpoint: what cannot be changed is said before the work."""

import pytest

from occviewer.cli import main
from occviewer.errors import DataError
from occviewer.models import ModelInfo, save_checkpoint
from occviewer.training.dataset import ShapeSet
from occviewer.training.latent_settings import LatentSettings
from occviewer.training.latent_training import LatentTrainer

from ..models.families.published import save_like_onet
from ..models.families.test_onet import state_of
from ..networks.small import small_network
from ..training.solids import BALL, EGG, save


@pytest.fixture(scope="module")
def published(tmp_path_factory):
    path = tmp_path_factory.mktemp("published") / "onet_pcl2mesh.pt"
    save_like_onet(path, state_of("pointnet_simple", "cbatchnorm"))
    return path


@pytest.mark.parametrize(
    "command",
    [
        ["evaluate", "--update"],
        ["evaluate-image", "--views", "nowhere", "--update"],
        ["train-pose"],
        ["train-latent"],
        ["train-image", "--views", "nowhere"],
    ],
    ids=lambda command: command[0],
)
def test_a_published_checkpoint_is_not_changed_and_that_is_said_at_once(
    published, command, tmp_path, capsys
):
    # The data are not there: nothing was done before the model was looked at.
    before = published.read_bytes()
    assert main([*command, "--model", str(published), "--data", str(tmp_path / "nowhere")]) == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert f"{published} was not written by OccViewer" in line
    assert "occviewer convert" in line
    assert published.read_bytes() == before


def test_scores_are_not_computed_for_a_folder_that_may_not_be_written_to(
    tmp_path, monkeypatch, capsys
):
    path = tmp_path / "own.safetensors"
    save_checkpoint(path, small_network(), ModelInfo(name="own"))
    monkeypatch.setattr("occviewer.cli.running.os.access", lambda path, mode: False)
    command = ["evaluate", "--update", "--model", str(path), "--data", str(tmp_path / "nowhere")]
    assert main(command) == 1
    assert "give a copy of the model" in capsys.readouterr().err


def test_a_single_shape_with_a_weight_is_refused_before_the_training(tmp_path):
    counts = {"uniform": 100, "near": 100, "surface": 100}
    save(tmp_path / "set", "ball", BALL, category="ball", **counts)
    save(tmp_path / "set", "egg", EGG, category="egg", **counts)
    save(tmp_path / "set", "held back", EGG, "val", category="egg", **counts)
    shapes = ShapeSet([tmp_path / "set"], "train")
    with pytest.raises(DataError, match=r"weight 0\) spans no latent space"):
        LatentTrainer(
            small_network(), 0.0, LatentSettings(), shapes, None, {"egg": 0.0}, tmp_path, "cpu"
        )
    assert not list(tmp_path.glob("*.pt"))
