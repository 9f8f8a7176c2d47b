"""The pose network: whether a cloud stands upright and faces the front, and what is missing.

An occupancy network completes a cloud about as well when it lies on its side, so its
own answer hardly tells which way is up. This small PointNet (Qi et al., CVPR 2017;
residual blocks as in Occupancy Networks) learns just that, from the same shapes: it
sees a cloud in one candidate pose and says how likely a scan in the right pose looks
like this, and where the whole shape lies of which the cloud shows a part.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812 - the usual name

from occviewer.networks.layers import ResnetBlockFC


class PoseNetwork(nn.Module):
    """Judges poses of a cloud.

    Parameters
    ----------
    hidden : int
        Width of the residual blocks.
    width : int
        Width of the last layer before pooling.
    blocks : int
        Number of residual blocks.
    point_count : int
        Points of a cloud.
    """

    def __init__(
        self, hidden: int = 64, width: int = 256, blocks: int = 3, point_count: int = 512
    ) -> None:
        super().__init__()
        self.config: dict[str, Any] = {
            "hidden": hidden,
            "width": width,
            "blocks": blocks,
            "point_count": point_count,
        }
        self.point_count = point_count
        self.fc_pos = nn.Linear(3, 2 * hidden)
        self.blocks = nn.ModuleList(ResnetBlockFC(2 * hidden, hidden) for _ in range(blocks))
        self.fc_last = nn.Linear(hidden, width)
        self.head = nn.Sequential(
            nn.Linear(2 * width, 128), nn.ReLU(), nn.Linear(128, 64), nn.ReLU(), nn.Linear(64, 5)
        )

    def forward(self, clouds: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Judge clouds (B, N, 3) whose bounding boxes are centred and have longest side 1.

        Returns
        -------
        fitness : (B,) Tensor
            Logit of the pose; a softmax over all poses of a cloud gives their probabilities.
        centre : (B, 3) Tensor
            Centre of the whole shape's bounding box.
        log_size : (B,) Tensor
            Logarithm of the longest side of that box.
        """
        net = self.blocks[0](self.fc_pos(clouds))
        for block in self.blocks[1:]:
            pooled = net.amax(1, keepdim=True).expand_as(net)
            net = block(torch.cat([net, pooled], 2))
        net = F.relu(self.fc_last(F.relu(net)))
        out = self.head(torch.cat([net.amax(1), net.mean(1)], 1))
        return out[:, 0], out[:, 1:4], out[:, 4]


def normalised(clouds: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Centre the bounding boxes of clouds (B, N, 3) and make their longest sides 1.

    Returns the clouds, and the centres (B, 3) and longest sides (B,) that they had.
    """
    low, high = clouds.amin(1), clouds.amax(1)
    centre, size = (low + high) / 2, (high - low).amax(1)
    return (clouds - centre[:, None]) / size[:, None, None], centre, size
