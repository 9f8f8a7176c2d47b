"""The bottleneck: planes and grid of the house model through one vector, and back.

A variational autoencoder (Kingma and Welling, 2014) over what a frozen encoder makes, in two
steps. The first makes **cells**: a coarse grid and three coarse planes of a few numbers a
cell, by convolutions only. No layer of it sees all of the shape at once: such layers learn
the training shapes by heart and lose the thin parts of all others. On the way back the grid
tells the planes what lies along their normals, as it does in the house encoder, so that the
three planes of one shape agree on where a leg stands.

The second is a small autoencoder of the cells, which does see all of the shape: some tens of
numbers, the **outline**, from which follows what cells a shape of that kind has. The vector
``z`` is the outline, and beside it what the cells differ from it by. So nothing is lost, and
whoever moves the outline moves all parts of the shape together.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812 - the usual name

from occviewer.networks.base import Features
from occviewer.networks.coordinates import PLANES
from occviewer.networks.house import ConvBlock
from occviewer.networks.layers import ResnetBlockFC
from occviewer.networks.waypoints import Waypoints

CENTRES = 48
"""Kinds of shapes that a prior tells apart at most."""

_NAMES = tuple(f"plane_{name}" for name in PLANES)
_SLABS = 4
_FIRST_LOG_VARIANCE = -4.0
_LOG_VARIANCES = (-12.0, 4.0)
_NORMAL = {"xz": 3, "xy": 2, "yz": 4}  # dimension of a grid (B, C, z, y, x) along it


class Bottleneck(nn.Module):
    """Features to a vector ``z`` and back, with what is known of the space of vectors.

    Parameters
    ----------
    plane_channels, plane_resolution, grid_channels, grid_resolution : int
        Of the features.
    plane_sizes, grid_sizes : sequence of int
        Channels after each halving, multiples of 8.
    plane_code, grid_code : int
        Numbers of a coarsest cell of each plane, and of the grid.
    outline : int
        Length of the outline.
    hidden : int
        Width of the layers between cells and outline.
    leniency : float
        See the attribute.
    waypoints, neighbours : int
        Shapes that are stored with it, and to how many others of them steps are known.

    Attributes
    ----------
    size : int
        Length Z of ``z``: of the outline and of the cells.
    outline : int
    leniency : float
        Logits by which shapes of which only the outline is known are asked for less surely;
        see `occviewer.training.latent_scores.measured_leniency`.
    plane_mean, plane_std : (3, C) buffers
        Of the planes' channels over the training shapes; the network sees standardised ones.
    grid_mean, grid_std : (G,) buffers
    cell_mean, cell_std : (Z - outline,) buffers
        Of the cells' numbers over the training shapes.
    prior_mean : (Z,) buffer
        Mean of ``z`` over the training shapes.
    basis : (Z, outline) buffer
        Columns are the principal axes of the outline, the most important first, one standard
        deviation long: their outer product is the covariance of the training shapes' outlines.
        Below the outline it is 0.
    ranges : (2, outline) buffer
        How far the training shapes reach along each axis, in standard deviations.
    shares : (outline,) buffer
        Share of the variance of the shapes that each axis explains.
    centres : (CENTRES, outline) buffer
        Of the kinds of shapes that the prior is a mixture of, along the axes, in standard
        deviations.
    chances : (CENTRES,) buffer
        Share of the training shapes that are of each kind; their sum is 1.
    spread : (outline,) buffer
        Standard deviation along each axis within a kind, relative to that of all shapes.
    waypoints : Waypoints or None
        Shapes that were learned from; None where none are stored.

    Raises
    ------
    ValueError
        When the resolutions cannot be halved so often.
    """

    plane_mean: Tensor
    plane_std: Tensor
    grid_mean: Tensor
    grid_std: Tensor
    cell_mean: Tensor
    cell_std: Tensor
    prior_mean: Tensor
    basis: Tensor
    ranges: Tensor
    shares: Tensor
    centres: Tensor
    chances: Tensor
    spread: Tensor

    def __init__(
        self,
        plane_channels: int = 32,
        plane_resolution: int = 64,
        grid_channels: int = 16,
        grid_resolution: int = 32,
        plane_sizes: tuple[int, ...] = (48, 64, 96, 128),
        grid_sizes: tuple[int, ...] = (32, 64, 96),
        plane_code: int = 8,
        grid_code: int = 6,
        outline: int = 48,
        hidden: int = 384,
        leniency: float = 0.0,
        waypoints: int = 0,
        neighbours: int = 0,
    ) -> None:
        super().__init__()
        self.config: dict[str, Any] = {
            "plane_channels": plane_channels,
            "plane_resolution": plane_resolution,
            "grid_channels": grid_channels,
            "grid_resolution": grid_resolution,
            "plane_sizes": list(plane_sizes),
            "grid_sizes": list(grid_sizes),
            "plane_code": plane_code,
            "grid_code": grid_code,
            "outline": outline,
            "hidden": hidden,
            "leniency": leniency,
            "waypoints": waypoints,
            "neighbours": neighbours,
        }
        self._plane = (plane_code, *[_coarsest(plane_resolution, len(plane_sizes))] * 2)
        self._grid = (grid_code, *[_coarsest(grid_resolution, len(grid_sizes))] * 3)
        self._split = len(PLANES) * plane_code * self._plane[1] ** 2
        cells = self._split + grid_code * self._grid[1] ** 3
        self.outline, self.size = outline, outline + cells
        planes, grids = (plane_channels, *plane_sizes), (grid_channels, *grid_sizes)
        self.planes_in, self.grid_in = _shrinking(2, planes), _shrinking(3, grids)
        self.planes_narrow = _point(2, planes[-1], 2 * plane_code)
        self.grid_narrow = _point(3, grids[-1], 2 * grid_code)
        # Cells begin nearly without noise, or nothing would come through it for long.
        for narrow, code in ((self.planes_narrow, plane_code), (self.grid_narrow, grid_code)):
            assert narrow.bias is not None
            nn.init.constant_(narrow.bias[code:], _FIRST_LOG_VARIANCE)
        self.planes_wide, self.planes_out = _point(2, plane_code, planes[-1]), _growing(2, planes)
        self.grid_wide, self.grid_out = _point(3, grid_code, grids[-1]), _growing(3, grids)
        self.tell = nn.ModuleDict(_tellers(planes, plane_resolution, grids, grid_resolution))
        self.to_outline = nn.Sequential(
            nn.Linear(cells, hidden),
            ResnetBlockFC(hidden),
            nn.ReLU(),
            nn.Linear(hidden, 2 * outline),
        )
        self.from_outline = nn.Sequential(
            nn.Linear(outline, hidden),
            ResnetBlockFC(hidden),
            ResnetBlockFC(hidden),
            nn.ReLU(),
            nn.Linear(hidden, cells),
        )
        count = len(PLANES)
        self.register_buffer("plane_mean", torch.zeros(count, plane_channels))
        self.register_buffer("plane_std", torch.ones(count, plane_channels))
        self.register_buffer("grid_mean", torch.zeros(grid_channels))
        self.register_buffer("grid_std", torch.ones(grid_channels))
        self.register_buffer("cell_mean", torch.zeros(cells))
        self.register_buffer("cell_std", torch.ones(cells))
        self.register_buffer("prior_mean", torch.zeros(self.size))
        self.register_buffer("basis", torch.eye(self.size, outline))
        self.register_buffer("ranges", torch.tensor([[-3.0], [3.0]]).repeat(1, outline))
        self.register_buffer("shares", torch.zeros(outline))
        self.register_buffer("centres", torch.zeros(CENTRES, outline))
        self.register_buffer("chances", torch.full((CENTRES,), 1 / CENTRES))
        self.register_buffer("spread", torch.ones(outline))
        self.waypoints = Waypoints(self.size, waypoints, neighbours) if waypoints else None

    @property
    def leniency(self) -> float:
        """Logits; see the class."""
        return float(self.config["leniency"])

    @leniency.setter
    def leniency(self, logits: float) -> None:
        self.config["leniency"] = logits

    def keep_waypoints(self, waypoints: Waypoints | None) -> None:
        """Store shapes that were learned from, or none."""
        known = None if waypoints is None else waypoints.neighbours
        self.config["waypoints"] = 0 if waypoints is None else len(waypoints)
        self.config["neighbours"] = 0 if known is None else known.shape[1]
        self.waypoints = waypoints

    def encode(self, features: Mapping[str, Tensor]) -> Tensor:
        """Vectors ``z`` (B, Z) of features (batch first)."""
        cells, _ = self.to_cells(*self.standardised(features))
        outline, _ = self.outline_of(cells)
        return torch.cat([outline, cells - self.cells_of(outline)], 1)

    def decode(self, z: Tensor) -> Features:
        """Features (batch first) of vectors (B, Z)."""
        cells = self.cells_of(z[:, : self.outline]) + z[:, self.outline :]
        return self.unstandardised(*self.from_cells(cells))

    def outline_of(self, cells: Tensor) -> tuple[Tensor, Tensor]:
        """Mean and log variance (B, outline) of the outline of cells (B, Z - outline)."""
        mean, log_variance = self.to_outline((cells - self.cell_mean) / self.cell_std).chunk(2, 1)
        return mean, log_variance.clamp(*_LOG_VARIANCES)

    def cells_of(self, outline: Tensor) -> Tensor:
        """Cells (B, Z - outline) that shapes of such an outline have."""
        return torch.addcmul(self.cell_mean, self.cell_std, self.from_outline(outline))

    def to_cells(self, planes: Tensor, grid: Tensor) -> tuple[Tensor, Tensor]:
        """Mean and log variance (B, Z - outline) of the cells of what `standardised` made."""
        flat = planes.flatten(0, 1).contiguous(memory_format=torch.channels_last)
        net = self.planes_narrow(F.relu(self.planes_in(flat)))
        solid = grid.contiguous(memory_format=torch.channels_last_3d)
        coarse = self.grid_narrow(F.relu(self.grid_in(solid)))
        halves = zip(net.chunk(2, 1), coarse.chunk(2, 1), strict=True)
        mean, log_variance = (
            torch.cat([part.reshape(len(grid), -1) for part in half], 1) for half in halves
        )
        return mean, log_variance.clamp(*_LOG_VARIANCES)

    def from_cells(self, cells: Tensor) -> tuple[Tensor, Tensor]:
        """Unfold cells (B, Z - outline) to planes and grid as `standardised` makes them."""
        batch = len(cells)
        grid = cells[:, self._split :].reshape(batch, *self._grid)
        grid = self.grid_wide(grid.contiguous(memory_format=torch.channels_last_3d))
        told: dict[int, Tensor] = {}
        for layer in self.grid_out:
            grid = layer(grid)
            side = grid.shape[-1]
            if str(side) in self.tell:
                told[side] = self.tell[str(side)](_seen(grid))
        planes = cells[:, : self._split].reshape(batch * len(PLANES), *self._plane)
        planes = self.planes_wide(planes.contiguous(memory_format=torch.channels_last))
        for layer in self.planes_out:
            planes = layer(planes)
            if planes.shape[-1] in told:
                planes = planes + told[planes.shape[-1]]
        return planes.reshape(batch, len(PLANES), *planes.shape[1:]), grid

    def standardised(self, features: Mapping[str, Tensor]) -> tuple[Tensor, Tensor]:
        """Planes (B, 3, C, R, R) and grid (B, G, S, S, S) with mean 0 and deviation 1."""
        planes = torch.stack([features[name] for name in _NAMES], 1)
        planes = (planes - self.plane_mean[:, :, None, None]) / self.plane_std[:, :, None, None]
        mean, std = (b[:, None, None, None] for b in (self.grid_mean, self.grid_std))
        return planes, (features["grid"] - mean) / std

    def unstandardised(self, planes: Tensor, grid: Tensor) -> Features:
        """Features (batch first) of what `standardised` or `from_cells` made."""
        # In one pass each: at full resolution adding costs as much as a convolution.
        planes = torch.addcmul(
            self.plane_mean[:, :, None, None], planes, self.plane_std[:, :, None, None]
        )
        grid = torch.addcmul(
            self.grid_mean[:, None, None, None], grid, self.grid_std[:, None, None, None]
        )
        return {**dict(zip(_NAMES, planes.unbind(1), strict=True)), "grid": grid}

    def learn_scale(self, features: Mapping[str, Tensor]) -> None:
        """Take mean and deviation of the channels from features of some shapes (N, ...)."""
        planes = torch.stack([features[name] for name in _NAMES], 1)
        grid = features["grid"]
        self.plane_mean.copy_(planes.mean((0, 3, 4)))
        self.plane_std.copy_(planes.std((0, 3, 4)).clamp(min=1e-3))
        self.grid_mean.copy_(grid.mean((0, 2, 3, 4)))
        self.grid_std.copy_(grid.std((0, 2, 3, 4)).clamp(min=1e-3))


def bottleneck_config(features: Mapping[str, Tensor]) -> dict[str, int] | None:
    """Find the settings that `Bottleneck` needs for such features (batch first).

    None where they are not the three planes and the grid of the house model, or so small
    that they cannot be halved.
    """
    if set(features) != {*_NAMES, "grid"}:
        return None
    plane, grid = features[_NAMES[0]], features["grid"]
    return {
        "plane_channels": plane.shape[1],
        "plane_resolution": plane.shape[-1],
        "grid_channels": grid.shape[1],
        "grid_resolution": grid.shape[-1],
    }


def _coarsest(resolution: int, halvings: int) -> int:
    side = resolution >> halvings
    if side < 1 or side << halvings != resolution:
        raise ValueError(f"a resolution of {resolution} cannot be halved {halvings} times")
    return side


def _point(dims: int, size_in: int, size_out: int) -> nn.Conv2d | nn.Conv3d:
    return (nn.Conv2d if dims == 2 else nn.Conv3d)(size_in, size_out, 1)


def _shrinking(dims: int, sizes: tuple[int, ...]) -> nn.Sequential:
    conv = nn.Conv2d if dims == 2 else nn.Conv3d
    layers: list[nn.Module] = []
    for level, (fine, coarse) in enumerate(zip(sizes[:-1], sizes[1:], strict=True)):
        layers.append(conv(fine, coarse, 4, stride=2, padding=1))
        # A block right after the first halving would cost as much as all the others.
        layers.append(ConvBlock(dims, coarse, 1, norm=True) if level else nn.ReLU())
    return nn.Sequential(*layers)


def _growing(dims: int, sizes: tuple[int, ...]) -> nn.ModuleList:
    """Make a stage for each doubling, from the coarsest to the finest."""
    last = len(sizes) - 2
    conv = nn.ConvTranspose2d if dims == 2 else nn.ConvTranspose3d
    stages: list[nn.Module] = []
    for stage, (fine, coarse) in enumerate(zip(sizes[-2::-1], sizes[:0:-1], strict=True)):
        # Blocks stand before a doubling, where cells are few; none before the last, where it is
        # dear. Two convolutions of the coarsest cells see nearly all of the box.
        count = 1 if stage else 2
        block = ConvBlock(dims, coarse, count, norm=True) if stage < last else nn.Identity()
        stages.append(nn.Sequential(block, nn.ReLU(), conv(coarse, fine, 4, stride=2, padding=1)))
    return nn.ModuleList(stages)


def _tellers(
    planes: tuple[int, ...], plane_side: int, grids: tuple[int, ...], grid_side: int
) -> dict[str, nn.Module]:
    """Layers from what is seen in the grid to planes of the same resolution, by that."""
    sizes = {plane_side >> level: size for level, size in enumerate(planes[:-1])}
    return {
        str(grid_side >> level): nn.Conv2d(_SLABS * size, sizes[grid_side >> level], 1)
        for level, size in enumerate(grids[:-1])
        # Not at the finest level, which knows little more than the one before and is dear.
        if level and grid_side >> level in sizes and grid_side >> level >= _SLABS
    }


def _seen(grid: Tensor) -> Tensor:
    """See what lies in a grid (B, C, z, y, x) along the planes' normals: (3 B, SLABS * C, v, u).

    Means over slabs, so that a plane is told not only what there is but how far along.
    """
    views = []
    for name in PLANES:
        along = _NORMAL[name]
        shape = grid.shape
        slabs = grid.reshape(*shape[:along], _SLABS, -1, *shape[along + 1 :]).mean(along + 1)
        views.append(slabs.movedim(along, 1).flatten(1, 2))
    return torch.stack(views, 1).flatten(0, 1).contiguous(memory_format=torch.channels_last)
