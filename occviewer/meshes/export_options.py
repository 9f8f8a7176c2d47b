"""How a mesh leaves the program: its axes, its size, where it stands, and presets for others.

A mesh lies in the box frame (+Y up, +Z to the front). It goes out either in the world
frame, where the scan lies, or standing upright on the floor at the origin: with +Y up and
+Z to the front, as glTF, Blender's OBJ import and Unity want it, or with +Z up and -Y to
the front, as Blender, slicers and Unreal's other importers take coordinates.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Literal, TypeAlias

import numpy as np

from occviewer.arrays import Float64Array, extremes
from occviewer.errors import MeshError
from occviewer.meshes.mesh import Mesh
from occviewer.placement import Placement

UpAxis: TypeAlias = Literal["scan", "y", "z"]
"""``scan`` for the world frame, or the axis that points up in the file."""

Unit: TypeAlias = Literal["", "m", "cm", "mm"]
"""In which the program that reads the file counts; empty for the units of the scan."""

Sides: TypeAlias = tuple[float, float, float]

UP_AXES: tuple[UpAxis, ...] = ("scan", "y", "z")
METRES: dict[str, float] = {"m": 1.0, "cm": 0.01, "mm": 0.001, "in": 0.0254, "ft": 0.3048}
"""Length of the units that scans and files come in."""

# glTF 2.0, 3.4: right-handed, +Y up, +Z to the front, metres. Importers rely on it.
_GLTF = ".glb"
_UPRIGHT: dict[str, Float64Array] = {
    "y": np.eye(3),
    "z": np.array([[1.0, 0, 0], [0, 0, -1], [0, 1, 0]]),
}
_SIZES = (1e-9, 1e12)


@dataclass(frozen=True)
class ExportOptions:
    """Where and how large a mesh is written.

    Parameters
    ----------
    up : {"scan", "y", "z"}
        The world frame of the scan, or upright on the floor around the origin.
    scale : float
        Units of the file for one unit of the scan.
    longest : float, optional
        Longest side of the mesh in units of the file; decides instead of `scale`.
    unit : {"", "m", "cm", "mm"}
        What the file's unit is called; empty where it is the scan's.

    Raises
    ------
    MeshError
        The axis is unknown, or a size is not positive.
    """

    up: UpAxis = "scan"
    scale: float = 1.0
    longest: float | None = None
    unit: Unit = ""

    def __post_init__(self) -> None:
        if self.up not in UP_AXES:
            raise MeshError(f"No axis points up like {self.up!r}; use {', '.join(UP_AXES)}.")
        for name, value in (("scale", self.scale), ("longest side", self.longest)):
            if value is not None and not _SIZES[0] <= value <= _SIZES[1]:
                raise MeshError(f"The {name} {value} is not possible; give a positive number.")

    def scale_of(self, mesh: Mesh, placement: Placement) -> float:
        """Units of the file for one unit of the scan, also where the longest side decides."""
        if self.longest is None:
            return self.scale
        longest = float(self._extent(mesh, placement).max())
        if not longest > 0:
            raise MeshError("A mesh without extent has no longest side; choose a scale instead.")
        return self.longest / longest

    def size_of(self, mesh: Mesh, placement: Placement) -> Sides:
        """Sides of the mesh in the file, in the file's units and along its axes."""
        sides = self._extent(mesh, placement) * self.scale_of(mesh, placement)
        return (float(sides[0]), float(sides[1]), float(sides[2]))

    def sides(self, upright: Sides, as_scan: Sides) -> Sides:
        """Give the sides of a mesh in the file, where those of two frames are known already.

        Parameters
        ----------
        upright, as_scan : (float, float, float)
            Sides in units of the scan, along the box's axes and along the world's.
        """
        width, height, depth = upright
        turned = {"scan": as_scan, "y": upright, "z": (width, depth, height)}[self.up]
        scale = self.scale if self.longest is None else self.longest / max(turned)
        return (turned[0] * scale, turned[1] * scale, turned[2] * scale)

    def arranged(self, mesh: Mesh, placement: Placement) -> Mesh:
        """Take a mesh of the box frame to where it lies in the file; vertices float64.

        Parameters
        ----------
        mesh : Mesh
            Box frame.
        placement : Placement
            Where its scan lies.

        Raises
        ------
        MeshError
            The mesh is empty.
        """
        scale = self.scale_of(mesh, placement)
        if self.up == "scan":
            placed = mesh.placed(placement)
            return placed if scale == 1 else replace(placed, vertices=placed.vertices * scale)
        turn = _UPRIGHT[self.up]
        vertices = mesh.vertices.astype(np.float64) @ (turn.T * (scale / placement.scale))
        low, high = extremes(vertices)
        up = "xyz".index(self.up)
        middle = (low + high) / 2
        middle[up] = low[up]
        normals = mesh.normals
        if normals is not None:
            normals = (normals.astype(np.float64) @ turn.T).astype(np.float32)
        # Around the origin float32 is exact enough, and every format can hold it.
        return replace(mesh, vertices=(vertices - middle).astype(np.float32), normals=normals)

    def _extent(self, mesh: Mesh, placement: Placement) -> Float64Array:
        """Sides of the mesh in units of the scan, along the axes of the file."""
        if self.up == "scan":
            points = placement.to_world(mesh.vertices) - placement.centre
        else:
            points = mesh.vertices.astype(np.float64) @ _UPRIGHT[self.up].T / placement.scale
        if len(points) == 0:
            raise MeshError("An empty mesh has no size.")
        extent: Float64Array = np.ptp(points, axis=0)
        return extent


