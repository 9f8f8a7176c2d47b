"""The surface that a picture shows, pixel by pixel.

For every pixel: whether it shows the shape, where the line of sight enters the shape, and
where it leaves it for good, as in "X-NOCS" (Sridhar et al., NeurIPS 2019). So a picture becomes
a cloud of points of the shape, visible and hidden ones. The places are upright and to the scale
of the box frame, but turned so that the camera stands in front: what a pixel shows then hardly
depends on which side of the shape is seen. That is said once, by the camera's azimuth.
"""

from __future__ import annotations

from functools import partial

import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812 - the usual name

MAPS = 9
"""Channels: shown (a logit); x, y, z of the entry and the logarithm of how far it may be off;
the same of the exit."""

_ENTRY, _ENTRY_SCALE = slice(1, 4), 4
_EXIT, _EXIT_SCALE = slice(5, 8), 8
_LOG_SCALES = (-5.0, 1.0)
_REACH = 0.55  # of queries and points, box units
_BENDS = 4  # numbers a side that say how a surface is bent


class MapDecoder(nn.Module):
    """Feature maps of a ResNet to maps of the surface, from coarse to fine.

    Parameters
    ----------
    sizes : sequence of int
        Channels of the ResNet's maps from the finest to the coarsest.
    widths : sequence of int
        Channels here at the same levels, multiples of 8.
    """

    def __init__(self, sizes: tuple[int, ...], widths: tuple[int, ...]) -> None:
        super().__init__()
        self.beside = nn.ModuleList(
            nn.Conv2d(size, width, 1) for size, width in zip(sizes, widths, strict=True)
        )
        self.above = nn.ModuleList(
            nn.Conv2d(coarse, fine, 1) for fine, coarse in zip(widths[:-1], widths[1:], strict=True)
        )
        self.blocks = nn.ModuleList(_block(width) for width in widths)
        self.out = nn.Conv2d(widths[0], MAPS, 1)
        with torch.no_grad():
            self.out.weight.mul_(0.1)

    def forward(self, maps: list[Tensor], whole: Tensor) -> Tensor:
        """Make maps (B, MAPS, H, W) as large as the finest of `maps`.

        Parameters
        ----------
        maps : list of (B, C, H, W) Tensor
            From the finest to the coarsest.
        whole : (B, W) Tensor
            What is known of the picture as a whole; as wide as the coarsest level.
        """
        net: Tensor | None = None
        for level in reversed(range(len(maps))):
            beside = self.beside[level](maps[level])
            if net is None:
                net = beside + whole[:, :, None, None]
            else:
                # Convolved before it is enlarged, which costs a quarter.
                coarse = self.above[level](F.relu(net))
                net = beside + F.interpolate(coarse, beside.shape[2:], mode="bilinear")
            net = net + self.blocks[level](net)
        assert net is not None
        return self.out(F.relu(net))  # type: ignore[no-any-return]


def surface_loss(maps: Tensor, wanted: Tensor) -> dict[str, Tensor]:
    """Errors of maps (B, MAPS, H, W).

    The places' are the negative logarithms of the likelihood of a Laplace distribution whose
    scale the network tells, so that it says where it does not know.

    Parameters
    ----------
    wanted : (B, 6, H, W) Tensor
        Entry and exit; NaN where the shape is not shown.
    """
    shown = torch.isfinite(wanted[:, 0])
    losses = {
        "shown": F.binary_cross_entropy_with_logits(maps[:, 0], shown.to(maps.dtype)),
    }
    known = torch.nan_to_num(wanted)
    weight = shown.to(maps.dtype) / shown.sum().clamp(min=1)
    for name, places, scale, truth in (
        ("entry", _ENTRY, _ENTRY_SCALE, known[:, :3]),
        ("exit", _EXIT, _EXIT_SCALE, known[:, 3:]),
    ):
        log_scale = maps[:, scale].clamp(*_LOG_SCALES)
        away = (maps[:, places] - truth).abs().sum(1)
        losses[name] = (weight * (away * (-log_scale).exp() + 3 * log_scale)).sum()
    return losses


