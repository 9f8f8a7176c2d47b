"""What every occupancy network offers, whatever its architecture."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from torch import Tensor, nn

Features = dict[str, Tensor]
"""What an encoder makes of a batch of observations: tensors by name, batch first."""


class PointCloudNetwork(nn.Module):
    """An occupancy network that encodes point clouds.

    Points and queries lie in the box frame: longest side of a whole shape 1, centred,
    queries in ±0.55.

    Attributes
    ----------
    architecture : str
        The name by which `occviewer.networks.build_network` knows the class.
    config : dict
        Everything the constructor needs, as plain JSON values: the checkpoint stores it.
    point_count : int
        How many points the encoder was made for; `encode` takes other counts as well.
    """

    architecture: ClassVar[str]
    point_count: int

    def __init__(self, config: Mapping[str, Any], point_count: int) -> None:
        super().__init__()
        self.config = {"architecture": self.architecture, **config, "point_count": point_count}
        self.point_count = point_count

    def encode(self, points: Tensor) -> Features:
        """Encode clouds (B, N, 3) to features."""
        raise NotImplementedError

    def decode(self, queries: Tensor, features: Features) -> Tensor:
        """Logits (B, M) of queries (B, M, 3); positive is inside at threshold 0.5."""
        raise NotImplementedError

    def forward(self, points: Tensor, queries: Tensor) -> Tensor:
        """Encode (B, N, 3), then decode (B, M, 3) to logits (B, M)."""
        return self.decode(queries, self.encode(points))
