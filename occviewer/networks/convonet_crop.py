"""Convolutional Occupancy Networks on crops: large scenes through a sliding window.

The network (Peng et al., ECCV 2020, ``pointcloud_crop``) knows cells of a fixed size and
nothing of the scene around. A scene is therefore cut into windows; each is encoded with as
much of its surroundings as the U-Net sees, when the first query falls into it. What is
kept of a window is the part of its features that queries can reach, and of windows only so
many as fit into a fixed memory. Near a border the logits of the windows on either side
are blended, so that the group norms, which differ from window to window, leave no seam.
"""

from __future__ import annotations

from collections import OrderedDict
from itertools import product
from typing import Any, ClassVar

import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812 - the usual name

from occviewer.networks.base import Features, OccupancyNetwork
from occviewer.networks.convonet import LocalDecoder
from occviewer.networks.frames import Frame
from occviewer.networks.layers import CellGroups, ResnetBlockFC, scatter_mean
from occviewer.networks.unet3d import UNet3D

_FREQUENCIES = 10  # of the published sine and cosine encoding
_EDGE = 0.01  # of the box of the points, as published
_BLENDED = 0.125  # of a window's side, on each side of its borders
_KEPT_BYTES = 1 << 29  # of features of windows
_FEWEST = 8  # windows that are kept whatever their size, or borders would be encoded twice
_QUERIES = 1 << 15  # that are decoded at a time

Window = tuple[int, int, int]
"""Number of a window along each axis."""


class CropEncoder(nn.Module):
    """Encoder ``pointnet_crop_local_pool``: a PointNet that pools over the cells of a window."""

    def __init__(
        self, c_dim: int, hidden_dim: int, blocks: int, size_in: int, levels: int, f_maps: int
    ) -> None:
        super().__init__()
        self.blocks = nn.ModuleList(
            ResnetBlockFC(2 * hidden_dim, hidden_dim) for _ in range(blocks)
        )
        self.fc_c = nn.Linear(hidden_dim, c_dim)
        self.unet3d = UNet3D(c_dim, c_dim, levels=levels, f_maps=f_maps)
        self.fc_pos = nn.Linear(size_in, 2 * hidden_dim)

    def forward(self, local: Tensor, cells: Tensor, side: int) -> Tensor:
        """Features (B, C, side, side, side) of points with local coordinates (B, N, size_in).

        Parameters
        ----------
        local : (B, N, size_in)
        cells : (B, N) int64
            x + side * (y + side * z).
        side : int
            Cells a side of the window.
        """
        if local.shape[1]:
            net = self.blocks[0](self.fc_pos(local))
            groups = CellGroups(cells, side**3)
            for block in self.blocks[1:]:
                net = block(torch.cat([net, groups.pool_max(net)], 2))
            c = self.fc_c(net)
        else:
            c = local.new_zeros(len(local), 0, self.fc_c.out_features)
        grid = scatter_mean(c, cells, side**3).transpose(1, 2)
        return self.unet3d(grid.reshape(*grid.shape[:2], side, side, side))  # type: ignore[no-any-return]