def surface_errors(maps: Tensor, wanted: Tensor) -> tuple[Tensor, Tensor]:
    """Distances (N,) of the entries and of the exits from where they should be, box units.

    `maps` and `wanted` are as for `surface_loss`.
    """
    shown = torch.isfinite(wanted[:, 0])
    entry = (maps[:, _ENTRY] - wanted[:, :3]).norm(dim=1)[shown]
    return entry, (maps[:, _EXIT] - wanted[:, 3:]).norm(dim=1)[shown]


def surface_points(
    maps: Tensor, azimuths: Tensor, count: int, generator: torch.Generator | None = None
) -> Tensor:
    """Clouds (B, count, 3), box frame, of the points that maps (B, MAPS, H, W) show.

    Entries and exits; without gradient.

    Parameters
    ----------
    azimuths : (B,) Tensor
        Of the cameras, degrees.
    count : int
        Points of a cloud; where fewer pixels show the shape they come again.
    generator : Generator, optional
        Draws which points are taken; without it they are spread evenly over the pixels.
    """
    clouds = []
    for each in maps.detach():
        shown = (each[0] > 0).flatten()
        if not shown.any():
            shown = each[0].flatten() == each[0].max()  # the network sees nothing: its best pixel
        ends = [each[places].flatten(1)[:, shown].T for places in (_ENTRY, _EXIT)]
        points = torch.stack(ends, 1).flatten(0, 1).clamp(-_REACH, _REACH)
        if generator is None:
            chosen = torch.arange(count) * len(points) // count
        else:
            repeats = -(-count // len(points))
            order = [torch.randperm(len(points), generator=generator) for _ in range(repeats)]
            chosen = torch.cat(order)[:count]
        clouds.append(points[chosen.to(points.device)])
    return turned(torch.stack(clouds), azimuths)


def bent(maps: Tensor, spread: float, generator: torch.Generator) -> Tensor:
    """Bend the surfaces that maps (B, MAPS, H, W) show, each smoothly and by another amount.

    Shapes that were learned from are seen with half the errors of others. Who learns from
    what is seen of them must not rely on that.

    Parameters
    ----------
    spread : float
        Mean of the amounts, box units.
    generator : Generator
        On the CPU.
    """
    draw = partial(torch.randn, len(maps), 3, _BENDS, _BENDS, generator=generator)
    entry, exit_ = draw(), draw()
    exit_ = (entry + exit_) / 2**0.5  # the two sides are often wrong together
    field = F.interpolate(torch.cat([entry, exit_], 1), maps.shape[2:], mode="bicubic")
    amount = 2 * spread * torch.rand(len(maps), 1, 1, 1, generator=generator)
    moved = maps.clone()
    for places, part in zip((_ENTRY, _EXIT), (amount * field).to(maps).chunk(2, 1), strict=True):
        moved[:, places] += part
    return moved


def turned(points: Tensor, azimuths: Tensor) -> Tensor:
    """Turn points (B, N, 3) about the vertical by angles (B,) in degrees, from +Z towards +X."""
    angles = torch.deg2rad(azimuths)[:, None]
    x, y, z = points.unbind(2)
    return torch.stack(
        [x * angles.cos() + z * angles.sin(), y, z * angles.cos() - x * angles.sin()], 2
    )


def _block(width: int) -> nn.Sequential:
    last = nn.Conv2d(width, width, 3, padding=1)
    nn.init.zeros_(last.weight)
    return nn.Sequential(
        nn.GroupNorm(8, width),
        nn.ReLU(),
        nn.Conv2d(width, width, 3, padding=1),
        nn.GroupNorm(8, width),
        nn.ReLU(),
        last,
    )
