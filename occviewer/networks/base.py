"""What every occupancy network offers, whatever its architecture."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Literal

import torch
from torch import Tensor, nn

from occviewer.networks.frames import Frame

Features = dict[str, Tensor]
"""What an encoder makes of a batch of observations: tensors by name, batch first."""

Observed = Literal["points", "voxels", "image", "none"]
"""What a network encodes: clouds (B, N, 3), occupancies (B, R, R, R) along x, y and z, RGB
images (B, 3, H, W) in [0, 1], or nothing: its codes come from elsewhere."""

Values = Literal["logits", "occupancy", "distance"]
"""What `OccupancyNetwork.decode` gives: logits, occupancies of about 0..1, or distances to the
surface in the network's units, positive inside. More is always further inside."""


class OccupancyNetwork(nn.Module):
    """An occupancy network: observations to features, features and queries to logits.

    Points and queries lie in the box frame: longest side of a whole shape 1, centred,
    queries in ±0.55. A network that was trained in other coordinates has a `frame`.

    Attributes
    ----------
    architecture : str
        The name by which `occviewer.networks.build_network` knows the class.
    config : dict
        Everything the constructor needs, as plain JSON values: the checkpoint stores it.
    observed : {"points", "voxels", "image", "none"}
        What `encode` takes.
    values : {"logits", "occupancy", "distance"}
        What `decode` gives.
    point_count : int
        How many points the encoder was made for; `encode` takes other counts as well. 0 for
        a network that takes no points.
    side : int
        Voxels or pixels a side that `encode` takes; 0 for other observations.
    lengths_vary : bool
        Whether features have as many rows as the observation had points.
    chunks_itself : bool
        Whether `decode` wants all queries at once, and keeps its memory small by itself.
    optimised : bool
        Whether codes are found by optimisation, and there is no `encode`.
    """

    architecture: ClassVar[str]
    observed: Observed = "points"
    values: Values = "logits"
    side: int = 0
    lengths_vary: bool = False
    chunks_itself: bool = False
    optimised: bool = False

    def __init__(
        self, config: Mapping[str, Any], point_count: int = 0, frame: Frame | None = None
    ) -> None:
        super().__init__()
        self.frame = frame or Frame()
        count = {"point_count": point_count} if point_count else {}
        self.config = {
            "architecture": self.architecture,
            **config,
            **count,
            **self.frame.config,
        }
        self.point_count = point_count

    def encode(self, observation: Tensor) -> Features:
        """Encode a batch of observations to features."""
        raise NotImplementedError

    def prepare(self, features: Features) -> Features:
        """Do what depends on the shape alone; `decode` wants what comes out."""
        return features

    def decode(self, queries: Tensor, features: Features) -> Tensor:
        """Logits (B, M) of queries (B, M, 3); positive is inside at threshold 0.5."""
        raise NotImplementedError

    def forward(self, observation: Tensor, queries: Tensor) -> Tensor:
        """Encode an observation, then decode (B, M, 3) to logits (B, M)."""
        return self.decode(queries, self.prepare(self.encode(observation)))

    def stored_codes(self) -> Tensor:
        """Codes (S, …) of shapes that the network knows by itself; mostly there are none."""
        return torch.empty(0)

    def code_shapes(self) -> dict[str, torch.Size]:
        """Shapes of the features of one observation, without the batch dimension."""
        device = next(self.parameters()).device
        example = {
            "points": (1, max(self.point_count, 1), 3),
            "voxels": (1, self.side, self.side, self.side),
            "image": (1, 3, self.side, self.side),
            "none": (1, 0),
        }[self.observed]
        with torch.no_grad():
            features = self.encode(torch.zeros(example, device=device))
        return {name: tensor.shape[1:] for name, tensor in features.items()}


PointCloudNetwork = OccupancyNetwork
"""The name that code has which makes and trains networks for point clouds."""
