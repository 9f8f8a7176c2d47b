"""IM-NET (Chen and Zhang, CVPR 2019): the autoencoder of voxels, published parameter names."""

from __future__ import annotations

from typing import ClassVar

import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812 - the usual name

from occviewer.networks.base import Features, OccupancyNetwork
from occviewer.networks.frames import Frame

_LEAK = 0.02
_LAYERS = 7


class ImEncoder(nn.Module):
    """Five convolutions, the first four with instance norms, to a code in 0..1."""

    def __init__(self, ef_dim: int, z_dim: int) -> None:
        super().__init__()
        sizes = [1, ef_dim, 2 * ef_dim, 4 * ef_dim, 8 * ef_dim]
        for number in range(1, 5):
            conv = nn.Conv3d(sizes[number - 1], sizes[number], 4, stride=2, padding=1, bias=False)
            self.add_module(f"conv_{number}", conv)
        self.conv_5 = nn.Conv3d(sizes[-1], z_dim, 4)

    def forward(self, voxels: Tensor) -> Tensor:
        """Codes (B, z_dim) of occupancies (B, 64, 64, 64) along x, y and z."""
        net = voxels[:, None]
        for number in range(1, 5):
            net = F.instance_norm(self.get_submodule(f"conv_{number}")(net))
            net = F.leaky_relu(net, _LEAK)
        return torch.sigmoid(self.conv_5(net).flatten(1))


class ImGenerator(nn.Module):
    """Seven linear layers on query and code."""

    def __init__(self, z_dim: int, gf_dim: int) -> None:
        super().__init__()
        sizes = [z_dim + 3, *(gf_dim * factor for factor in (8, 8, 8, 4, 2, 1)), 1]
        for number in range(1, _LAYERS + 1):
            self.add_module(f"linear_{number}", nn.Linear(sizes[number - 1], sizes[number]))

    def forward(self, queries: Tensor, z: Tensor) -> Tensor:
        """Occupancies (B, M) of queries (B, M, 3) for codes (B, z_dim), about 0..1."""
        net = torch.cat([queries, z[:, None].expand(-1, queries.shape[1], -1)], 2)
        for number in range(1, _LAYERS):
            net = F.leaky_relu(self.get_submodule(f"linear_{number}")(net), _LEAK)
        out: Tensor = self.get_submodule(f"linear_{_LAYERS}")(net)[..., 0]
        # Clipped to 0..1 but for a hundredth of what is beyond.
        return torch.maximum(torch.minimum(out, 0.01 * out + 0.99), 0.01 * out)


class IMNet(OccupancyNetwork):
    """Autoencoder of 64³ voxels.

    Parameters
    ----------
    z_dim, ef_dim, gf_dim : int
        Length of the code; first channels of encoder and generator.
    scale, axes : float, str
        Of the network's `Frame`.
    """

    architecture: ClassVar[str] = "imnet"
    observed = "voxels"
    values = "occupancy"
    side = 64

    def __init__(
        self,
        z_dim: int = 256,
        ef_dim: int = 32,
        gf_dim: int = 128,
        scale: float = 1.0,
        axes: str = "xyz",
    ) -> None:
        config = {"z_dim": z_dim, "ef_dim": ef_dim, "gf_dim": gf_dim}
        super().__init__(config, 0, Frame(scale, axes))
        self.encoder = ImEncoder(ef_dim, z_dim)
        self.generator = ImGenerator(z_dim, gf_dim)

    def encode(self, observation: Tensor) -> Features:
        """Encode occupancies (B, 64, 64, 64) to ``z`` (B, z_dim)."""
        return {"z": self.encoder(self.frame.of_cells(observation))}

    def decode(self, queries: Tensor, features: Features) -> Tensor:
        """Occupancies (B, M) of queries (B, M, 3)."""
        return self.generator(self.frame.of(queries), features["z"])  # type: ignore[no-any-return]
