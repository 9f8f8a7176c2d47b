"""Small networks with random weights that answer differently everywhere."""

import torch

from occviewer.networks import build_network

CONFIGS = {
    "onet": {"architecture": "onet", "c_dim": 24, "encoder_hidden": 32, "decoder_hidden": 32},
    "convonet planes": {
        "architecture": "convonet",
        "plane_resolution": 16,
        "c_dim": 8,
        "hidden_dim": 8,
        "unet_depth": 2,
    },
    "convonet grid": {
        "architecture": "convonet",
        "planes": [],
        "grid_resolution": 8,
        "c_dim": 8,
        "hidden_dim": 8,
        "unet3d_levels": 2,
    },
    "convonet both": {
        "architecture": "convonet",
        "planes": ["xz"],
        "plane_resolution": 16,
        "grid_resolution": 8,
        "c_dim": 8,
        "hidden_dim": 8,
        "unet_depth": 2,
        "unet3d_levels": 2,
    },
    "house": {
        "architecture": "house",
        "channels": 8,
        "plane_resolution": 16,
        "grid_resolution": 8,
        "plane_sizes": [8, 16],
        "grid_sizes": [8, 16],
        "hidden": 8,
        "blocks": 2,
    },
}


def small_network(kind="house", seed=0, point_count=200):
    """A network in evaluation mode; no layer is left at the zeros it begins training with."""
    generator = torch.Generator().manual_seed(seed)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        network = build_network({**CONFIGS[kind], "point_count": point_count})
    with torch.no_grad():
        for parameter in network.parameters():
            spread = 0.5 / max(parameter[0].numel(), 1) ** 0.5 if parameter.ndim > 1 else 0.2
            parameter += spread * torch.randn(parameter.shape, generator=generator)
        for name, buffer in network.named_buffers():
            if name.endswith("running_mean"):
                buffer += 0.3 * torch.randn(buffer.shape, generator=generator)
            elif name.endswith("running_var"):
                buffer *= 0.5 + torch.rand(buffer.shape, generator=generator)
    return network.eval()


def box_points(*shape, seed=0):
    """Points (*shape, 3) in the box."""
    generator = torch.Generator().manual_seed(seed)
    return torch.rand(*shape, 3, generator=generator) - 0.5
