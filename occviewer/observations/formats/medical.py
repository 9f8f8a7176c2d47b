"""Medical volumes (NRRD, NIfTI, MetaImage): values through VTK, and where they lie.

VTK decodes the values. Where they lie in the world is worked out here, since its readers keep
of that only spacing and origin: the axes of such a volume seldom are those of the world.
The world is the one that the file speaks of: right, front, up for NIfTI (RAS), and mostly
left, back, up for the others (LPS). The third axis points up in
both. A NRRD file that names no space and a MetaImage without an anatomical orientation speak of
no patient, and are taken as other volumes are.
"""

from __future__ import annotations

import math
import re
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from occviewer.arrays import Float64Array
from occviewer.observations.formats.medical_length import bytes_of_values

MEDICAL_SUFFIXES = (".nrrd", ".nhdr", ".nii", ".nii.gz", ".mha", ".mhd")
"""Suffixes of the files that are read here."""

MOST_CELLS = 1024**3
"""Voxels of the largest volume that is read."""

STANDING = "took its z axis to point up"
"""Noted of volumes whose world has its z axis upright."""

_LONGEST_HEADER = 1 << 16

# VTK's readers of these two trust their headers, and some that lack a field end the program.
_FIELDS = {
    "nrrd": (":", ("type", "dimension", "sizes", "encoding")),
    "meta": ("=", ("ndims", "dimsize", "elementtype", "elementdatafile")),
}
_VECTOR = re.compile(r"\(([^()]*)\)")


def read_medical(
    path: Path,
) -> tuple[npt.NDArray[Any], Float64Array, Float64Array, Float64Array, list[str]]:
    """Read a volume.

    Returns
    -------
    values : (X, Y, Z) array
    spacing : (3,) float64
        Sides of a voxel, world units.
    origin : (3,) float64
        Corner of the first voxel, world units.
    directions : (3, 3) float64
        A column for each axis of the array: where it points in the world.
    notes : list of str
        What was read in an unusual way.

    Raises
    ------
    ValueError
        The file is damaged, or no volume.
    """
    fields: dict[str, str] = {}
    if not path.name.lower().endswith((".nii", ".nii.gz")):
        fields = _checked_header(path)
    reader = _read(path)
    image = reader.GetOutput()
    _check_whole(path, fields, image)
    values, notes = _values(image, fields)
    if not fields:
        affine = _nifti_affine(reader, image)
        notes.append(STANDING)
    elif path.name.lower().endswith((".nrrd", ".nhdr")):
        affine = _nrrd_affine(fields, notes)
        if "space" in fields:
            notes.append(STANDING)
    else:
        affine = _meta_affine(fields)
        if "anatomicalorientation" in fields:
            notes.append(STANDING)
    spacing = np.linalg.norm(affine[:, :3], axis=0)
    if not (np.isfinite(affine).all() and (spacing > 0).all()):
        raise ValueError("its header gives no place in the world")
    directions = affine[:, :3] / spacing
    # The formats name the centre of the first voxel.
    origin = affine[:, 3] - directions @ spacing / 2
    return values, spacing, origin, directions, notes


def _read(path: Path) -> Any:  # noqa: ANN401 - one of VTK's readers
    from vtkmodules.vtkCommonCore import vtkObject
    from vtkmodules.vtkIOImage import vtkMetaImageReader, vtkNIFTIImageReader, vtkNrrdReader

    name = path.name.lower()
    if name.endswith((".nii", ".nii.gz")):
        reader: Any = vtkNIFTIImageReader()
    else:
        reader = vtkNrrdReader() if name.endswith((".nrrd", ".nhdr")) else vtkMetaImageReader()
    if not reader.CanReadFile(str(path)):
        raise ValueError("its header is not one of such a file")
    problems: list[str] = []
    reader.AddObserver("ErrorEvent", lambda *_: problems.append("VTK reports an error"))
    shown = vtkObject.GetGlobalWarningDisplay()
    vtkObject.GlobalWarningDisplayOff()
    try:
        reader.SetFileName(str(path))
        reader.Update()
    finally:
        vtkObject.SetGlobalWarningDisplay(shown)
    scalars = reader.GetOutput().GetPointData().GetScalars()
    if problems or scalars is None or scalars.GetNumberOfTuples() == 0:
        raise ValueError(problems[0] if problems else "it holds no values")
    return reader


def _check_whole(path: Path, fields: dict[str, str], image: Any) -> None:  # noqa: ANN401
    there = bytes_of_values(path, fields)
    scalars = image.GetPointData().GetScalars()
    needed = scalars.GetDataSize() * scalars.GetDataTypeSize()
    if there is not None and there < needed:
        raise ValueError(f"it ends after {there:,} of {needed:,} bytes of values")