class CropConvONet(OccupancyNetwork):
    """Occupancy network that slides over scenes of any size.

    Parameters
    ----------
    c_dim, hidden_dim : int
        Feature channels and width; 32 as published.
    unet3d_levels, f_maps : int
        Levels and first channels of the U-Net; 4 and 32 as published.
    unit_size : float
        Side of a cell, box units (before `scale`); 0.005 for the published rooms.
    window : int
        Cells a side of the part of a window that is queried; 25 as published.
    encoding : {"linear", "sin_cos", "none"}
        Of the place in the cell; ``none`` gives the network the coordinates themselves.
    blocks, decoder_blocks : int
        Residual blocks of encoder and decoder.
    decoder_hidden : int, optional
        Width of the decoder; `hidden_dim` by default.
    point_count : int
        Most points of a scene.
    scale, axes : float, str
        Of the network's `Frame`.
    """

    architecture: ClassVar[str] = "convonet_crop"
    lengths_vary = True
    chunks_itself = True

    def __init__(
        self,
        c_dim: int = 32,
        hidden_dim: int = 32,
        unet3d_levels: int = 4,
        f_maps: int = 32,
        unit_size: float = 0.005,
        window: int = 25,
        encoding: str = "linear",
        blocks: int = 5,
        decoder_blocks: int = 5,
        decoder_hidden: int | None = None,
        point_count: int = 10_000,
        scale: float = 1.0,
        axes: str = "xyz",
    ) -> None:
        if not (unit_size > 0 and window >= 1 and encoding in ("linear", "sin_cos", "none")):
            raise ValueError(f"impossible cells: {unit_size}, {window}, {encoding!r}")
        decoder_hidden = hidden_dim if decoder_hidden is None else decoder_hidden
        config: dict[str, Any] = {
            "c_dim": c_dim,
            "hidden_dim": hidden_dim,
            "unet3d_levels": unet3d_levels,
            "f_maps": f_maps,
            "unit_size": unit_size,
            "window": window,
            "encoding": encoding,
            "blocks": blocks,
            "decoder_blocks": decoder_blocks,
            "decoder_hidden": decoder_hidden,
        }
        super().__init__(config, point_count, Frame(scale, axes))
        self.unit_size, self.window, self.encoding = unit_size, window, encoding
        size_in = 6 * _FREQUENCIES if encoding == "sin_cos" else 3
        self.encoder = CropEncoder(c_dim, hidden_dim, blocks, size_in, unet3d_levels, f_maps)
        self.decoder = LocalDecoder(c_dim, decoder_hidden, decoder_blocks)
        self.decoder.fc_p = nn.Linear(size_in, decoder_hidden)
        self.side = 0
        self.input_side = input_side(window, unet3d_levels)

    def encode(self, observation: Tensor) -> Features:
        """Keep the clouds (B, N, 3), in the network's frame, as ``points``."""
        return {"points": self.frame.of(observation)}

    def prepare(self, features: Features) -> Features:
        """Lay the windows over a scene; none is encoded yet."""
        return Scene(self, features["points"])

    def decode(self, queries: Tensor, features: Features) -> Tensor:
        """Logits (1, M) of queries (1, M, 3) of a prepared scene."""
        scene = features if isinstance(features, Scene) else Scene(self, features["points"])
        return scene.logits(self.frame.of(queries)[0])[None]

    def local(self, points: Tensor) -> Tensor:
        """Place (..., 3 or 60) of points in their cells, as the network is given it."""
        if self.encoding == "none":
            return points
        at = torch.remainder(points, self.unit_size) / self.unit_size
        if self.encoding == "linear":
            return at
        at = 2 * at - 1
        waves = [
            wave(torch.pi * 2**octave * at)
            for octave in range(_FREQUENCIES)
            for wave in (torch.sin, torch.cos)
        ]
        return torch.cat(waves, -1)

    def encode_window(self, points: Tensor, low: Tensor) -> Tensor:
        """Features (1, C, S, S, S) of the points (N, 3) in the cube of cells from `low` (3,) on."""
        side = self.input_side
        extent = torch.full_like(low, side * self.unit_size)
        inside = ((points >= low) & (points < low + extent)).all(1)
        near = points[inside]
        cell = ((near - low) / extent * side).long().clamp_(0, side - 1)
        index = cell[:, 0] + side * (cell[:, 1] + side * cell[:, 2])
        return self.encoder(self.local(near)[None], index[None], side)  # type: ignore[no-any-return]

    def decode_window(self, queries: Tensor, at: Tensor, grid: Tensor) -> Tensor:
        """Logits (M,) of queries (M, 3), whose places in a grid of features are `at` in -1..1."""
        found = F.grid_sample(
            grid, at[None, :, None, None], padding_mode="border", align_corners=True
        )
        found = found[..., 0, 0].transpose(1, 2)
        return self.decoder(self.local(queries)[None], found)[0]  # type: ignore[no-any-return]


