"""The function that turns a field into a mesh."""

from __future__ import annotations

import math
import operator
import time
from collections.abc import Callable
from dataclasses import dataclass

from occviewer.errors import ExtractionError
from occviewer.extraction.contour import Backend, contour
from occviewer.extraction.field import Asker, Field
from occviewer.extraction.hierarchy import evaluate
from occviewer.extraction.surface import vertices_and_normals
from occviewer.meshes import Mesh

MINIMUM_RESOLUTION = 16
MAXIMUM_RESOLUTION = 1024

# Share of the progress that is the field's; the rest is the surface.
_FIELD_SHARE = 0.95


@dataclass(frozen=True)
class ExtractionReport:
    """What an extraction did.

    Attributes
    ----------
    resolution : int
        Cells a side of the finest grid.
    level : float
        Logit of the surface.
    lowest, highest : float
        The smallest and largest logit that was seen.
    points_asked : int
        Points at which the field was asked.
    seconds : float
        Wall time of the whole.
    seconds_asking : float
        Wall time of it inside the field.
    vertices, triangles : int
        Size of the mesh.
    """

    resolution: int
    level: float
    lowest: float
    highest: float
    points_asked: int
    seconds: float
    seconds_asking: float
    vertices: int
    triangles: int


def extract(
    field: Field,
    resolution: int = 128,
    level: float | None = None,
    *,
    progress: Callable[[float], None] | None = None,
    cancel: Callable[[], bool] | None = None,
    thorough: bool = False,
    normals: bool = True,
    backend: Backend = "flying_edges",
) -> Mesh:
    """Turn a field into a closed mesh in the box frame.

    The result is manifold, its triangles face outwards, and a shape that leaves
    the box is closed at the box's border.

    Parameters
    ----------
    field : Field
        Logits on the box; higher is inside.
    resolution : int
        Cells a side, 16 … 1024.
    level : float, optional
        Logit of the surface; the field's own if None.
    progress : callable, optional
        Told the share that is done, 0 … 1, in the calling thread.
    cancel : callable, optional
        Asked between batches of points; saying true stops the work.
    thorough : bool
        Ask every node of the grid rather than trust the hierarchy. Finds parts
        that are smaller than the coarsest cells, at the price of N³ queries.
    normals : bool
        Give the mesh normals, from the field's gradient on the grid (they cost
        no queries).
    backend : {"flying_edges", "pymcubes"}
        Who joins the vertices; PyMCubes is the slower reference.

    Returns
    -------
    Mesh
        Vertices float32 in the box frame.

    Raises
    ------
    ExtractionError
        When the resolution is out of range, the field answers NaN, or it is
        inside or outside everywhere.
    Cancelled
        When ``cancel`` said true.
    """
    mesh, _ = extract_with_report(
        field,
        resolution,
        level,
        progress=progress,
        cancel=cancel,
        thorough=thorough,
        normals=normals,
        backend=backend,
    )
    return mesh


def extract_with_report(
    field: Field,
    resolution: int = 128,
    level: float | None = None,
    *,
    progress: Callable[[float], None] | None = None,
    cancel: Callable[[], bool] | None = None,
    thorough: bool = False,
    normals: bool = True,
    backend: Backend = "flying_edges",
) -> tuple[Mesh, ExtractionReport]:
    """As `extract`, and also what it took."""
    began = time.perf_counter()
    resolution = _checked_resolution(resolution)
    level = float(field.level if level is None else level)
    if not math.isfinite(level):
        raise ExtractionError(f"The level {level} is not a number; give a finite logit.")
    asker = Asker(field, level, resolution, cancel)
    try:
        mesh = _mesh(asker, level, progress, thorough, normals, backend)
    except MemoryError:
        raise ExtractionError(
            f"There is not enough memory for a resolution of {resolution}; "
            f"try {max(MINIMUM_RESOLUTION, resolution // 2)}."
        ) from None
    report = ExtractionReport(
        resolution=resolution,
        level=level,
        lowest=asker.lowest,
        highest=asker.highest,
        points_asked=asker.asked,
        seconds=time.perf_counter() - began,
        seconds_asking=asker.seconds,
        vertices=len(mesh.vertices),
        triangles=len(mesh.faces),
    )
    return mesh, report


def _mesh(
    asker: Asker,
    level: float,
    progress: Callable[[float], None] | None,
    thorough: bool,
    normals: bool,
    backend: Backend,
) -> Mesh:
    tell = progress if progress is not None else lambda share: None
    grid = evaluate(asker, thorough=thorough, progress=lambda share: tell(share * _FIELD_SHARE))
    if asker.highest < level or asker.lowest >= level:
        raise ExtractionError(_nothing_between(asker, level))
    asker.stop_if_cancelled()
    surface = contour(grid, backend)
    asker.stop_if_cancelled()
    vertices, directions = vertices_and_normals(grid, surface, asker.corners, normals=normals)
    tell(1.0)
    return Mesh(vertices, surface.faces, normals=directions)


def _nothing_between(asker: Asker, level: float) -> str:
    where = "outside" if asker.highest < level else "inside"
    low, high, wanted = (_threshold(logit) for logit in (asker.lowest, asker.highest, level))
    return (
        f"There is no surface at threshold {wanted:.4g} (logit {level:.4g}): the whole box is "
        f"{where}. This field lies between {low:.4g} and {high:.4g}; choose a threshold between."
    )


def _threshold(logit: float) -> float:
    """Turn a logit into a probability, without overflow."""
    if logit >= 0:
        return 1.0 / (1.0 + math.exp(-logit))
    return math.exp(max(logit, -700.0)) / (1.0 + math.exp(max(logit, -700.0)))


def _checked_resolution(resolution: int) -> int:
    try:
        # True and 64.0 are numbers too, but not what was meant.
        cells = operator.index(resolution) if not isinstance(resolution, bool) else -1
    except TypeError:
        cells = -1
    if not MINIMUM_RESOLUTION <= cells <= MAXIMUM_RESOLUTION:
        raise ExtractionError(
            f"The resolution {resolution!r} is not possible; "
            f"give a whole number from {MINIMUM_RESOLUTION} to {MAXIMUM_RESOLUTION}."
        )
    return cells
