"""The PointNet++ variant of Convolutional Occupancy Networks (Peng et al., ECCV 2020).

PointNet++ (Qi et al., NeurIPS 2017) makes a feature for each point; a query's feature is
their mean under a Gaussian of the distance. Parameters carry the published names. The
published encoder begins its farthest point sampling at random; here it is the first point,
so that a cloud has one code.
"""

from __future__ import annotations

from typing import ClassVar

import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812 - the usual name

from occviewer.networks.base import Features, OccupancyNetwork
from occviewer.networks.convonet import LocalDecoder
from occviewer.networks.frames import Frame
from occviewer.networks.sampling import farthest_points, picked, squared_distances

_EPS_WEIGHT = 1e-8  # of the inverse distances
_EPS_DISTANCE = 1e-5  # added to distances before the Gaussian, as published

# Distances between queries and points of a part of the work: 64 MiB of float32.
_PAIRS = 1 << 24


class SetAbstraction(nn.Module):
    """Features of balls around farthest points, or of all points together."""

    def __init__(
        self, count: int, radius: float, members: int, size_in: int, sizes: tuple[int, ...]
    ) -> None:
        super().__init__()
        self.count, self.radius, self.members = count, radius, members
        before = (size_in, *sizes[:-1])
        self.mlp_convs = nn.ModuleList(
            nn.Conv2d(a, b, 1) for a, b in zip(before, sizes, strict=True)
        )
        self.mlp_bns = nn.ModuleList(nn.BatchNorm2d(size) for size in sizes)

    def forward(self, points: Tensor, features: Tensor) -> tuple[Tensor, Tensor]:
        """Centres (B, S, 3) and their features (B, S, C) of points (B, N, 3), features (B, N, D).

        A count of 0 makes one group, whose centre is the origin.
        """
        if self.count:
            centres = picked(points, farthest_points(points, self.count))
            members = self._ball(points, centres)
            near = picked(points, members) - centres[:, :, None]
            grouped = torch.cat([near, picked(features, members)], -1)
        else:
            centres = points.new_zeros(len(points), 1, 3)
            grouped = torch.cat([points, features], -1)[:, None]
        net = grouped.permute(0, 3, 2, 1)
        for conv, norm in zip(self.mlp_convs, self.mlp_bns, strict=True):
            net = F.relu(norm(conv(net)))
        return centres, net.amax(2).transpose(1, 2)

    def _ball(self, points: Tensor, centres: Tensor) -> Tensor:
        """Numbers (B, S, K) of the first points within the radius, the first one repeated."""
        total = points.shape[1]
        index = torch.arange(total, device=points.device).expand(*centres.shape[:2], -1)
        far = squared_distances(centres, points) > self.radius**2
        index = torch.where(far, total, index)
        index = index.sort(-1).values[..., : self.members]
        return torch.where(index == total, index[..., :1], index)


class FeaturePropagation(nn.Module):
    """Features of few points carried to many: the three nearest, by inverse distance."""

    def __init__(self, size_in: int, sizes: tuple[int, ...]) -> None:
        super().__init__()
        before = (size_in, *sizes[:-1])
        self.mlp_convs = nn.ModuleList(
            nn.Conv1d(a, b, 1) for a, b in zip(before, sizes, strict=True)
        )
        self.mlp_bns = nn.ModuleList(nn.BatchNorm1d(size) for size in sizes)

    def forward(self, to: Tensor, at: Tensor, own: Tensor | None, features: Tensor) -> Tensor:
        """Features (B, N, C) at points (B, N, 3) of features (B, S, D) at (B, S, 3)."""
        if at.shape[1] == 1:
            found = features.expand(-1, to.shape[1], -1)
        else:
            distances, nearest = squared_distances(to, at).sort(-1)
            weights = 1 / (distances[..., :3] + _EPS_WEIGHT)
            weights = weights / weights.sum(-1, keepdim=True)
            found = (picked(features, nearest[..., :3]) * weights[..., None]).sum(2)
        net = (found if own is None else torch.cat([own, found], -1)).transpose(1, 2)
        for conv, norm in zip(self.mlp_convs, self.mlp_bns, strict=True):
            net = F.relu(norm(conv(net)))
        return net.transpose(1, 2)


class PointNetPlusPlus(nn.Module):
    """Encoder ``pointnet_plus_plus``: a feature for each point."""

    def __init__(self, c_dim: int) -> None:
        super().__init__()
        self.sa1 = SetAbstraction(512, 0.2, 32, 6, (64, 64, 128))
        self.sa2 = SetAbstraction(128, 0.4, 64, 128 + 3, (128, 128, 256))
        self.sa3 = SetAbstraction(0, 0.0, 0, 256 + 3, (256, 512, 1024))
        self.fp3 = FeaturePropagation(1024 + 256, (256, 256))
        self.fp2 = FeaturePropagation(256 + 128, (256, 128))
        self.fp1 = FeaturePropagation(128, (128, 128, c_dim))

    def forward(self, points: Tensor) -> Tensor:
        """Features (B, N, c_dim) of clouds (B, N, 3)."""
        at_1, one = self.sa1(points, points)
        at_2, two = self.sa2(at_1, one)
        at_3, three = self.sa3(at_2, two)
        two = self.fp3(at_2, at_3, two, three)
        one = self.fp2(at_1, at_2, one, two)
        return self.fp1(points, at_1, None, one)  # type: ignore[no-any-return]


class PointConvONet(OccupancyNetwork):
    """Occupancy network on features of points.

    Parameters
    ----------
    c_dim, hidden_size, blocks : int
        Feature channels; width and number of the decoder's blocks.
    gaussian : float
        Standard deviation of the Gaussian times √2, box units; 0.2 as published. Weights are
        inverse distances with 0.
    point_count : int
    scale, axes : float, str
        Of the network's `Frame`.
    """

    architecture: ClassVar[str] = "pointconv"
    lengths_vary = True

    def __init__(
        self,
        c_dim: int = 32,
        hidden_size: int = 32,
        blocks: int = 5,
        gaussian: float = 0.2,
        point_count: int = 3000,
        scale: float = 1.0,
        axes: str = "xyz",
    ) -> None:
        config = {
            "c_dim": c_dim,
            "hidden_size": hidden_size,
            "blocks": blocks,
            "gaussian": gaussian,
        }
        super().__init__(config, point_count, Frame(scale, axes))
        self.gaussian = gaussian
        self.encoder = PointNetPlusPlus(c_dim)
        self.decoder = LocalDecoder(c_dim, hidden_size, blocks)

    def encode(self, observation: Tensor) -> Features:
        """Encode clouds to ``points`` (B, N, 3) and ``features`` (B, N, c_dim)."""
        points = self.frame.of(observation)
        return {"points": points, "features": self.encoder(points)}

    def decode(self, queries: Tensor, features: Features) -> Tensor:
        """Logits (B, M) of queries (B, M, 3)."""
        queries = self.frame.of(queries)
        points, known = features["points"], features["features"]
        part = max(_PAIRS // points.shape[1], 1)
        found = [self._features(q, points, known) for q in torch.split(queries, part, 1)]
        return self.decoder(queries, torch.cat(found, 1))  # type: ignore[no-any-return]

    def _features(self, queries: Tensor, points: Tensor, known: Tensor) -> Tensor:
        distances = torch.cdist(queries, points, compute_mode="donot_use_mm_for_euclid_dist").add_(
            _EPS_DISTANCE
        )
        weights = torch.exp(-((distances / self.gaussian) ** 2)) if self.gaussian else 1 / distances
        return (weights / weights.sum(-1, keepdim=True)) @ known
