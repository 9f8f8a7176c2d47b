"""An ONet decoder that holds a chair: the surface to be extracted is a real one."""

from __future__ import annotations

from pathlib import Path

import torch
from torch import Tensor
from torch.nn import functional as F  # noqa: N812 - the usual name

from occviewer.errors import CheckpointError
from occviewer.files import write_whole
from occviewer.networks import Features, ONet

# Boxes (lowest corner, highest corner) in the box frame, y up: seat, back and four legs.
_BOXES = (
    ((-0.24, -0.04, -0.24), (0.24, 0.03, 0.24)),
    ((-0.24, 0.03, -0.24), (0.24, 0.50, -0.17)),
    *(
        ((x - 0.035, -0.50, z - 0.035), (x + 0.035, -0.04, z + 0.035))
        for x in (-0.2, 0.2)
        for z in (-0.2, 0.2)
    ),
)
_CODE = 256
_BATCH = 2048


def chair_distance(points: Tensor) -> Tensor:
    """Signed distance (N,) of points (N, 3) to a chair made of boxes, negative inside.

    Exact outside; inside it is that to the nearest side of one of the boxes.
    """
    distances = []
    for low, high in _BOXES:
        middle = (points.new_tensor(low) + points.new_tensor(high)) / 2
        half = (points.new_tensor(high) - points.new_tensor(low)) / 2
        beyond = (points - middle).abs() - half
        distances.append(beyond.clamp(min=0).norm(dim=1) + beyond.amax(1).clamp(max=0))
    return torch.stack(distances).amin(0)


def fitted_onet(
    steps: int, width: int = 256, weights: Path | None = None, seed: int = 0
) -> tuple[ONet, Features]:
    """Make an ONet, and a code for which its decoder is the chair.

    Parameters
    ----------
    steps : int
        Of Adam on batches of 2,048 points, half of them near the surface.
    width : int
        Of the decoder.
    weights : Path, optional
        Where the fitted weights are kept: read when the file is there, else written.
    seed : int
        Of everything random.

    Raises
    ------
    CheckpointError
        The file is no such weights, or cannot be written.
    """
    generator = torch.Generator().manual_seed(seed)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        network = ONet(c_dim=_CODE, encoder_hidden=8, decoder_hidden=width)
        _let_the_code_matter(network)
    features = {"c": torch.randn(1, _CODE, generator=generator)}
    if weights is not None and weights.exists():
        _load(network, weights)
    else:
        _fit(network, features, steps, generator)
        if weights is not None:
            _save(network, weights)
    return network.eval().requires_grad_(False), features


def overlap(network: ONet, features: Features, seed: int = 1) -> float:
    """IoU of the network's shape and the chair, over points uniform in the chair's box."""
    points = torch.rand(20_000, 3, generator=torch.Generator().manual_seed(seed)) - 0.5
    with torch.no_grad():
        found = network.decode(points[None], features)[0] > 0
    wanted = chair_distance(points) < 0
    return float((found & wanted).sum() / (found | wanted).sum())


def _let_the_code_matter(network: ONet) -> None:
    """Start the layers that see the code away from zero, as training leaves them."""
    for name, parameter in network.decoder.named_parameters():
        if name.endswith(("conv_gamma.weight", "conv_beta.weight")):
            torch.nn.init.normal_(parameter, std=0.02)


def _fit(network: ONet, features: Features, steps: int, generator: torch.Generator) -> None:
    optimiser = torch.optim.Adam(network.decoder.parameters(), lr=1e-3)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, 3e-3, total_steps=steps)
    network.train()
    with torch.enable_grad():
        for _ in range(steps):
            points = _training_points(generator)
            logits = network.decode(points[None], features)[0]
            inside = (chair_distance(points) < 0).float()
            optimiser.zero_grad()
            loss = F.binary_cross_entropy_with_logits(logits, inside)
            loss.backward()  # type: ignore[no-untyped-call]
            optimiser.step()
            schedule.step()


def _training_points(generator: torch.Generator) -> Tensor:
    """Points (2048, 3) of the box, half of them in or near one of the boxes."""
    half = _BATCH // 2
    anywhere = 1.1 * (torch.rand(half, 3, generator=generator) - 0.5)
    low, high = (torch.tensor([box[side] for box in _BOXES]) for side in (0, 1))
    which = torch.randint(len(_BOXES), (half,), generator=generator)
    share = 1.4 * torch.rand(half, 3, generator=generator) - 0.2
    return torch.cat([anywhere, low[which] + share * (high - low)[which]])


def _load(network: ONet, path: Path) -> None:
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    try:
        network.load_state_dict(load_file(path))
    except (OSError, SafetensorError, RuntimeError) as error:
        raise CheckpointError(
            f"{path} does not hold the weights of this benchmark; remove it or name another file."
        ) from error


def _save(network: ONet, path: Path) -> None:
    from safetensors.torch import save

    write_whole(path, save(network.state_dict()), CheckpointError)