def _values(image: Any, fields: dict[str, str]) -> tuple[npt.NDArray[Any], list[str]]:  # noqa: ANN401
    """Values (X, Y, Z) of VTK's image, which runs along x the fastest."""
    from vtkmodules.util.numpy_support import vtk_to_numpy

    values = vtk_to_numpy(image.GetPointData().GetScalars())
    notes: list[str] = []
    if values.ndim == 2 and "sizes" in fields:
        # VTK takes a short first axis of a NRRD file for the values of a voxel.
        sizes = [int(word) for word in fields["sizes"].split()]
        return values.reshape(sizes[::-1]).transpose(2, 1, 0), notes
    if values.ndim == 2:
        notes.append(f"took the first of {values.shape[1]} values of each voxel")
        values = values[:, 0]
    return values.reshape(image.GetDimensions()[::-1]).transpose(2, 1, 0), notes


def _nifti_affine(reader: Any, image: Any) -> Float64Array:  # noqa: ANN401
    """From voxel numbers to the world (3, 4): the sform, else the qform, else spacing alone."""
    affine = np.hstack([np.diag(np.abs(image.GetSpacing())), np.zeros((3, 1))])
    matrix = reader.GetSFormMatrix() or reader.GetQFormMatrix()
    if matrix is not None:
        found = np.array([[matrix.GetElement(i, j) for j in range(4)] for i in range(3)])
        affine[:, :3] = found[:, :3] @ affine[:, :3]
        affine[:, 3] = found[:, 3]
    return affine


def _nrrd_affine(fields: dict[str, str], notes: list[str]) -> Float64Array:
    affine = np.hstack([np.eye(3), np.zeros((3, 1))])
    if "space directions" in fields:
        vectors = [
            _numbers(text.replace(",", " ")) for text in _vectors(fields, "space directions")
        ]
        affine[:, :3] = np.array(vectors).T
    elif "spacings" in fields:
        spacings = np.abs(_numbers(fields["spacings"]))
        affine[:, :3] = np.diag(np.where(np.isfinite(spacings), spacings, 1.0))
    else:
        notes.append("took voxels of side 1, since the file does not say how large they are")
    if "space origin" in fields:
        (text,) = _vectors(fields, "space origin")
        affine[:, 3] = _numbers(text.replace(",", " "))
    elif "axis mins" in fields:
        lowest = np.array(_numbers(fields["axis mins"]))
        affine[:, 3] = np.where(np.isfinite(lowest), lowest, 0.0)
    return affine


def _meta_affine(fields: dict[str, str]) -> Float64Array:
    """MetaIO lists the direction of the first axis first, then those of the others."""
    matrix = _first(fields, ("transformmatrix", "rotation", "orientation"), "1 0 0 0 1 0 0 0 1")
    offset = _first(fields, ("offset", "position", "origin"), "0 0 0")
    spacing = fields.get("elementspacing") or fields.get("elementsize") or "1 1 1"
    directions = np.array(_numbers(matrix)).reshape(3, 3).T
    return np.column_stack([directions * np.abs(_numbers(spacing)), _numbers(offset)])


def _first(fields: dict[str, str], names: tuple[str, ...], default: str) -> str:
    return next((fields[name] for name in names if name in fields), default)


def _vectors(fields: dict[str, str], name: str) -> list[str]:
    found = _VECTOR.findall(fields[name])
    if len(found) != (3 if name == "space directions" else 1):
        raise ValueError(f"its {name} are {fields[name][:60]!r}")
    return found


def _numbers(text: str) -> list[float]:
    numbers = [float(word) for word in text.split()]
    if len(numbers) not in (3, 9):
        raise ValueError(f"its header has {text[:60]!r} where three numbers are expected")
    return numbers


def _checked_header(path: Path) -> dict[str, str]:
    """Fields of a NRRD or MetaImage header, which must say what a volume needs."""
    with path.open("rb") as file:
        head = file.read(_LONGEST_HEADER).decode("latin-1")
    kind = "nrrd" if head.startswith("NRRD") else "meta"
    mark, wanted = _FIELDS[kind]
    fields: dict[str, str] = {}
    for line in head.splitlines():
        name, found, value = line.partition(mark)
        if kind == "nrrd" and not line.strip():
            break
        if found:
            fields[name.strip().lower()] = value.strip()
        if name.strip().lower() == "elementdatafile":
            break
    missing = [name for name in wanted if not fields.get(name)]
    if missing:
        raise ValueError(f"its header lacks {', '.join(missing)}")
    sizes = [int(word) for word in fields["sizes" if kind == "nrrd" else "dimsize"].split()]
    count = int(fields["dimension" if kind == "nrrd" else "ndims"])
    if count != 3 or len(sizes) != 3 or not 0 < math.prod(sizes) <= MOST_CELLS:
        raise ValueError(f"it is no volume in three dimensions but {sizes}")
    return fields
