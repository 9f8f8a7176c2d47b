"""What real pictures have and renders lack, for many at once: see `training.image_augmentation`."""

from __future__ import annotations

import math

import torch
from torch import Tensor
from torch.nn import functional as F  # noqa: N812 - the usual name

from occviewer.cutouts import SCREEN
from occviewer.training.live.dice import Dice

_BRIGHTNESS = (0.299, 0.587, 0.114)  # of red, green and blue: ITU-R BT.601
_MIXED, _COLOR, _BLUR, _NOISE, _JPEG = 0.6, 0.8, 0.35, 0.4, 0.3
_GREY, _SWAPPED = 0.08, 0.1
_GROWN, _GROWN_TWICE, _SHRUNK, _BITTEN = 0.25, 0.08, 0.17, 0.15
_ERASED = 0.25
_BLOCK = 8


def network_inputs(photos: Tensor, shown: Tensor, pixels: int, dice: Dice) -> Tensor:
    """Spoil photos, cut the shapes out with masks that are off, and shrink them.

    Parameters
    ----------
    photos : (B, 3, R, R) Tensor
        In [0, 1]; R is a multiple of `pixels` and of 8.
    shown : (B, R, R) bool Tensor
        Where the shape is.
    pixels : int
    dice : Dice

    Returns
    -------
    (B, 3, pixels, pixels) Tensor in steps of 1 / 255
    """
    shrink = photos.shape[2] // pixels
    screen = torch.tensor(SCREEN, device=photos.device) / 255
    mask = _spoilt_masks(shown, dice)
    cut = torch.where(mask[:, None], _spoilt(photos, dice), screen[:, None, None])
    images = _erased(F.avg_pool2d(cut, shrink), screen, dice)
    return (images * 255).round() / 255


def backgrounds(count: int, pixels: int, dice: Dice) -> Tensor:
    """Draw what stands behind shapes (count, 3, pixels, pixels): plain, graded or cloudy."""
    first, second = _background_colors(count, dice), _background_colors(count, dice)
    size = (pixels, pixels)
    corners = dice.uniform(0, 1, count, 1, 2, 2)
    ramp = F.interpolate(corners, size, mode="bilinear", align_corners=True)
    graded = dice.chance(0.6, count, 1, 1, 1)
    plain = first[:, :, None, None] + (second - first)[:, :, None, None] * ramp * graded
    clouds = F.interpolate(dice.normal(1, count, 3, 16, 16), size, mode="bilinear")
    strength = dice.uniform(0, 0.25, count, 1, 1, 1) * dice.chance(0.4, count, 1, 1, 1)
    return (plain + strength * clouds).clamp(0, 1)


def _background_colors(count: int, dice: Dice) -> Tensor:
    # Most things in photographs are nearly grey, many nearly white: 1 - x of the
    # distribution Beta(1, 1.6), by its inverse.
    grey = dice.uniform(0, 1, count, 1) ** (1 / 1.6)
    return (grey + dice.normal(0.12, count, 3)).clamp(0, 1)


def _spoilt(photos: Tensor, dice: Dice) -> Tensor:
    count = len(photos)

    def some(share: float) -> Tensor:
        return dice.chance(share, count, 1, 1, 1)

    # The exposure of the camera, as in `rendering.looks.exposed`.
    gain = torch.exp(dice.normal(0.22, count, 1, 1, 1) + dice.normal(0.04, count, 3, 1, 1))
    photos = (photos * gain).clamp(0, 1) ** torch.exp(dice.normal(0.15, count, 1, 1, 1))
    # At the edge a pixel of a picture mixes shape and background.
    photos = torch.where(some(_MIXED), _softened(photos), photos)
    varied = some(_COLOR)
    ones = torch.ones(count, 1, 1, 1, device=photos.device)
    brightness = torch.where(varied, torch.exp(dice.normal(0.2, count, 1, 1, 1)), ones)
    contrast = torch.where(varied, torch.exp(dice.normal(0.2, count, 1, 1, 1)), ones)
    richness = torch.where(varied, dice.uniform(0.3, 1.6, count, 1, 1, 1), ones)
    richness = richness * ~some(_GREY)
    photos = (photos * brightness).clamp(0, 1)
    middle = _grey(photos).mean((2, 3), keepdim=True)
    photos = (middle + (photos - middle) * contrast).clamp(0, 1)
    grey = _grey(photos)
    photos = (grey + (photos - grey) * richness).clamp(0, 1)
    photos = torch.where(some(_SWAPPED), photos[:, [2, 0, 1]], photos)
    blurred = _softened(_softened(_softened(photos)))
    photos = torch.lerp(photos, blurred, dice.uniform(0, 1, count, 1, 1, 1) * some(_BLUR))
    noise = dice.uniform(1 / 255, 20 / 255, count, 1, 1, 1) * some(_NOISE)
    photos = (photos + noise * dice.normal(1, *photos.shape)).clamp(0, 1)
    coarse = dice.chance(_JPEG, count).nonzero()[:, 0]
    photos = photos.clone()
    photos[coarse] = _compressed(photos[coarse], dice.uniform(0.6, 2.2, len(coarse)))
    return photos


