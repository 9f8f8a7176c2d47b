"""Views of a whole data set: in parallel, resumable, and in shards."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

from occviewer.errors import DataError
from occviewer.training.jobs import run_jobs
from occviewer.training.manifest import SHAPES
from occviewer.training.rendering.views import ViewJob, run_view_job, source_mesh
from occviewer.training.shape_file import ShapeRecord, read_record
from occviewer.training.view_file import read_views_head

VIEWS = "views"


@dataclass(frozen=True)
class ViewOptions:
    """How `build_views` works.

    Attributes
    ----------
    count, pixels : int
        Views of a shape, and side of the pictures.
    workers : int
        Processes.
    seed : int
    classes : tuple of str
        Only shapes of these; all when empty.
    shard : (int, int)
        ``(i, n)``: every n-th shape, from the i-th on (from 0).
    force : bool
        Draw again what is there.
    limit_seconds : float
        For one shape.
    """

    count: int = 24
    pixels: int = 192
    workers: int = 1
    seed: int = 0
    classes: tuple[str, ...] = ()
    shard: tuple[int, int] = (0, 1)
    force: bool = False
    limit_seconds: float = 600.0


@dataclass
class ViewReport:
    """What a run did, as names of shapes; `failed` with the reasons."""

    rendered: list[str] = field(default_factory=list)
    kept: list[str] = field(default_factory=list)
    failed: dict[str, str] = field(default_factory=dict)


def view_path(views: Path, name: str) -> Path:
    """Where the views of the shape `name` lie."""
    return views / VIEWS / f"{name}.safetensors"


def build_views(
    dataset: Path,
    meshes: Path,
    views: Path,
    options: ViewOptions,
    *,
    on_start: Callable[[int], None] = lambda total: None,
    on_shape: Callable[[str, str], None] = lambda name, failure: None,
    render: Callable[[ViewJob], None] = run_view_job,
) -> ViewReport:
    """Draw the views of every shape of a data set that are not there yet.

    Pictures that were drawn before depths were stored get them.

    Parameters
    ----------
    dataset : Path
        A prepared data set.
    meshes : Path
        Folder that it was prepared from: the records' sources are relative to it.
    views : Path
        Folder to write.
    on_start, on_shape : callable
        Told how many shapes there are to draw, and each one's name with the reason why it
        failed ("" when it did not).
    render : callable
        Does one job in a worker process; importable by name.

    Raises
    ------
    DataError
        When the data set has no shapes, or the folder cannot be written.
    """
    index, count = options.shard
    records = _records(dataset, options.classes)[index::count]
    report = ViewReport()
    try:
        (views / VIEWS).mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise DataError(
            f"{views} cannot be written ({error}): choose another folder with -o."
        ) from error
    jobs = []
    for record in records:
        target = view_path(views, record.name)
        has_pictures, has_depths = (
            (False, False) if options.force else _done(target, record, options)
        )
        if has_pictures and has_depths:
            report.kept.append(record.name)
            continue
        try:
            mesh = source_mesh(record, meshes)
        except DataError as error:
            report.failed[record.name] = str(error)
            continue
        jobs.append(
            ViewJob(record, mesh, target, options.count, options.pixels, options.seed, has_pictures)
        )
    on_start(len(jobs))
    outcomes = run_jobs(render, jobs, workers=options.workers, limit_seconds=options.limit_seconds)
    with closing(outcomes):  # Ctrl-C ends the workers at once
        for outcome in outcomes:
            name = outcome.job.record.name
            if outcome.failure:
                report.failed[name] = outcome.failure
                if not outcome.job.only_depths:
                    outcome.job.target.unlink(missing_ok=True)
            else:
                report.rendered.append(name)
            on_shape(name, outcome.failure)
    return report


def _records(dataset: Path, classes: tuple[str, ...]) -> list[ShapeRecord]:
    paths = sorted(p for p in (dataset / SHAPES).glob("*.safetensors") if p.name[0] != ".")
    if not paths:
        raise DataError(f"{dataset} holds no prepared shapes: make them with occviewer data.")
    records = [read_record(path) for path in paths]
    chosen = [record for record in records if not classes or record.category in classes]
    if not chosen:
        there = ", ".join(sorted({record.category for record in records}))
        raise DataError(
            f"{dataset} holds no shapes of the classes {', '.join(classes)}; there is {there}."
        )
    return chosen


def _done(target: Path, record: ShapeRecord, options: ViewOptions) -> tuple[bool, bool]:
    """Whether the wanted pictures are there, and whether they have depths."""
    if not target.exists():
        return False, False
    try:
        head = read_views_head(target)
    except DataError:
        return False, False  # cut off by a full disk or a copy: drawn again
    stored = head.record
    same = (stored.rotation, stored.scale, stored.centre) == (
        record.rotation,
        record.scale,
        record.centre,
    )
    same = same and (head.count, head.pixels) == (options.count, options.pixels)
    return same, head.has_depths
