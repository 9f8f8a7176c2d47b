"""Made-up furniture as sources of a data set.

Artists' models are few and may not always be passed on. What these rules make costs
nothing, has exact labels (every solid is closed), and shows a network how legs, slats,
boards and shades go on behind what a scanner saw. It is for training only: shapes that
rules made say nothing about shapes that people made.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from occviewer.arrays import Float64Array, IntArray
from occviewer.training.prepare import MeshSource
from occviewer.training.shape_file import TRAIN_ONLY, ShapeRecord
from occviewer.training.synthetic.casework import bed, storage, table
from occviewer.training.synthetic.lamps import lamp
from occviewer.training.synthetic.seating import chair, sofa

LIBRARY = "made-up"
KINDS = {
    "chair": (chair, 0.34),
    "table": (table, 0.2),
    "lamp": (lamp, 0.16),
    "storage": (storage, 0.14),
    "sofa": (sofa, 0.1),
    "bed": (bed, 0.06),
}
"""The makers, and the share of the shapes that each makes."""


def make_furniture(category: str, seed: int) -> tuple[Float64Array, IntArray]:
    """One piece of furniture: vertices (V, 3) in metres, +Y up, +Z front; triangles (F, 3).

    The same arguments give the same piece.

    Raises
    ------
    KeyError
        When the category is none of `KINDS`.
    """
    maker, _ = KINDS[category]
    return maker(np.random.default_rng([seed, zlib.crc32(category.encode())])).mesh()


def furniture_sources(folder: Path, count: int, first_seed: int = 0) -> Iterator[MeshSource]:
    """Write `count` pieces into `folder` as meshes, and what is known of each.

    Any two calls agree on the pieces they both make, so a set can be made larger.
    """
    import trimesh

    names = list(KINDS)
    shares = np.array([share for _, share in KINDS.values()])
    for number in range(count):
        # Low-discrepancy, so that every length of the sequence keeps the shares.
        at = (number * 0.6180339887498949) % 1.0
        category = names[int(np.searchsorted(np.cumsum(shares), at))]
        seed = first_seed + number
        vertices, faces = make_furniture(category, seed)
        name = f"{LIBRARY}-{category}-{seed:06d}"
        path = folder / f"{name}.ply"
        trimesh.Trimesh(vertices, faces, process=False).export(path)
        yield MeshSource(
            path,
            ShapeRecord(
                name=name,
                category=category,
                split=TRAIN_ONLY,
                source=f"made by the rules of OccViewer, seed {seed}",
                creator="OccViewer (procedural)",
                licence="CC0-1.0",
                library=LIBRARY,
            ),
        )
