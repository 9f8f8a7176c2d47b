"""Settings that a session remembers: the track, the pad, extraction and sampling."""

from __future__ import annotations

from dataclasses import dataclass

from occviewer.document.checks import number, require, text, whole
from occviewer.document.shape import probability
from occviewer.document.source import LARGEST_SEED

RESOLUTIONS = (16, 512)
SMOOTHING = (0, 200)
FACES = (100, 50_000_000)
SECONDS = (0.05, 600.0)
TEMPERATURES = (0.0, 3.0)
CORNERS = 4

_MOST_KEYFRAMES = 10_000


@dataclass(frozen=True)
class Track:
    """Shapes in the order in which one becomes the next.

    Parameters
    ----------
    keyframes : tuple of str
        Ids of shelf entries; one may come more than once.
    seconds : float
        From one keyframe to the next.
    loop : bool
        Whether the last becomes the first again.
    """

    keyframes: tuple[str, ...] = ()
    seconds: float = 2.0
    loop: bool = False

    def __post_init__(self) -> None:
        keyframes = tuple(text(key, "A keyframe") for key in self.keyframes)
        require(len(keyframes) <= _MOST_KEYFRAMES, "The track has too many keyframes.")
        object.__setattr__(self, "keyframes", keyframes)
        object.__setattr__(self, "seconds", number(self.seconds, "The time of a step", *SECONDS))
        require(isinstance(self.loop, bool), "loop must be True or False.")


@dataclass(frozen=True)
class BlendPad:
    """A square on which four shapes blend bilinearly.

    Parameters
    ----------
    corners : tuple of str or None
        Ids of shelf entries at (u, v) = (0, 0), (1, 0), (0, 1) and (1, 1).
    u, v : float
        The position, 0 … 1: to the right and upwards.
    """

    corners: tuple[str | None, ...] = (None,) * CORNERS
    u: float = 0.5
    v: float = 0.5

    def __post_init__(self) -> None:
        corners = tuple(None if key is None else text(key, "A corner") for key in self.corners)
        require(len(corners) == CORNERS, "The pad has four corners.")
        object.__setattr__(self, "corners", corners)
        object.__setattr__(self, "u", number(self.u, "The position on the pad", 0, 1))
        object.__setattr__(self, "v", number(self.v, "The position on the pad", 0, 1))

    @property
    def weights(self) -> tuple[float, ...]:
        """Share of each corner, in their order; their sum is 1."""
        u, v = self.u, self.v
        return ((1 - u) * (1 - v), u * (1 - v), (1 - u) * v, u * v)


@dataclass(frozen=True)
class ExtractionSettings:
    """How a field becomes the mesh that is shown.

    Parameters
    ----------
    resolution : int
        Cells a side, 16 … 512.
    threshold : float, optional
        Probability at which the surface lies; None is the model's.
    largest_only : bool
        Whether separate parts but the largest are left out.
    smoothing : int
        Rounds of smoothing.
    face_target : int, optional
        To about how many triangles the mesh is simplified; None leaves it as it is.
    """

    resolution: int = 128
    threshold: float | None = None
    largest_only: bool = False
    smoothing: int = 0
    face_target: int | None = None

    def __post_init__(self) -> None:
        _set(self, "resolution", whole(self.resolution, "The resolution", *RESOLUTIONS))
        if self.threshold is not None:
            _set(self, "threshold", probability(self.threshold))
        require(isinstance(self.largest_only, bool), "largest_only must be True or False.")
        _set(self, "smoothing", whole(self.smoothing, "The number of smoothing rounds", *SMOOTHING))
        if self.face_target is not None:
            _set(self, "face_target", whole(self.face_target, "The number of triangles", *FACES))


@dataclass(frozen=True)
class SamplingSettings:
    """How new shapes are drawn.

    Parameters
    ----------
    seed : int
        The same seed draws the same shapes.
    temperature : float
        1 draws from the prior as it is, less stays nearer to the middle of a kind of shapes.
    """

    seed: int = 0
    temperature: float = 0.8

    def __post_init__(self) -> None:
        _set(self, "seed", whole(self.seed, "The seed", 0, LARGEST_SEED))
        _set(self, "temperature", number(self.temperature, "The temperature", *TEMPERATURES))


def _set(settings: object, name: str, value: object) -> None:
    object.__setattr__(settings, name, value)
