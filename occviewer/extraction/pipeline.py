"""The function that turns a field into a mesh."""

from __future__ import annotations

import math
import operator
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from occviewer.errors import ExtractionError, NoSurfaceError
from occviewer.extraction.contour import Backend, contour
from occviewer.extraction.field import Asker, Field
from occviewer.extraction.hierarchy import Grid, evaluate
from occviewer.extraction.surface import vertices_and_normals
from occviewer.meshes import Mesh

MINIMUM_RESOLUTION = 16
MAXIMUM_RESOLUTION = 1024

EXPORT_REFINEMENT = 3
"""Steps of ``refine`` for meshes that are kept: vertices come some sixty times nearer."""

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
    refine: int = 0,
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
    refine : int
        Steps of root finding on the field along each vertex's edge, for a mesh that is
        kept; 2 or 3 do. Normals are then the field's gradient at the vertices. Asks
        ``refine`` points a vertex, and six more for normals.
    backend : {"flying_edges", "pymcubes"}
        Who joins the vertices; PyMCubes is the slower reference.

    Returns
    -------
    Mesh
        Vertices float32 in the box frame.

    Raises
    ------
    ExtractionError
        When the resolution is out of range, the field answers NaN, it is inside or
        outside everywhere (`NoSurfaceError`), or there is not enough memory.
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
        refine=refine,
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
    refine: int = 0,
) -> tuple[Mesh, ExtractionReport]:
    """As `extract`, and also what it took."""
    began = time.perf_counter()
    resolution, level = checked_resolution(resolution), checked_level(field, level)
    if refine < 0:
        raise ExtractionError(f"{refine} steps of refinement are not possible; give 0 or more.")
    asker = Asker(field, level, resolution, cancel)
    with naming_what_fits(resolution):
        mesh = _mesh(asker, level, progress, thorough, normals, backend, refine)
    return mesh, report_of(asker, level, mesh, began)


@contextmanager
def naming_what_fits(resolution: int) -> Iterator[None]:
    """Turn a lack of memory into a sentence with a resolution that may fit."""
    try:
        yield
    except MemoryError:
        raise ExtractionError(
            f"There is not enough memory for a resolution of {resolution}; "
            f"try {max(MINIMUM_RESOLUTION, resolution // 2)}."
        ) from None


def report_of(asker: Asker, level: float, mesh: Mesh, began: float) -> ExtractionReport:
    """Tell what an extraction did that began at a time of `time.perf_counter`."""
    return ExtractionReport(
        resolution=asker.resolution,
        level=level,
        lowest=asker.lowest,
        highest=asker.highest,
        points_asked=asker.asked,
        seconds=time.perf_counter() - began,
        seconds_asking=asker.seconds,
        vertices=len(mesh.vertices),
        triangles=len(mesh.faces),
    )


def _mesh(
    asker: Asker,
    level: float,
    progress: Callable[[float], None] | None,
    thorough: bool,
    normals: bool,
    backend: Backend,
    refine: int,
) -> Mesh:
    tell = progress if progress is not None else lambda share: None
    grid = evaluate(asker, thorough=thorough, progress=lambda share: tell(share * _FIELD_SHARE))
    mesh = mesh_of(grid, asker, level, normals=normals, backend=backend, refine=refine)
    tell(1.0)
    return mesh


def mesh_of(
    grid: Grid,
    asker: Asker,
    level: float,
    *,
    normals: bool = True,
    backend: Backend = "flying_edges",
    refine: int = 0,
) -> Mesh:
    """Mesh of a settled finest grid; arguments and errors as `extract`'s."""
    if asker.highest < level or asker.lowest >= level:
        raise NoSurfaceError(_nothing_between(asker, level))
    asker.stop_if_cancelled()
    surface = contour(grid, backend, asker.team)
    asker.stop_if_cancelled()
    vertices, directions = vertices_and_normals(
        grid, surface, asker, normals=normals, refine=refine
    )
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


def checked_level(field: Field, level: float | None) -> float:
    """Logit of the surface, the field's own if None; `ExtractionError` if it is not finite."""
    logit = float(field.level if level is None else level)
    if not math.isfinite(logit):
        raise ExtractionError(f"The level {logit} is not a number; give a finite logit.")
    return logit


def checked_resolution(resolution: int) -> int:
    """Whole number in the range that is possible; `ExtractionError` otherwise."""
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
