"""DeepSDF (Park et al., CVPR 2019): an auto-decoder of signed distances.

There is no encoder: the codes of the training shapes were learned with the weights, and that
of a new shape is found by optimisation.
"""

from __future__ import annotations

from typing import ClassVar

import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812 - the usual name

from occviewer.networks.base import Features, OccupancyNetwork
from occviewer.networks.frames import Frame


class DeepSDF(OccupancyNetwork):
    """Decoder of codes ``z`` to signed distances, published parameter names.

    `decode` gives distances that are positive inside; the published network's are negative
    there. Weight norms are multiplied out before the weights come here.

    Parameters
    ----------
    z_dim : int
        Length of a code.
    sizes : sequence of int
        Outputs of each layer but the last.
    latent_in : sequence of int
        Layers that are given the code and the query once more.
    xyz_in_all : bool
        Whether every layer is given the query.
    layer_norms : sequence of int
        Layers that a layer norm follows.
    tanh : bool
        A hyperbolic tangent before the one that always ends the network.
    shapes : int
        Training shapes whose codes are known.
    point_count : int
        Points that a code is fitted to at a time.
    scale, axes : float, str
        Of the network's `Frame`.
    """

    architecture: ClassVar[str] = "deepsdf"
    values = "distance"
    optimised = True

    codes: Tensor

    def __init__(
        self,
        z_dim: int = 256,
        sizes: tuple[int, ...] = (512, 512, 512, 253, 512, 512, 512, 512),
        latent_in: tuple[int, ...] = (4,),
        xyz_in_all: bool = False,
        layer_norms: tuple[int, ...] = (),
        tanh: bool = False,
        shapes: int = 0,
        point_count: int = 8000,
        scale: float = 1.0,
        axes: str = "xyz",
    ) -> None:
        config = {
            "z_dim": z_dim,
            "sizes": list(sizes),
            "latent_in": list(latent_in),
            "xyz_in_all": xyz_in_all,
            "layer_norms": list(layer_norms),
            "tanh": tanh,
            "shapes": shapes,
        }
        super().__init__(config, point_count, Frame(scale, axes))
        self.z_dim, self._tanh = z_dim, tanh
        self._again, self._xyz = frozenset(latent_in), xyz_in_all
        width = z_dim + 3
        self._layers: list[str] = []
        for number, size in enumerate([*sizes, 1]):
            if number in self._again:
                width += z_dim + 3
            elif number and xyz_in_all:
                width += 3
            self.add_module(f"lin{number}", nn.Linear(width, size))
            if number in layer_norms:
                self.add_module(f"bn{number}", nn.LayerNorm(size))
            self._layers.append(f"lin{number}")
            width = size
        if shapes:
            self.register_buffer("codes", torch.zeros(shapes, z_dim))

    def code_shapes(self) -> dict[str, torch.Size]:
        """Shape of a code."""
        return {"z": torch.Size([self.z_dim])}

    def decode(self, queries: Tensor, features: Features) -> Tensor:
        """Distances (B, M), positive inside, of queries (B, M, 3) for ``z`` (B, z_dim)."""
        xyz = self.frame.of(queries)
        given = torch.cat([features["z"][:, None].expand(-1, xyz.shape[1], -1), xyz], 2)
        x, last = given, len(self._layers) - 1
        for number, name in enumerate(self._layers):
            if number in self._again:
                x = torch.cat([x, given], 2)
            elif number and self._xyz:
                x = torch.cat([x, xyz], 2)
            x = self.get_submodule(name)(x)
            if number < last:
                norm = getattr(self, f"bn{number}", None)
                x = F.relu(x if norm is None else norm(x))
        return -torch.tanh(torch.tanh(x) if self._tanh else x)[..., 0]

    def stored_codes(self) -> Tensor:
        """Codes (S, z_dim) of the training shapes."""
        return getattr(self, "codes", torch.empty(0, self.z_dim))
