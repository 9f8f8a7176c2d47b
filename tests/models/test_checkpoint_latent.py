"""A latent space in the checkpoint of its model."""

import subprocess
import sys

import pytest
import torch
from safetensors import safe_open
from safetensors.torch import save_file

from occviewer.errors import CheckpointError
from occviewer.models import load_checkpoint, save_checkpoint
from occviewer.models.checkpoint import load_bottleneck, load_pose_network, update_checkpoint
from occviewer.models.info import ModelInfo

from ..latent.spaces import small_bottleneck
from ..networks.small import small_network
from ..training.pose_scans import small_network as small_pose_network


@pytest.fixture
def checkpoint(tmp_path):
    path = tmp_path / "toy.safetensors"
    save_checkpoint(path, small_network(), ModelInfo(name="toy"), latent=small_bottleneck())
    return path


def test_it_comes_back_with_exact_axes(checkpoint):
    found, stored = load_bottleneck(checkpoint), small_bottleneck()
    assert found.config == stored.config
    for name, buffer in stored.named_buffers():
        assert torch.equal(buffer, found.get_buffer(name)), name
    z = torch.randn(2, stored.size)
    for name, tensor in stored.decode(z).items():
        assert torch.allclose(found.decode(z)[name], tensor, atol=2e-2)


def test_its_weights_take_half_the_room(checkpoint):
    with safe_open(checkpoint, "pt") as file:
        kinds = {n: file.get_tensor(n).dtype for n in file.keys() if n.startswith("latent.")}  # noqa: SIM118
    assert kinds["latent.planes_wide.weight"] == torch.float16
    assert kinds["latent.basis"] == torch.float32


def test_the_network_and_the_pose_network_live_beside_it(checkpoint):
    before, _ = load_checkpoint(checkpoint)
    update_checkpoint(checkpoint, pose=small_pose_network())
    update_checkpoint(checkpoint, latent=small_bottleneck(seed=1))
    after, _ = load_checkpoint(checkpoint)
    for name, tensor in before.state_dict().items():
        assert torch.equal(tensor, after.state_dict()[name])
    assert load_pose_network(checkpoint) is not None
    assert torch.equal(load_bottleneck(checkpoint).basis, small_bottleneck(seed=1).basis)


def test_a_checkpoint_without_one_has_none(tmp_path):
    save_checkpoint(tmp_path / "bare.safetensors", small_network(), ModelInfo())
    assert load_bottleneck(tmp_path / "bare.safetensors") is None


@pytest.mark.parametrize("config", ["{", '{"size": 1e9}', '{"colour": 3}', "[1]"])
def test_a_damaged_configuration_is_named(checkpoint, config):
    with safe_open(checkpoint, "pt") as file:
        tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
        metadata = {**file.metadata(), "latent": config}
    save_file(tensors, checkpoint, metadata)
    with pytest.raises(CheckpointError, match=r"toy\.safetensors is damaged"):
        load_bottleneck(checkpoint)
    load_checkpoint(checkpoint)  # the model itself still opens


def test_weights_that_are_not_finite_are_not_stored(checkpoint):
    broken = small_bottleneck()
    broken.basis[0, 0] = float("inf")
    before = checkpoint.read_bytes()
    with pytest.raises(CheckpointError, match="basis are not finite"):
        update_checkpoint(checkpoint, latent=broken)
    assert checkpoint.read_bytes() == before


def test_to_read_one_imports_no_compiler(checkpoint):
    """Seconds in which a window stands still: tensors without memory ask for sympy and more."""
    code = (
        "import sys; from occviewer.models import open_model; "
        "from occviewer.latent import latent_space; "
        f"latent_space(open_model({str(checkpoint)!r}, 'cpu')); "
        "print([m for m in ('sympy', 'torch._dynamo') if m in sys.modules])"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"
