"""All views of one shape: from its source mesh to a file."""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from occviewer.errors import DataError
from occviewer.training.rendering.backgrounds import KINDS, draw_background
from occviewer.training.rendering.depths import DepthDrawer
from occviewer.training.rendering.drawing import Drawer
from occviewer.training.rendering.looks import draw_camera, draw_look, exposed
from occviewer.training.rendering.parts import Part, load_parts, made_up_parts
from occviewer.training.shape_file import ShapeRecord
from occviewer.training.synthetic.furniture import LIBRARY
from occviewer.training.view_file import DEPTH_PIXELS, View, add_depths, load_views, save_views

_FEWEST_PIXELS = 25
_COVERED = 0.2  # of a pixel: panes of glass are part of a shape
_SEEN_VERTICES = 50_000


@dataclass(frozen=True)
class ViewJob:
    """The views of one shape.

    Attributes
    ----------
    record : ShapeRecord
        Of the prepared shape.
    mesh : Path or None
        Its source; None for made-up furniture, which is made again.
    target : Path
        File to write.
    count, pixels : int
        Views, and side of the pictures.
    seed : int
    only_depths : bool
        Whether the pictures are there already and lack nothing but depths.
    """

    record: ShapeRecord
    mesh: Path | None
    target: Path
    count: int
    pixels: int
    seed: int
    only_depths: bool = False


def run_view_job(job: ViewJob) -> None:
    """Draw the views of one shape and write them; runs in worker processes.

    Raises
    ------
    DataError
        When the mesh cannot be read or nothing of it can be seen.
    MeshError
        When the machine cannot draw.
    """
    parts = made_up_parts(job.record) if job.mesh is None else load_parts(job.mesh, job.record)
    if job.only_depths:
        stored = load_views(job.target)
        with DepthDrawer(parts, DEPTH_PIXELS) as depths:
            measured = [depths.measure(stored.camera(number)) for number in range(len(stored))]
        add_depths(job.target, measured)
        return
    # What is drawn depends on the seed and the shape's name only, however work is divided.
    rng = np.random.default_rng([job.seed, zlib.crc32(job.record.name.encode()), 2])
    save_views(job.target, render_views(parts, job.count, job.pixels, rng), job.record)


def render_views(
    parts: list[Part], count: int, pixels: int, rng: np.random.Generator
) -> list[View]:
    """Draw `count` pictures (pixels, pixels) of a shape from all around, each another look.

    Raises
    ------
    DataError
        When nothing can be seen of the shape.
    MeshError
        When the machine cannot draw.
    """
    points = np.concatenate([part.vertices[np.unique(part.faces)] for part in parts])
    points = points[:: 1 + len(points) // _SEEN_VERTICES]
    views = []
    with Drawer(parts, pixels) as drawer, DepthDrawer(parts, DEPTH_PIXELS) as depths:
        for number in range(count):
            camera = draw_camera(points, number, count, pixels, rng)
            drawn = drawer.draw(camera, draw_look(parts, camera, rng)) / 255.0
            cover = drawn[..., 3:]
            mask = cover[..., 0] > _COVERED
            if mask.sum() < _FEWEST_PIXELS:
                raise DataError("Nothing of the shape can be seen in its pictures.")
            background = draw_background(str(rng.choice(KINDS)), pixels, mask, rng)
            picture = exposed(drawn[..., :3] + (1 - cover) * background, rng)
            colors = np.round(255 * picture).astype(np.uint8)
            views.append(View(colors, mask, camera, depths.measure(camera)))
    return views


def source_mesh(record: ShapeRecord, meshes: Path) -> Path | None:
    """Find the mesh that a shape was prepared from in `meshes`; None for made-up furniture.

    Raises
    ------
    DataError
        When it is not there.
    """
    if record.library == LIBRARY:
        return None
    path = meshes / record.source
    if not path.is_file():
        raise DataError(f"{path} is not there: give the folder that was prepared with --from.")
    return path
