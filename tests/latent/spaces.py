"""Small latent spaces: a checkpoint of each kind, with codes."""

import torch

from occviewer.models import Code, ModelInfo, open_model, save_checkpoint
from occviewer.networks.bottleneck import Bottleneck
from occviewer.placement import Placement

from ..networks.small import box_points, small_network

INFO = ModelInfo(name="toy", threshold=0.3)
SMALL = {
    "plane_sizes": (8, 8, 8, 16),
    "grid_sizes": (8, 8, 16),
    "plane_code": 1,
    "grid_code": 3,
    "outline": 6,
    "hidden": 16,
}


def small_bottleneck(seed=0):
    """A bottleneck for the features of the small house network, with axes of its own."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        bottleneck = Bottleneck(8, 16, 8, 8, **SMALL)
        with torch.no_grad():
            for parameter in bottleneck.parameters():
                parameter += 0.1 * torch.randn(parameter.shape)
            directions = torch.linalg.qr(torch.randn(6, 6)).Q
            lengths = torch.tensor([3.0, 2.0, 1.5, 1.0, 0.5, 0.2])
            bottleneck.basis.zero_()[:6] = directions * lengths
            bottleneck.prior_mean.zero_()[:6] = torch.randn(6)
            bottleneck.ranges.copy_(torch.tensor([[-2.0], [2.5]]).repeat(1, 6))
            bottleneck.shares.copy_(torch.linspace(0.5, 0.0, 6))
            bottleneck.plane_mean.fill_(0.3)
            bottleneck.grid_std.fill_(2.0)
    return bottleneck.eval().requires_grad_(False)


def small_model(folder, kind="house", latent=None):
    path = folder / f"{kind.replace(' ', '-')}.safetensors"
    save_checkpoint(path, small_network(kind), INFO, latent=latent)
    return open_model(path, "cpu")


def code_of(model, seed=0, placement=None):
    features = model.features(box_points(1, 200, seed=seed).numpy())
    tensors = {name: tensor[0] for name, tensor in features.items()}
    return Code(tensors, placement or Placement(), model.name)


def same(one, other, tolerance=1e-5):
    """Whether two codes hold the same tensors."""
    return one.tensors.keys() == other.tensors.keys() and all(
        torch.allclose(tensor, other.tensors[name], atol=tolerance, rtol=1e-4)
        for name, tensor in one.tensors.items()
    )
