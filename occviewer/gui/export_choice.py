"""What can be chosen for the export of a mesh."""

from __future__ import annotations

from dataclasses import dataclass

from occviewer.meshes.colouring import Colours
from occviewer.meshes.export_options import ExportOptions, Sides, Unit

FORMATS = (
    ("glTF binary (.glb)", ".glb"),
    ("Wavefront (.obj)", ".obj"),
    ("PLY (.ply)", ".ply"),
    ("STL (.stl)", ".stl"),
    ("OFF (.off)", ".off"),
)


@dataclass(frozen=True)
class ExportChoice:
    """All that was chosen.

    Attributes
    ----------
    preset : str
        Name of the preset from which it came.
    suffix : str
        Format, such as ``.glb``.
    options : ExportOptions
    colours : {"none", "uniform", "normals", "scan"}
    colour : (int, int, int)
        For ``uniform``: red, green, blue.
    resolution : int
        Cells a side; 0 for that of the display.
    refined : bool
        Whether vertices are brought onto the surface of the field.
    scan_unit : str
        What the scan is in, as far as anybody asked; see `occviewer.meshes.export_options`.
    """

    preset: str = "world"
    suffix: str = ".glb"
    options: ExportOptions = ExportOptions()
    colours: Colours = "none"
    colour: tuple[int, int, int] = (200, 200, 205)
    resolution: int = 0
    refined: bool = True
    scan_unit: str = "m"


def size_in_words(sides: Sides, unit: Unit) -> str:
    """Say how large something is: ``0.5 × 1 × 0.25 m``."""
    return " × ".join(f"{side:.4g}" for side in sides) + (f" {unit}" if unit else "")
