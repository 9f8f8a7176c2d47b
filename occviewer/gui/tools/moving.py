"""Moving, turning and scaling a placed cloud with the mouse. Numbers only, no Qt."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from occviewer.arrays import Float64Array
from occviewer.gui.tools.projecting import View
from occviewer.gui.tools.selecting import distance_to_line
from occviewer.models.placing import turn
from occviewer.placement import Placement

RADIUS = 85.0
"""Of the rings, pixels."""

AXES = ("x", "y", "z")
_GRIP = 9.0  # pixels around a handle that belong to it
_ARROW = 1.3  # length of the arrows, radii
_SCALE_AT = 1.45  # of the handle for the size from the middle, radii
_STEP = 15.0  # degrees while turns are stepped
_ARCS = 64


def moved_placement(
    placement: Placement,
    *,
    shift: npt.ArrayLike = (0.0, 0.0, 0.0),
    rotation: npt.ArrayLike | None = None,
    factor: float = 1.0,
    about: npt.ArrayLike = (0.0, 0.0, 0.0),
) -> Placement:
    """Move what is placed in the box: scale and turn it about a point, then shift it.

    Parameters
    ----------
    placement : Placement
        Where the cloud lies.
    shift : (3,)
        Box frame.
    rotation : (3, 3), optional
        In the box frame.
    factor : float
        By which it grows.
    about : (3,)
        The point, box frame, that turning and scaling leave in its place.
    """
    turned = np.eye(3) if rotation is None else np.asarray(rotation, np.float64)
    pivot = np.asarray(about, np.float64)
    # Rounding must not add up over many drags.
    left, _, right = np.linalg.svd(turned @ placement.rotation)
    whole, scale = left @ right, placement.scale * factor
    target = pivot + np.asarray(shift, np.float64) - factor * (turned @ pivot)
    return Placement(whole, scale, placement.centre - target @ whole / scale)


@dataclass(frozen=True, eq=False)
class Gizmo:
    """Handles of a cloud as a camera sees them: arrows, rings, one for size, one in the middle.

    Parameters
    ----------
    view : View
    pivot : (3,) float64
        Middle of the cloud, box frame.
    """

    view: View
    pivot: Float64Array

    @property
    def centre(self) -> Float64Array:
        """Pixel (2,) of the middle."""
        return np.asarray(self.view.project(self.pivot[None])[0], np.float64)

    @property
    def radius(self) -> float:
        """Of the rings in the box."""
        return RADIUS * self.view.length_of_pixel(self.pivot)

    @property
    def scale_handle(self) -> Float64Array:
        """Pixel (2,) of the handle for the size."""
        return self.centre + RADIUS * _SCALE_AT * np.array([0.72, -0.72])

    def lines(self) -> dict[str, Float64Array]:
        """Lines (K, 2) of the handles on the screen by their names.

        ``move x`` and so on are arrows, ``turn x`` the nearer halves of rings.
        """
        found = {}
        for axis, name in enumerate(AXES):
            tip = self.pivot + self.radius * _ARROW * np.eye(3)[axis]
            found[f"move {name}"] = self._seen(np.stack([self.pivot, tip]))
            found[f"turn {name}"] = self._seen(self._ring(axis))
        return found

    def handle_at(self, pixel: npt.ArrayLike) -> str:
        """Name of the handle under a pixel: ``free``, ``scale``, ``move x``, …; or empty."""
        at = np.asarray(pixel, np.float64)
        if np.linalg.norm(at - self.centre) <= _GRIP:
            return "free"
        if np.linalg.norm(at - self.scale_handle) <= _GRIP:
            return "scale"
        distances = {name: _distance(at, line) for name, line in self.lines().items()}
        nearest = min(distances, key=lambda name: distances[name])
        return nearest if distances[nearest] <= _GRIP else ""

    def dragged(
        self,
        handle: str,
        start: npt.ArrayLike,
        to: npt.ArrayLike,
        placement: Placement,
        *,
        stepped: bool = False,
    ) -> Placement:
        """Where the cloud lies after a handle was dragged.

        Parameters
        ----------
        handle : str
            Its name, see `handle_at`.
        start, to : (2,)
            Pixels where the drag began and where it is now.
        placement : Placement
            Where the cloud lay when it began.
        stepped : bool
            Turn by whole steps of 15°.
        """
        begin, end = np.asarray(start, np.float64), np.asarray(to, np.float64)
        kind, _, name = handle.partition(" ")
        if kind == "scale":
            sizes = [float(np.linalg.norm(at - self.centre)) for at in (begin, end)]
            factor = min(max(sizes[1] / max(sizes[0], 1.0), 0.05), 20.0)
            return moved_placement(placement, factor=factor, about=self.pivot)
        if kind == "free":
            return moved_placement(placement, shift=self._on_plane(end) - self._on_plane(begin))
        axis = AXES.index(name)
        if kind == "move":
            way = self._along(axis, end) - self._along(axis, begin)
            return moved_placement(placement, shift=way * np.eye(3)[axis])
        degrees = self._turned(axis, begin, end)
        degrees = _STEP * round(degrees / _STEP) if stepped else degrees
        return moved_placement(placement, rotation=turn(axis, degrees), about=self.pivot)

    def _seen(self, points: Float64Array) -> Float64Array:
        pixels = self.view.project(points).astype(np.float64)
        return pixels[np.isfinite(pixels).all(1)]

    def _ring(self, axis: int) -> Float64Array:
        """Nearer half (K, 3) of a ring."""
        angles = np.linspace(0, 2 * np.pi, _ARCS, endpoint=False)
        ring = np.zeros((_ARCS, 3))
        ring[:, (axis + 1) % 3], ring[:, (axis + 2) % 3] = np.cos(angles), np.sin(angles)
        near = ring @ self._towards_eye() >= -0.02
        # Begin where the nearer half begins, so that it is one line.
        first = int(np.argmax(near & ~np.roll(near, 1)))
        ring, near = np.roll(ring, -first, axis=0), np.roll(near, -first)
        return self.pivot + self.radius * ring[near]

    def _towards_eye(self) -> Float64Array:
        return -self.view.ray(self.centre)[1]

    def _on_plane(self, pixel: Float64Array) -> Float64Array:
        """Point under a pixel at the depth of the middle."""
        start, direction = self.view.ray(pixel)
        forward = self.view.forward
        depth = (self.pivot - start) @ forward / max(float(direction @ forward), 1e-6)
        return start + depth * direction

    def _along(self, axis: int, pixel: Float64Array) -> float:
        return along_line(self.view, self.pivot, np.eye(3)[axis], pixel)

    def _turned(self, axis: int, begin: Float64Array, end: Float64Array) -> float:
        """Degrees, by the way of the mouse along the ring where it was taken hold of."""
        ring = self._ring(axis)
        pixels = self._seen(ring)
        if len(pixels) != len(ring) or len(pixels) == 0:
            return 0.0
        held = ring[int(np.argmin(np.linalg.norm(pixels - begin, axis=1)))]
        onward = np.cross(np.eye(3)[axis], held - self.pivot)
        here, there = self.view.project(np.stack([held, held + 0.01 * onward])).astype(np.float64)
        way = (there - here) / 0.01  # pixels a radian
        # A ring seen from its edge has hardly any length on the screen.
        length = max(float(way @ way), (RADIUS / 2) ** 2)
        return float(np.degrees((end - begin) @ way / length))


def along_line(
    view: View, point: Float64Array, direction: Float64Array, pixel: npt.ArrayLike
) -> float:
    """Position along a line in the box that lies nearest to what is under a pixel.

    Parameters
    ----------
    view : View
    point, direction : (3,) float64
        Of the line, box frame; the direction has length 1.
    pixel : (2,)

    Returns
    -------
    float
        Distance from the point along the direction. For a line that is seen from its
        end, on which the mouse cannot say where, the point itself: 0.
    """
    start, ray = view.ray(pixel)
    cosine = float(direction @ ray)
    rest = 1 - cosine**2
    if rest < 1e-3:
        return 0.0
    between = point - start
    return float((cosine * (between @ ray) - between @ direction) / rest)


def _distance(at: Float64Array, line: Float64Array) -> float:
    if len(line) < 2:
        return float("inf")
    point = at[None]
    ends = zip(line[:-1], line[1:], strict=True)
    return min(float(distance_to_line(point, start, end)[0]) for start, end in ends)