class Scene(Features):
    """The windows over a scene, and the features of those that were last asked.

    Parameters
    ----------
    network : CropConvONet
    points : (1, N, 3) Tensor
        In the network's frame.
    """

    def __init__(self, network: CropConvONet, points: Tensor) -> None:
        super().__init__(points=points)
        self._network = network
        self._points = points[0]
        self._low = self._points.amin(0) - _EDGE
        self._size = network.window * network.unit_size
        self._border = (network.input_side - network.window) / 2 * network.unit_size
        self._kept: OrderedDict[Window, tuple[Tensor, int]] = OrderedDict()
        self._empty: Tensor | None = None

    def logits(self, queries: Tensor) -> Tensor:
        """Logits (M,) of queries (M, 3)."""
        place = (queries - self._low) / self._size
        total = queries.new_zeros(len(queries))
        weight = queries.new_zeros(len(queries))
        rows, shares, windows = self._shared(place)
        found, group = torch.unique(windows, dim=0, return_inverse=True)
        order = torch.split(torch.argsort(group), torch.bincount(group).tolist())
        asked = [
            (tuple(window), members) for window, members in zip(found.tolist(), order, strict=True)
        ]
        # Each window once, and those first that are there: more than are kept may be needed.
        for window, members in sorted(asked, key=lambda pair: pair[0] not in self._kept):
            for part in torch.split(members, _QUERIES):
                logits = self._ask(window, queries[rows[part]])
                total = total.index_add(0, rows[part], logits * shares[part])
                weight = weight.index_add(0, rows[part], shares[part])
        return total / weight

    @staticmethod
    def _shared(place: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Which windows (K, 3) answer which queries (K,), and with which shares (K,).

        Parameters
        ----------
        place : (M, 3)
            Of the queries, in windows.
        """
        home = place.floor()
        shifts = _shifts(place - home)
        rows, shares, windows = [], [], []
        for shift in product((-1, 0, 1), repeat=3):
            share = torch.stack([shifts[step][:, axis] for axis, step in enumerate(shift)]).prod(0)
            some = torch.nonzero(share)[:, 0]
            rows.append(some)
            shares.append(share[some])
            windows.append((home[some] + torch.tensor(shift, device=home.device)).long())
        return torch.cat(rows), torch.cat(shares), torch.cat(windows)

    def _ask(self, window: Window, queries: Tensor) -> Tensor:
        """Logits (M,) of queries (M, 3) in and around a window."""
        grid, first = self._features(window)
        low, side = self._input_low(window), self._network.input_side
        at = (queries - low) / (side * self._network.unit_size) * (side - 1)
        at = 2 * (at - first) / (grid.shape[-1] - 1) - 1
        return self._network.decode_window(queries, at, grid)

    def _features(self, window: Window) -> tuple[Tensor, int]:
        """Features of a window that queries can reach, and the first of its cells along an axis."""
        if window in self._kept:
            self._kept.move_to_end(window)
            return self._kept[window]
        network, low = self._network, self._input_low(window)
        high = low + network.input_side * network.unit_size
        occupied = bool(((self._points >= low) & (self._points < high)).all(1).any())
        if not occupied and self._empty is not None:
            return self._empty, self._reach()[0]
        with torch.no_grad():
            whole = network.encode_window(self._points, low)
        first, last = self._reach()
        kept = whole[..., first:last, first:last, first:last].contiguous()
        if not occupied:
            self._empty = kept
            return kept, first
        self._kept[window] = kept, first
        most = max(_KEPT_BYTES // (kept.numel() * kept.element_size()), _FEWEST)
        while len(self._kept) > most:
            self._kept.popitem(last=False)
        return kept, first

    def _input_low(self, window: Window) -> Tensor:
        place = torch.tensor(window, dtype=self._low.dtype, device=self._low.device)
        return self._low + place * self._size - self._border

    def _reach(self) -> tuple[int, int]:
        """First and one past the last cell of a window's features that queries can reach."""
        side = int(self._network.input_side)
        margin = int(self._network.window) * (0.5 + _BLENDED)
        first = int((side / 2 - margin) / side * (side - 1)) - 1
        last = int((side / 2 + margin) / side * (side - 1)) + 3
        return max(first, 0), min(last, side)


def input_side(window: int, levels: int) -> int:
    """Cells a side that are encoded for a window: with what the U-Net sees, and divisible."""
    base = 1 << (levels - 1)
    return -(-(window + (1 << (levels + 2)) - 1) // base) * base


def _shifts(within: Tensor) -> dict[int, Tensor]:
    """Weights (M, 3) along each axis of the window before, of this one, and of the next one.

    Parameters
    ----------
    within : (M, 3)
        Place in the window, 0..1.
    """
    before = (0.5 - within / (2 * _BLENDED)).clamp(min=0)
    after = (0.5 - (1 - within) / (2 * _BLENDED)).clamp(min=0)
    return {-1: before, 0: 1 - before - after, 1: after}
