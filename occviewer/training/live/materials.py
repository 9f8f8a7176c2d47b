"""Colours of materials for many pictures at once: their own, or others; patterns."""

from __future__ import annotations

import torch
from torch import Tensor

from occviewer.training.live.dice import Dice
from occviewer.training.rendering.looks import OWN_MATERIALS

_PATTERNED = 0.25  # share of the pictures
_PATTERN = (0.07, 0.5)  # how strong
_WAVES = (6.0, 60.0)  # radians a box unit
_WAVE_COUNT = 4


def varied_colors(
    colors: Tensor, textured: Tensor, pictures: Tensor, count: int, dice: Dice
) -> Tensor:
    """Vary colours (P, 3) of materials of the pictures (P,) as `rendering.looks` does."""
    own = dice.chance(OWN_MATERIALS, count)
    turn, lighter = dice.uniform(-0.5, 0.5, count), dice.normal(0.25, count)
    richer = dice.uniform(0.3, 1.6, count)
    size = len(colors)
    hue, saturation, value = _hsv(colors)
    # What multiplies a texture is left light, or nothing of the texture is seen.
    saturation = torch.where(textured, dice.uniform(0, 0.5, size), saturation * richer[pictures])
    least = torch.where(textured, 0.5, 0.04)
    value = value * torch.exp(lighter[pictures] + dice.normal(0.15, size))
    value = torch.maximum(value.clamp(max=1), least)
    other = _rgb((hue + turn[pictures]) % 1, saturation.clamp(max=1), value)
    return torch.where(own[pictures][:, None], colors, other)


def patterned(colors: Tensor, places: Tensor, pictures: Tensor, count: int, dice: Dice) -> Tensor:
    """Put waves in space on colours (N, 3) at places (N, 3) in some of the pictures (N,)."""
    strength = dice.uniform(*_PATTERN, count) * dice.chance(_PATTERNED, count)
    waves = dice.normal(1, count, _WAVE_COUNT, 3) * dice.log_uniform(*_WAVES, count, 1, 1)
    phases = dice.uniform(0, 2 * torch.pi, count, _WAVE_COUNT)
    wave = torch.sin((waves[pictures] * places[:, None]).sum(2) + phases[pictures]).mean(1)
    return (colors * (1 + strength[pictures] * wave)[:, None]).clamp(0, 1)


def _hsv(colors: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    most, least = colors.amax(1), colors.amin(1)
    range_ = (most - least).clamp(min=1e-6)
    red, green, blue = colors.unbind(1)
    hue = torch.where(
        most == red,
        ((green - blue) / range_) % 6,
        torch.where(most == green, (blue - red) / range_ + 2, (red - green) / range_ + 4),
    )
    return hue / 6, (most - least) / most.clamp(min=1e-6), most


def _rgb(hue: Tensor, saturation: Tensor, value: Tensor) -> Tensor:
    offsets = torch.tensor([5.0, 3.0, 1.0], device=hue.device)
    sector = (offsets + 6 * hue[:, None]) % 6
    share = torch.minimum(sector, 4 - sector).clamp(0, 1)
    return value[:, None] * (1 - saturation[:, None] * share)
