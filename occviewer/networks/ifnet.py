"""IF-Net (Chibane, Alldieck and Pons-Moll, CVPR 2020): grids of features at several scales.

A code is the voxelised observation; the grids are made of it once per shape. The published
networks were written for PyTorch 1.1, where lookups took the centres of the outermost
voxels for the rim of the box, and the padding of convolutions was zero whatever its name.
"""

from __future__ import annotations

from typing import ClassVar

import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812 - the usual name

from occviewer.networks.base import Features, OccupancyNetwork
from occviewer.networks.frames import Frame

# Names of the convolutions of a level, of the norm after them, and their channels.
_Level = tuple[tuple[tuple[str, int], ...], str]

LEVELS: dict[str, tuple[_Level, ...]] = {
    "32": (
        ((("conv_1", 32), ("conv_1_1", 64)), "conv1_1_bn"),
        ((("conv_2", 128), ("conv_2_1", 128)), "conv2_1_bn"),
        ((("conv_3", 128), ("conv_3_1", 128)), "conv3_1_bn"),
    ),
    "128": (
        ((("conv_in", 16),), "conv_in_bn"),
        ((("conv_0", 32), ("conv_0_1", 32)), "conv0_1_bn"),
        ((("conv_1", 64), ("conv_1_1", 64)), "conv1_1_bn"),
        ((("conv_2", 128), ("conv_2_1", 128)), "conv2_1_bn"),
        ((("conv_3", 128), ("conv_3_1", 128)), "conv3_1_bn"),
    ),
}
LEVELS["256"] = (*LEVELS["128"], ((("conv_4", 128), ("conv_4_1", 128)), "conv4_1_bn"))
"""Levels of the networks for 32³, 128³ and 256³ voxels."""

_STEPS = {"32": 0.035, "128": 0.0722, "256": 0.0722}


class IFNet(OccupancyNetwork):
    """Implicit Feature Network.

    Parameters
    ----------
    resolution : {32, 128, 256}
        Voxels a side of the published networks: for coarse voxels, for fine voxels or
        points, and for single views.
    points : bool
        Whether points are observed, and not voxels. Where points are, lookups outside the
        box find what lies at its rim, else zeros.
    hidden : int
        Width of the decoder.
    side : int, optional
        Voxels a side that are encoded, where it is not `resolution`.
    point_count : int
    scale, axes : float, str
        Of the network's `Frame`.
    """

    architecture: ClassVar[str] = "ifnet"

    def __init__(
        self,
        resolution: int = 128,
        points: bool = True,
        hidden: int = 256,
        side: int | None = None,
        point_count: int = 3000,
        scale: float = 1.0,
        axes: str = "xyz",
    ) -> None:
        kind = str(resolution)
        if kind not in LEVELS:
            raise ValueError(f"there are IF-Nets for {', '.join(LEVELS)} voxels, not {kind}")
        side = resolution if side is None else side
        config = {"resolution": resolution, "points": points, "hidden": hidden, "side": side}
        super().__init__(config, point_count if points else 0, Frame(scale, axes))
        self.observed = "points" if points else "voxels"
        self.side = side
        self._padding = "border" if points else "zeros"
        self._levels, self._with_query = LEVELS[kind], kind == "256"
        before, channels = 1, 1
        for convolutions, norm in self._levels:
            for name, size in convolutions:
                self.add_module(name, nn.Conv3d(before, size, 3, padding=1))
                before = size
            self.add_module(norm, nn.BatchNorm3d(before))
            channels += before
        first = hidden if kind == "128" else 2 * hidden
        self.fc_0 = nn.Conv1d(7 * channels + (3 if self._with_query else 0), first, 1)
        self.fc_1 = nn.Conv1d(first, hidden, 1)
        self.fc_2 = nn.Conv1d(hidden, hidden, 1)
        self.fc_out = nn.Conv1d(hidden, 1, 1)
        self._step = _STEPS[kind]

    def encode(self, observation: Tensor) -> Features:
        """Encode clouds (B, N, 3), or occupancies (B, R, R, R), to ``voxels`` (B, R, R, R)."""
        if self.observed == "voxels":
            return {"voxels": self.frame.of_cells(observation)}
        return {"voxels": voxelised(self.frame.of(observation), self.side)}

    def code_shapes(self) -> dict[str, torch.Size]:
        """Shape of the voxels."""
        return {"voxels": torch.Size([self.side] * 3)}

    def prepare(self, features: Features) -> Features:
        """Make the grids of features: ``level_0`` is the observation."""
        net = features["voxels"][:, None]
        grids = {"level_0": net}
        for number, (convolutions, norm) in enumerate(self._levels, 1):
            net = F.max_pool3d(net, 2) if number > 1 else net
            for name, _ in convolutions:
                net = F.relu(self.get_submodule(name)(net))
            net = self.get_submodule(norm)(net)
            grids[f"level_{number}"] = net
        return grids

    def decode(self, queries: Tensor, features: Features) -> Tensor:
        """Logits (B, M) of queries (B, M, 3), with features made by `prepare`."""
        # The last axis of a grid is z, and a lookup names it first.
        place = 2 * self.frame.of(queries)[..., [2, 1, 0]]
        at = (place[:, None] + _stencil(self._step, place)[:, None])[:, None]  # (B, 1, 7, M, 3)
        found = [
            F.grid_sample(grid, at, padding_mode=self._padding, align_corners=True)[:, :, 0]
            for grid in features.values()
        ]
        net = torch.cat(found, 1).flatten(1, 2)
        if self._with_query:
            net = torch.cat([net, place.transpose(1, 2)], 1)
        for layer in (self.fc_0, self.fc_1, self.fc_2):
            net = F.relu(layer(net))
        return self.fc_out(net)[:, 0]  # type: ignore[no-any-return]


def _stencil(step: float, like: Tensor) -> Tensor:
    """Where features are looked up around a query (7, 3): there, and to either side."""
    steps = like.new_zeros(7, 3)
    for axis in range(3):
        steps[1 + 2 * axis, axis], steps[2 + 2 * axis, axis] = -step, step
    return steps


def voxelised(points: Tensor, side: int) -> Tensor:
    """Occupancies (B, side, side, side): 1 at the nodes nearest to points (B, N, 3) in ±0.5."""
    node = ((points + 0.5) * (side - 1)).round().long().clamp_(0, side - 1)
    index = (node[..., 0] * side + node[..., 1]) * side + node[..., 2]
    flat = points.new_zeros(len(points), side**3)
    return flat.scatter_(1, index, 1.0).view(-1, side, side, side)
