"""The pose network: whether a cloud stands upright and faces the front.

An occupancy network completes a cloud about as well when it lies on its side, so its
own answer hardly tells which way is up. This small network learns just that, from the
same shapes: it sees a cloud in one candidate pose, as height maps from three sides, and
says how much it looks like a scan in the right pose.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

_CHANNELS = 5
_PIXELS = 32


class PoseNetwork(nn.Module):
    """Judges poses of a cloud by three pictures of it, one along each axis.

    Parameters
    ----------
    sizes : sequence of int
        Channels of the convolutions, multiples of 8; each but the first halves the
        picture of 32 pixels.
    width : int
        Length of the vector that is made of each picture.
    point_count : int
        Points of a cloud.
    """

    def __init__(
        self,
        sizes: tuple[int, ...] = (16, 32, 64, 96),
        width: int = 128,
        point_count: int = 1024,
    ) -> None:
        super().__init__()
        self.config: dict[str, Any] = {
            "sizes": list(sizes),
            "width": width,
            "point_count": point_count,
        }
        self.point_count = point_count
        self.branches = nn.ModuleList(_branch(tuple(sizes), width) for _ in range(3))
        self.head = nn.Sequential(
            nn.Linear(3 * width, 128), nn.ReLU(), nn.Linear(128, 64), nn.ReLU(), nn.Linear(64, 1)
        )

    def forward(self, clouds: Tensor) -> Tensor:
        """Judge clouds (B, N, 3) whose bounding boxes are centred and have longest side 1.

        Returns
        -------
        (B,) Tensor
            Logits; a softmax over all poses of a cloud gives their probabilities.
        """
        seen = [branch(picture(clouds, axis)) for axis, branch in enumerate(self.branches)]
        return self.head(torch.cat(seen, 1))[:, 0]  # type: ignore[no-any-return]


def normalised(clouds: Tensor) -> Tensor:
    """Centre the bounding boxes of clouds (B, N, 3) and make their longest sides 1."""
    low, high = clouds.amin(1, keepdim=True), clouds.amax(1, keepdim=True)
    return (clouds - (low + high) / 2) / (high - low).amax(2, keepdim=True)


def picture(clouds: Tensor, axis: int) -> Tensor:
    """Look at normalised clouds (B, N, 3) along an axis.

    Returns
    -------
    (B, 5, 32, 32) Tensor
        In each pixel: whether there are points, the logarithm of 1 + their number, and
        the highest, lowest (from the other side) and mean height along the axis; zero
        where there are none.
    """
    across, down = (other for other in range(3) if other != axis)
    pixel = ((clouds + 0.5) * (_PIXELS - 1)).round().long().clamp(0, _PIXELS - 1)
    index = pixel[..., down] * _PIXELS + pixel[..., across]
    height = clouds[..., axis]
    empty = height.new_zeros(len(clouds), _PIXELS**2)
    number = empty.scatter_add(1, index, torch.ones_like(height))
    # Counted from outside the box, so that any point is higher than no point.
    highest = empty.scatter_reduce(1, index, 1 + height, "amax")
    lowest = empty.scatter_reduce(1, index, 1 - height, "amax")
    mean = empty.scatter_add(1, index, height) / number.clamp(min=1)
    channels = [(number > 0).to(height.dtype), torch.log1p(number), highest, lowest, mean]
    return torch.stack(channels, 1).view(len(clouds), _CHANNELS, _PIXELS, _PIXELS)


def _branch(sizes: tuple[int, ...], width: int) -> nn.Sequential:
    layers: list[nn.Module] = []
    size_in = _CHANNELS
    for level, size in enumerate(sizes):
        layers += [
            nn.Conv2d(size_in, size, 3, padding=1, stride=2 if level else 1),
            nn.GroupNorm(8, size),
            nn.ReLU(),
        ]
        size_in = size
    last = _PIXELS >> (len(sizes) - 1)
    return nn.Sequential(*layers, nn.Conv2d(size_in, width, last), nn.ReLU(), nn.Flatten())