def _softened(photos: Tensor) -> Tensor:
    return F.avg_pool2d(photos, 3, 1, 1, count_include_pad=False)


def _grey(photos: Tensor) -> Tensor:
    weights = torch.tensor(_BRIGHTNESS, device=photos.device)
    return (photos * weights[:, None, None]).sum(1, keepdim=True)


def _compressed(photos: Tensor, strength: Tensor) -> Tensor:
    """Round the cosine transforms of blocks (B,), the finer the waves the more, as JPEG does."""
    count, _, height, width = photos.shape
    device = photos.device
    wave = torch.arange(_BLOCK, device=device)
    basis = torch.cos(math.pi * (2 * wave[None] + 1) * wave[:, None] / (2 * _BLOCK)) / 2
    basis[0] *= 2**-0.5
    # Brightness, and what blue and red differ from it: ITU-R BT.601.
    to_ycc = torch.tensor(
        [_BRIGHTNESS, (-0.169, -0.331, 0.5), (0.5, -0.419, -0.081)], device=device
    )
    blocks = torch.einsum("ij,bjhw->bihw", to_ycc, photos).reshape(
        count, 3, height // _BLOCK, _BLOCK, width // _BLOCK, _BLOCK
    )
    waves = torch.einsum("ki,bcyixj,lj->bcykxl", basis, blocks, basis)
    step = (10 + 5.5 * (wave[:, None] + wave[None])) / 255
    channels = torch.stack([step, 1.7 * step, 1.7 * step])[None, :, None, :, None]
    step = channels * strength[:, None, None, None, None, None]
    waves = torch.round(waves / step) * step
    blocks = torch.einsum("ki,bcykxl,lj->bcyixj", basis, waves, basis)
    back = torch.linalg.inv(to_ycc)
    return torch.einsum("ij,bjhw->bihw", back, blocks.reshape(count, 3, height, width)).clamp(0, 1)


def _spoilt_masks(shown: Tensor, dice: Dice) -> Tensor:
    """Grow, shrink, or take a bite: as masks that were found by colour are."""
    count = len(shown)
    mask = shown[:, None].float()
    grown = F.max_pool2d(mask, 3, 1, 1)
    twice = F.max_pool2d(grown, 3, 1, 1)
    shrunk = 1 - F.max_pool2d(1 - mask, 3, 1, 1)
    kind = dice.uniform(0, 1, count, 1, 1, 1)
    spoilt, below = mask, 0.0
    for share, other in ((_GROWN, grown), (_GROWN_TWICE, twice), (_SHRUNK, shrunk)):
        spoilt = torch.where((kind >= below) & (kind < below + share), other, spoilt)
        below += share
    bite = _rectangles(0.05, 0.25, count, shown.shape[2], dice) & dice.chance(
        _BITTEN, count, 1, 1, 1
    )
    bitten = torch.where(bite, dice.chance(0.4, count, 1, 1, 1).float(), spoilt)
    least = 0.5 * mask.sum((1, 2, 3), keepdim=True)
    for tried in (spoilt, bitten):
        enough = tried.sum((1, 2, 3), keepdim=True) > least
        mask = torch.where(enough, tried, mask)
    return mask[:, 0] > 0.5


def _erased(images: Tensor, screen: Tensor, dice: Dice) -> Tensor:
    """Cover a rectangle; Zhong et al. (2020), "Random erasing data augmentation"."""
    count = len(images)
    covered = _rectangles(0.08, 0.35, count, images.shape[2], dice)
    covered = covered & dice.chance(_ERASED, count, 1, 1, 1)
    other = dice.uniform(0, 1, count, 3)
    color = torch.where(dice.chance(0.5, count, 1), screen, other)
    return torch.where(covered, color[:, :, None, None], images)


def _rectangles(least: float, most: float, count: int, pixels: int, dice: Dice) -> Tensor:
    """Rectangles (count, 1, pixels, pixels) with sides from `least` to `most` of a picture's."""
    side = dice.uniform(least, most, count, 2)
    begin = dice.uniform(0, 1, count, 2) * (1 - side)
    places = (torch.arange(pixels, device=side.device) + 0.5) / pixels
    within = (places >= begin[..., None]) & (places < (begin + side)[..., None])
    return (within[:, 1, :, None] & within[:, 0, None, :])[:, None]
