"""Meshes in, labelled shapes out: one mesh, one file, whatever is wrong with it."""

from __future__ import annotations

import warnings
import zlib
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from occviewer.arrays import Float64Array
from occviewer.errors import DataError
from occviewer.training.labelling import DEFAULT_COUNTS, SampleCounts, label_shape, normalise
from occviewer.training.shape_file import ShapeRecord, save_shape

_OPEN = "not watertight: taken to stand on the ground, holes closed by visibility"
_TURNED = "faces turned inconsistently: normals taken from visibility"
_BROKEN = "triangles whose corners are not finite numbers were dropped"
_MESH_ISSUES = (_OPEN, _TURNED, _BROKEN)


TEST_SURFACE = 100_000
"""Surface samples of a test shape: distances to fewer would measure the gaps between them."""


@dataclass(frozen=True)
class MeshSource:
    """A mesh to be prepared.

    Attributes
    ----------
    path : Path
        The mesh file, in any format that trimesh reads.
    record : ShapeRecord
        What is known of it; what the mesh itself tells is filled in.
    rotation : tuple of 9 float
        Row-major rotation that brings +Y up and the front to +Z.
    """

    path: Path
    record: ShapeRecord
    rotation: tuple[float, ...] = (1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0)


def load_mesh(path: Path) -> Any:  # noqa: ANN401 - a trimesh.Trimesh
    """Read a mesh file as one triangle mesh with its vertices merged by position.

    Triangles with corners that are not finite numbers are dropped; the mesh's metadata
    then has ``dropped_triangles``, how many.

    Raises
    ------
    DataError
        When the file cannot be read or holds no triangles.
    """
    import trimesh

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            mesh = trimesh.load(path, force="mesh", skip_materials=True, process=False)
    except Exception as error:  # trimesh raises whatever its many parsers raise
        raise DataError(f"{path} cannot be read as a mesh ({error}).") from error
    if not isinstance(mesh, trimesh.Trimesh) or len(mesh.faces) == 0:
        raise DataError(f"{path} holds no triangles.")
    whole = np.isfinite(mesh.triangles).all((1, 2))
    if not whole.any():
        raise DataError(f"{path} has no triangle whose corners are finite numbers.")
    if not whole.all():
        mesh.metadata["dropped_triangles"] = int((~whole).sum())
        mesh.update_faces(whole)
        mesh.remove_unreferenced_vertices()
    mesh.merge_vertices(merge_tex=True, merge_norm=True)
    return mesh


def prepare_mesh(
    source: MeshSource, target: Path, seed: int = 0, counts: SampleCounts = DEFAULT_COUNTS
) -> ShapeRecord:
    """Label one mesh and write it to `target`.

    The random samples depend on `seed` and the shape's name only, so that a data set
    is the same however the work was divided.

    Raises
    ------
    DataError
        When nothing can be made of the mesh; the text says why.
    """
    mesh = load_mesh(source.path)
    issues = list(source.record.issues)
    if "dropped_triangles" in mesh.metadata:
        issues.append(_BROKEN)
    rotation = np.array(source.rotation, np.float64).reshape(3, 3)
    vertices: Float64Array = np.asarray(mesh.vertices, np.float64) @ rotation.T
    vertices, scale, centre = normalise(vertices)
    watertight = bool(mesh.is_watertight)
    if not watertight:
        issues.append(_OPEN)
    elif not mesh.is_winding_consistent:
        issues.append(_TURNED)
    if source.record.split == "test":
        counts = replace(counts, surface=max(counts.surface, TEST_SURFACE))
    rng = np.random.default_rng([seed, zlib.crc32(source.record.name.encode())])
    shape = label_shape(vertices[mesh.faces], watertight=watertight, rng=rng, counts=counts)
    record = replace(
        source.record,
        watertight=watertight,
        triangles=len(mesh.faces),
        scale=scale,
        centre=(centre @ rotation).tolist(),  # the transpose turns back into the source's axes
        rotation=[float(value) for value in source.rotation],
        issues=issues,
    )
    save_shape(target, shape, record)
    return record


def refreshed(stored: ShapeRecord, source: MeshSource) -> ShapeRecord | None:
    """Bring the record of a shape that is kept up to what is known of its source now.

    None when the shape was turned differently then, so that its labels are of no use.
    """
    rotation = [float(value) for value in source.rotation]
    centre = stored.centre
    if not stored.rotation:
        centre = (np.array(centre) @ np.array(rotation).reshape(3, 3)).tolist()
    elif not np.allclose(stored.rotation, rotation, atol=1e-6):
        return None
    return replace(
        source.record,
        watertight=stored.watertight,
        triangles=stored.triangles,
        scale=stored.scale,
        centre=centre,
        rotation=rotation,
        issues=[*source.record.issues, *(i for i in stored.issues if i in _MESH_ISSUES)],
    )