@dataclass(frozen=True)
class Preset:
    """What another program expects.

    Attributes
    ----------
    name : str
        On the command line.
    title : str
        In the window.
    tip : str
        A sentence of what it is for.
    suffix : str
        The format that suits it best.
    unit : {"", "m", "cm", "mm"}
        In which it counts.
    upright : dict of str to str
        The up axis by suffix; the key "" holds for all others. Empty for the world frame.
    longest : float, optional
        Longest side in that unit, where a size is chosen rather than taken from the scan.
    """

    name: str
    title: str
    tip: str
    suffix: str
    unit: Unit
    upright: dict[str, UpAxis]
    longest: float | None = None

    def options(self, suffix: str, scan_unit: str = "m") -> ExportOptions:
        """Options of a file with this suffix.

        Parameters
        ----------
        suffix : str
            Such as ``.glb``.
        scan_unit : str
            One of `METRES`: what the scan's unit is.
        """
        if not self.upright:
            return ExportOptions()
        suffix = suffix.lower()
        # Every reader of glTF expects metres and +Y up, whatever it counts in itself.
        unit: Unit = "m" if suffix == _GLTF else self.unit
        up: UpAxis = "y" if suffix == _GLTF else self.upright.get(suffix, self.upright[""])
        scale = _rounded(METRES[scan_unit] / METRES[unit])
        longest = self.longest
        if longest is not None:
            longest = _rounded(longest * METRES[self.unit] / METRES[unit])
        return ExportOptions(up, scale, longest, unit)


PRESETS = (
    Preset(
        "world",
        "World units",
        "Where the scan lies, in its units and axes: the mesh fits the scan.",
        ".glb",
        "",
        {},
    ),
    Preset(
        "blender",
        "Blender",
        "Upright at the origin and in metres, for Blender's importers as they come.",
        ".glb",
        "m",
        {".obj": "y", "": "z"},
    ),
    Preset(
        "unity",
        "Unity",
        "Upright at the origin, +Y up and in metres; Unity mirrors files to its own axes.",
        ".glb",
        "m",
        {"": "y"},
    ),
    Preset(
        "unreal",
        "Unreal",
        "Upright at the origin, +Z up and in centimetres; GLB in metres, which Unreal converts.",
        ".glb",
        "cm",
        {"": "z"},
    ),
    Preset(
        "print",
        "3D printing",
        "Standing on the bed, +Z up, in millimetres and as long as you choose.",
        ".stl",
        "mm",
        {"": "z"},
        100.0,
    ),
)


def preset(name: str) -> Preset:
    """Give a preset by its name.

    Raises
    ------
    MeshError
        There is none of that name.
    """
    for found in PRESETS:
        if found.name == name:
            return found
    names = ", ".join(each.name for each in PRESETS)
    raise MeshError(f"There is no preset {name!r}; choose one of {names}.")


def _rounded(value: float) -> float:
    """Without the dust of a division: 100, not 99.99999999999999."""
    digits = 12 - math.ceil(math.log10(value))
    return round(value, digits)
