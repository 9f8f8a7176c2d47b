"""The point cloud: what a scan is once it has been read."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Literal

import numpy as np
import numpy.typing as npt

from occviewer.arrays import BoolArray, Float32Array, Float64Array, IntArray, UInt8Array, extremes
from occviewer.errors import ObservationError
from occviewer.observations.cleaning import (
    first_of_duplicates,
    statistical_outliers,
)
from occviewer.observations.formats.raw import counted
from occviewer.observations.strays import stray_points
from occviewer.observations.validation import (
    as_colors,
    check_shape,
    numbers,
    own,
    unit,
    usable_rows,
)
from occviewer.placement import Placement


@dataclass(frozen=True, eq=False, init=False, repr=False)
class PointCloud:
    """Points that were observed, in world units; immutable.

    Points that are not finite, or beyond 1e30, are dropped and counted in the notes.
    The arrays cannot be written to. Arrays that were already read-only are taken over,
    others are copied.

    Parameters
    ----------
    points : (N, 3) array-like
        Positions in world units, kept in float64: georeferenced scans have coordinates
        in the millions.
    normals : (N, 3) array-like, optional
        Directions in world axes, kept as float32 and made unit length; (0, 0, 0) where
        unknown.
    colors : (N, 3) or (N, 4) array-like, optional
        Red, green, blue as whole numbers in 0..255 or as floats in 0..1, kept as uint8;
        a fourth column (alpha) is left out.
    source : path, optional
        File from which the points were read.
    notes : sequence of str
        What was cleaned, or read in an unusual way.

    Raises
    ------
    ObservationError
        An array has the wrong shape, or holds something else than numbers.
    """

    points: Float64Array
    normals: Float32Array | None
    colors: UInt8Array | None
    source: Path | None
    notes: tuple[str, ...]

    def __init__(
        self,
        points: npt.ArrayLike,
        normals: npt.ArrayLike | None = None,
        colors: npt.ArrayLike | None = None,
        source: str | os.PathLike[str] | None = None,
        notes: tuple[str, ...] | list[str] = (),
    ) -> None:
        positions = own(points, numbers(points, "points", "(N, 3)", np.float64))
        if positions.size == 0 and positions.ndim <= 2:
            positions = positions.reshape(0, 3)
        check_shape(positions, "points", None, (3,))
        count = len(positions)
        directions: Float32Array | None = None
        if normals is not None:
            directions = own(normals, numbers(normals, "normals", "(N, 3)", np.float32))
            directions = unit(check_shape(directions, "normals", count, (3,)))
        rgb = None if colors is None else own(colors, as_colors(colors, count))
        notes = list(notes)
        keep = usable_rows(positions)
        dropped = int(count - keep.sum())
        if dropped:
            positions = positions[keep]
            directions = None if directions is None else directions[keep]
            rgb = None if rgb is None else rgb[keep]
            notes.append(f"dropped {counted(dropped, 'non-finite point')}")
        if directions is not None and len(directions) and not directions.any():
            directions = None
            notes.append("ignored normals that are all zero")
        for array in (positions, directions, rgb):
            if array is not None:
                array.setflags(write=False)
        object.__setattr__(self, "points", positions)
        object.__setattr__(self, "normals", directions)
        object.__setattr__(self, "colors", rgb)
        object.__setattr__(self, "source", None if source is None else Path(source))
        object.__setattr__(self, "notes", tuple(notes))

    @classmethod
    def load(
        cls, path: str | os.PathLike[str], *, mesh_samples: int = 30_000, seed: int = 0
    ) -> PointCloud:
        """Read a point cloud; the surface of a mesh is sampled.

        Reads PLY, OBJ, OFF, STL, XYZ/TXT/CSV, NPY, NPZ, PCD, GLB and glTF, and LAS/LAZ
        and E57 with the extras ``las`` and ``e57``. The content decides, then the name.
        Units, offsets and axes stay as they come.

        Parameters
        ----------
        path : path
            The file.
        mesh_samples : int
            Number of points on the surface of a mesh.
        seed : int
            For the sampling of a mesh.

        Raises
        ------
        ObservationError
            The file cannot be read; the message names it and says what to do.
        """
        from occviewer.observations.reading import read_point_cloud

        return read_point_cloud(path, mesh_samples=mesh_samples, seed=seed)

    def save(
        self,
        path: str | os.PathLike[str],
        encoding: Literal["binary", "ascii", "compressed"] | None = None,
    ) -> None:
        """Write PLY, PCD, XYZ, TXT, CSV, OBJ, NPZ or NPY, by the suffix.

        Written beside the target and renamed, so that no half file is ever left. PLY,
        NPZ and NPY keep float64 exactly, text 15 digits; PCD has float32, as PCL
        expects, unless that would move points by a millionth of the cloud's size. NPY
        holds points only, OBJ points and colours.

        Parameters
        ----------
        path : path
            The file.
        encoding : str, optional
            PLY is "binary" or "ascii", PCD also "compressed"; the default is binary.

        Raises
        ------
        ObservationError
            The suffix or the encoding is another, or the file cannot be written.
        """
        from occviewer.observations.writing import write_point_cloud

        write_point_cloud(self, path, encoding)

    def __len__(self) -> int:
        return len(self.points)

    def __repr__(self) -> str:
        more = [name for name in ("normals", "colors") if getattr(self, name) is not None]
        source = "" if self.source is None else f", source={self.source.name!r}"
        return f"PointCloud({counted(len(self), 'point')}{''.join(f', {m}' for m in more)}{source})"

    @cached_property
    def bounds(self) -> Float64Array:
        """Lowest and highest coordinates (2, 3), world units.

        Raises
        ------
        ObservationError
            The cloud has no points.
        """
        self._need_points()
        bounds = extremes(self.points)
        bounds.setflags(write=False)
        return bounds

    @property
    def extent(self) -> Float64Array:
        """Sides of the bounding box (3,), world units."""
        return np.asarray(self.bounds[1] - self.bounds[0])

    @cached_property
    def centroid(self) -> Float64Array:
        """Mean of the points (3,), world units."""
        self._need_points()
        centroid = np.asarray(self.points.mean(axis=0))
        centroid.setflags(write=False)
        return centroid

    def cleaned(
        self,
        *,
        merge_distance: float = 0.0,
        outliers: Literal["auto"] | bool = "auto",
        neighbours: int = 16,
        ratio: float = 2.0,
    ) -> PointCloud:
        """Merge duplicates and remove outliers; what was done is added to the notes.

        Parameters
        ----------
        merge_distance : float
            World units. 0 merges points with equal coordinates; above, also those in
            the same cell of a grid with this spacing. The first of them is kept.
        outliers : "auto" or bool
            True removes points that are further from their neighbours than the mean
            plus `ratio` standard deviations, which always costs some good points too.
            "auto" removes only points that clearly do not belong to the scan: see
            `occviewer.observations.strays.stray_points`.
        neighbours : int
            Neighbours of a point that ``outliers=True`` looks at.
        ratio : float
            Standard deviations for ``outliers=True``.

        Raises
        ------
        ObservationError
            A parameter is out of its range.
        """
        if not (np.isfinite(merge_distance) and merge_distance >= 0):
            raise ObservationError(
                f"The merge distance {merge_distance} is not a length; give 0 or more."
            )
        if outliers not in ("auto", True, False):
            raise ObservationError(
                f"{outliers!r} is no way to remove outliers; choose 'auto', True or False."
            )
        if neighbours < 1 or not ratio > 0:
            raise ObservationError(
                f"Outliers need at least 1 neighbour and a positive ratio, not {neighbours} and "
                f"{ratio}; change the settings."
            )
        if len(self) < 2:
            return self
        cloud = self
        first = first_of_duplicates(cloud.points, merge_distance)
        if not first.all():
            merged = counted(int(len(first) - first.sum()), "duplicate")
            cloud = cloud.select(first)._noted(f"merged {merged}")
        if outliers == "auto":
            marked = stray_points(cloud.points)
        elif outliers:
            marked = statistical_outliers(cloud.points, neighbours, ratio)
        else:
            return cloud
        if marked.any():
            removed = counted(int(marked.sum()), "outlier")
            cloud = cloud.select(~marked)._noted(f"removed {removed}")
        return cloud

    def subsampled(self, count: int, seed: int = 0) -> PointCloud:
        """Draw points uniformly and without replacement, in random order.

        Every point has the same chance, and so has every order: the first points of the
        result are a fair sample as well. A cloud that has no more points than asked for
        is returned as it is; repeating points would give some of them more weight.

        Parameters
        ----------
        count : int
            Number of points wanted, at least 1.
        seed : int
            The same seed draws the same points.

        Raises
        ------
        ObservationError
            `count` is below 1.
        """
        if count < 1:
            raise ObservationError(
                f"A cloud cannot be reduced to {count} points; ask for 1 or more."
            )
        if count >= len(self):
            return self
        return self.select(np.random.default_rng(seed).choice(len(self), count, replace=False))

    def transformed(self, placement: Placement) -> PointCloud:
        """Return the cloud in the box frame of a placement: points and normals."""
        normals = None if self.normals is None else placement.directions_to_box(self.normals)
        points = placement.to_box(self.points).astype(np.float64)
        return replace(self, points=points, normals=normals)

    def select(self, mask: npt.ArrayLike) -> PointCloud:
        """Return the points for which a mask (N,) bool is True, or those with the given indices.

        Raises
        ------
        ObservationError
            The mask does not fit the cloud.
        """
        chosen: BoolArray | IntArray = np.asarray(mask)
        fits = chosen.dtype.kind in "iu" and chosen.ndim == 1
        if not (fits or (chosen.dtype == bool and chosen.shape == (len(self),))):
            raise ObservationError(
                f"A mask of shape {chosen.shape} and type {chosen.dtype} cannot select from "
                f"{counted(len(self), 'point')}; give one truth value for each, or indices."
            )
        try:
            points = self.points[chosen]
            normals = None if self.normals is None else self.normals[chosen]
            colors = None if self.colors is None else self.colors[chosen]
        except IndexError as error:
            raise ObservationError(
                f"An index lies outside a cloud of {counted(len(self), 'point')}; give indices "
                "below that number."
            ) from error
        for part in (points, normals, colors):
            if part is not None:
                part.setflags(write=False)
        return replace(self, points=points, normals=normals, colors=colors)

    def _noted(self, note: str) -> PointCloud:
        return replace(self, notes=(*self.notes, note))

    def _need_points(self) -> None:
        if not len(self):
            raise ObservationError("A cloud without points has no position; import points first.")
