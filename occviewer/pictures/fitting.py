"""Refinement: a code and a camera whose silhouette is the mask of the picture.

The field is sampled along rays through the picture; the largest logit on a ray says whether
the shape covers its pixel, and the error of that flows back into the latent vector and the
camera. Hidden parts follow as the latent space has them: the vector is held near where the
picture's encoder put it, and what the code holds beyond it stays.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F  # noqa: N812 - the usual name

from occviewer.arrays import BoolArray, Float32Array
from occviewer.cameras import PictureCamera
from occviewer.models.adam import Adam
from occviewer.models.codes import Code
from occviewer.models.fields import NetworkField
from occviewer.networks import Features
from occviewer.pictures.door import PictureDoor, PictureGuess
from occviewer.pictures.silhouettes import cropped_mask

_SIDE = 96  # of the mask that is matched
_SOFT = 0.4  # logits: how far below the largest on a ray others still count
_NOWHERE = -10.0  # logit of a ray's sample outside the box
_RATES = {"vector": 0.08, "camera": 0.01}
_GRADED = 3  # points of a ray that learn: those with the largest logits
_TRIED, _SYMMETRIC = 20_000, 0.6  # points, and overlap with the mirror image
_SCORED_STRIDE, _SCORED_SAMPLES = 2, 48


@dataclass(frozen=True)
class FitSettings:
    """How a fit is made.

    Attributes
    ----------
    rounds : int
        Steps of the optimisation.
    rays, samples : int
        Pixels looked at in a round, and points along each of their rays.
    near : float
        How strongly the vector is held where it began.
    seed : int
    """

    rounds: int = 30
    rays: int = 256
    samples: int = 40
    near: float = 0.5
    seed: int = 0


@dataclass(frozen=True, eq=False)
class Fit:
    """A shape and a camera after refinement.

    Attributes
    ----------
    code : Code
    vector : (Z,) Tensor
    camera : PictureCamera
        Of the whole picture.
    before, overlap : float
        Of the silhouette with the mask, 0 … 1, before and after.
    """

    code: Code
    vector: Tensor
    camera: PictureCamera
    before: float
    overlap: float


def fit_silhouette(
    door: PictureDoor,
    guess: PictureGuess,
    mask: BoolArray,
    settings: FitSettings | None = None,
    *,
    progress: Callable[[float], None] = lambda share: None,
    stopped: Callable[[], bool] = lambda: False,
    seen: Callable[[Tensor, PictureCamera], None] = lambda vector, camera: None,
) -> Fit:
    """Refine what a picture gave until its silhouette matches the mask.

    Where no round makes the match better, the guess is returned as it is.

    Parameters
    ----------
    door : PictureDoor
        That made the guess.
    guess : PictureGuess
    mask : (H, W) bool
        Of the picture.
    settings : FitSettings, optional
    progress : callable
        Told after every round which share is done; may raise
        `occviewer.errors.Cancelled` to end the work.
    stopped : callable
        Asked before every round whether to stop; what was reached so far is returned.
    seen : callable
        Given the vector (Z,) and the camera of the whole picture after every round.
    """
    settings = settings or FitSettings()
    crop = guess.crop
    wanted = cropped_mask(mask, crop, _SIDE)
    camera = guess.camera.cropped(crop.left, crop.top, crop.side, _SIDE)
    detail = guess.detail
    mirror = -1.0 if _is_symmetric(door, door.features(guess.vector, detail)) else 1.0
    rays = _Rays(wanted, settings, door.model.device, mirror)
    spread = door.encoder.latent_std
    moved = torch.zeros_like(guess.vector, requires_grad=True)
    turned = torch.zeros(6, device=door.model.device, requires_grad=True)
    optimisers = [(Adam(moved), _RATES["vector"]), (Adam(turned), _RATES["camera"])]
    for number in range(settings.rounds):
        if stopped():
            break
        falling = 0.55 + 0.45 * math.cos(math.pi * number / settings.rounds)
        features = door.features(guess.vector + spread * moved, detail)
        pixels, inside = rays.draw()
        covered = _cover(door, features, camera, turned, pixels, rays) - door.level
        loss = F.binary_cross_entropy_with_logits(covered, inside)
        loss = loss + settings.near * moved.square().mean() + 0.05 * turned.square().sum()
        moved.grad = turned.grad = None
        loss.backward()  # type: ignore[no-untyped-call]
        for optimiser, rate in optimisers:
            optimiser.step(rate * falling)
        now = _moved_camera(camera, turned.detach())
        seen(
            (guess.vector + spread * moved).detach(),
            now.uncropped(crop.left, crop.top, crop.side, guess.camera.size),
        )
        progress((number + 1) / settings.rounds)
    vector = (guess.vector + spread * moved).detach()
    found = _moved_camera(camera, turned.detach())
    before = silhouette_overlap(door, door.features(guess.vector, detail), camera, wanted)
    after = silhouette_overlap(door, door.features(vector, detail), found, wanted)
    if after <= before:
        return Fit(guess.code, guess.vector, guess.camera, before, before)
    whole = found.uncropped(crop.left, crop.top, crop.side, guess.camera.size)
    notes = (*guess.code.notes, f"silhouette fitted in {settings.rounds} rounds")
    code = door.space.code_at(vector, guess.code.placement, notes, detail=detail)
    return Fit(code.lenient(guess.code.leniency), vector, whole, before, after)


@torch.no_grad()
def field_silhouette(
    door: PictureDoor, features: Features, camera: PictureCamera, stride: int = 1
) -> BoolArray:
    """Mask of the pixels that a shape covers in the picture of a camera.

    Parameters
    ----------
    features : Features
        Of one shape, batch first.
    stride : int
        Looks at every so many rows and columns, from the first on.

    Returns
    -------
    (H / stride, W / stride) bool, rounded up
    """
    columns, rows = (np.arange(0, side, stride, dtype=np.float32) + 0.5 for side in camera.size)
    pixels = torch.from_numpy(np.stack(np.meshgrid(columns, rows), -1).reshape(-1, 2))
    origin, directions = _rays_of(camera, torch.zeros(6), pixels)
    depths, hit = _depths(door, origin, directions, torch.full((1, _SCORED_SAMPLES), 0.5))
    points = origin + directions[:, None] * depths[..., None]
    covered = (_scanned(door, features, points).amax(1) > door.level) & hit
    return covered.reshape(len(rows), len(columns)).cpu().numpy()


def silhouette_overlap(
    door: PictureDoor, features: Features, camera: PictureCamera, wanted: BoolArray
) -> float:
    """Overlap of a shape's silhouette with a mask (H, W) of the camera's picture."""
    found = field_silhouette(door, features, camera, _SCORED_STRIDE)
    truth = wanted[::_SCORED_STRIDE, ::_SCORED_STRIDE]
    union = np.count_nonzero(found | truth)
    return np.count_nonzero(found & truth) / union if union else 0.0


class _Rays:
    """Draws pixels of a mask: half of them near its outline, half anywhere.

    `mirror` is -1 for shapes whose left and right are alike: the first half of the rays then
    look at the mirror image, which has the same silhouette, and so tell of the hidden side.
    """

    def __init__(
        self, mask: BoolArray, settings: FitSettings, device: torch.device, mirror: float
    ) -> None:
        from scipy import ndimage

        distance = ndimage.distance_transform_edt(mask) + ndimage.distance_transform_edt(~mask)
        self._outline = np.argwhere(distance <= 4)
        self._mask, self._count, self._device = mask, settings.rays, device
        self._samples, self._rng = settings.samples, np.random.default_rng(settings.seed)
        self.mirror = mirror

    def draw(self) -> tuple[Tensor, Tensor]:
        """Pixels (N, 2) as (across, down), and whether they are inside (N,)."""
        near = self._rng.integers(0, len(self._outline), self._count // 2)
        spread = self._rng.integers(0, len(self._mask), (self._count - len(near), 2))
        cells = np.concatenate([self._outline[near], spread])
        inside = self._mask[cells[:, 0], cells[:, 1]].astype(np.float32)
        places: Float32Array = cells[:, ::-1].astype(np.float32) + self._rng.random(
            (len(cells), 2), np.float32
        )
        return (
            torch.from_numpy(places).to(self._device),
            torch.from_numpy(inside).to(self._device),
        )

    def places(self) -> Tensor:
        """Draw where points lie in their shares of the rays, so that no thin part is missed."""
        shape = (self._count, self._samples)
        return torch.from_numpy(self._rng.random(shape, np.float32)).to(self._device)


def _cover(
    door: PictureDoor,
    features: Features,
    camera: PictureCamera,
    turned: Tensor,
    pixels: Tensor,
    rays: _Rays,
) -> Tensor:
    """Largest logit (N,) on each ray through pixels (N, 2), softly, so that neighbours learn.

    All points of a ray are looked at, but only those with the largest logits are followed by
    gradients, since the others weigh next to nothing: that is several times faster.
    """
    turned_back = torch.ones(len(pixels), 1, 3, device=pixels.device)
    turned_back[: len(pixels) // 2, :, 0] = rays.mirror
    origin, directions = _rays_of(camera, turned, pixels)
    with torch.no_grad():
        depths, hit = _depths(door, origin, directions, rays.places())
        points = (origin + directions[:, None] * depths[..., None]) * turned_back
        fixed = {name: tensor.detach() for name, tensor in features.items()}
        best = _scanned(door, fixed, points).topk(_GRADED, 1).indices
        depths = depths.gather(1, best)
    points = (origin + directions[:, None] * depths[..., None]) * turned_back
    logits = door.model.network.decode(points.reshape(1, -1, 3), features)
    logits = logits.reshape(depths.shape).float()
    covered = ((logits / _SOFT).softmax(1) * logits).sum(1)
    return torch.where(hit, covered, torch.full_like(covered, _NOWHERE))


def _scanned(door: PictureDoor, features: Features, points: Tensor) -> Tensor:
    """Logits (N, T) at points (N, T, 3), without gradient and fast."""
    bounds = np.array(door.model.info.bounds, np.float32)
    field = NetworkField(door.model.network, features, door.level, bounds)
    return field.logits(points.reshape(-1, 3)).reshape(points.shape[:2])


def _depths(
    door: PictureDoor, origin: Tensor, directions: Tensor, places: Tensor
) -> tuple[Tensor, Tensor]:
    """Depths (N, T) within the box along rays (N, 3), and which rays hit it (N,).

    `places` (N or 1, T) says where in its share of a ray each point lies, 0 … 1.
    """
    low, high = (
        torch.tensor(corner, dtype=origin.dtype, device=origin.device)
        for corner in door.model.info.bounds
    )
    slopes = torch.where(directions.abs() < 1e-9, torch.full_like(directions, 1e-9), directions)
    one, other = (low - origin) / slopes, (high - origin) / slopes
    near, far = torch.minimum(one, other).amax(1).clamp(min=0), torch.maximum(one, other).amin(1)
    samples = places.shape[1]
    places = places.to(origin.device)
    shares = (torch.arange(samples, device=origin.device) + places) / samples
    return near[:, None] + (far - near).clamp(min=0)[:, None] * shares, far > near


def _rays_of(camera: PictureCamera, turned: Tensor, pixels: Tensor) -> tuple[Tensor, Tensor]:
    """Origin (3,) and directions (N, 3) of rays through pixels (N, 2) of a camera that moved.

    `turned` (6,) are: azimuth and elevation in radians, logarithms of distance and focal
    length, and the principal point in picture sides. One unit of a direction is one of depth.
    """
    pixels = pixels.to(turned.device)
    a = math.radians(camera.azimuth) + turned[0]
    e = math.radians(camera.elevation) + turned[1]
    distance = camera.distance * turned[2].exp()
    focal = camera.focal * turned[3].exp()
    centre = torch.tensor(camera.centre, device=turned.device) + camera.size[0] * turned[4:]
    zero = torch.zeros_like(a)
    right = torch.stack([a.cos(), zero, -a.sin()])
    up = torch.stack([-e.sin() * a.sin(), e.cos(), -e.sin() * a.cos()])
    back = torch.stack([e.cos() * a.sin(), e.sin(), e.cos() * a.cos()])
    across, down = ((pixels - centre) / focal).unbind(1)
    return distance * back, across[:, None] * right - down[:, None] * up - back


@torch.no_grad()
def _is_symmetric(door: PictureDoor, features: Features) -> bool:
    """Whether left and right of a shape are nearly alike."""
    low, high = (torch.tensor(corner) for corner in door.model.info.bounds)
    grid = torch.rand(_TRIED, 3, generator=torch.Generator().manual_seed(0))
    points = (low + (high - low) * grid)[:, None].to(door.model.device)
    flip = torch.tensor([-1.0, 1.0, 1.0], device=points.device)
    one, other = (_scanned(door, features, at) > door.level for at in (points, points * flip))
    return bool((one & other).sum() >= _SYMMETRIC * (one | other).sum())


def _moved_camera(camera: PictureCamera, turned: Tensor) -> PictureCamera:
    azimuth, elevation, distance, focal, across, down = turned.cpu().tolist()
    return replace(
        camera,
        azimuth=camera.azimuth + math.degrees(azimuth),
        elevation=camera.elevation + math.degrees(elevation),
        distance=camera.distance * math.exp(distance),
        focal=camera.focal * math.exp(focal),
        centre=(
            camera.centre[0] + camera.size[0] * across,
            camera.centre[1] + camera.size[0] * down,
        ),
    )
