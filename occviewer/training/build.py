"""A data set from mesh sources: in parallel, resumable, and in shards."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

from occviewer.errors import DataError
from occviewer.training.jobs import run_jobs
from occviewer.training.labelling import DEFAULT_COUNTS, SampleCounts
from occviewer.training.manifest import (
    SHAPES,
    forget_failure,
    note_failure,
    shape_path,
    write_manifest,
)
from occviewer.training.prepare import MeshSource, prepare_mesh, refreshed
from occviewer.training.shape_file import (
    ShapeRecord,
    read_record,
    remove_leftovers,
    update_record,
)


@dataclass(frozen=True)
class PrepareJob:
    """One mesh to be labelled: the arguments of `prepare_mesh`."""

    source: MeshSource
    target: Path
    seed: int
    counts: SampleCounts


@dataclass(frozen=True)
class BuildOptions:
    """How `build_dataset` works.

    Attributes
    ----------
    workers : int
        Processes.
    seed : int
        Of the random samples.
    shard : (int, int)
        ``(i, n)``: every n-th source, from the i-th on (from 0).
    force : bool
        Label again what is there.
    limit_seconds : float
        For one mesh.
    counts : SampleCounts
        How much is stored of each shape.
    """

    workers: int = 1
    seed: int = 0
    shard: tuple[int, int] = (0, 1)
    force: bool = False
    limit_seconds: float = 600.0
    counts: SampleCounts = DEFAULT_COUNTS


@dataclass
class BuildReport:
    """What a run did, as names of shapes; `failed` with the reasons.

    `listed` counts the prepared shapes in the whole data set, of every run so far.
    """

    prepared: list[str] = field(default_factory=list)
    kept: list[str] = field(default_factory=list)
    updated: list[str] = field(default_factory=list)
    failed: dict[str, str] = field(default_factory=dict)
    listed: int = 0


def run_prepare_job(job: PrepareJob) -> ShapeRecord:
    """Do one job; runs in the worker processes."""
    return prepare_mesh(job.source, job.target, job.seed, job.counts)


def build_dataset(
    sources: Iterable[MeshSource],
    dataset: Path,
    options: BuildOptions,
    *,
    on_start: Callable[[int], None] = lambda total: None,
    on_shape: Callable[[str, str], None] = lambda name, failure: None,
    prepare: Callable[[PrepareJob], ShapeRecord] = run_prepare_job,
) -> BuildReport:
    """Prepare every source of the shard that the data set does not hold yet.

    Shapes that are there are kept; where more is known of their source now (creator,
    licence, split), the record in their file is brought up to date. Failures are noted and
    tried again by the next run. At the end the manifest lists all that is there.

    Parameters
    ----------
    on_start, on_shape : callable
        Told how many shapes there are to label, and each one's name with the reason why it
        failed ("" when it did not).
    prepare : callable
        Does one job in a worker process; importable by name.

    Raises
    ------
    DataError
        When the folder cannot be written, or two sources have one name.
    """
    index, count = options.shard
    chosen = _by_name(sources)[index::count]
    report = BuildReport()
    try:
        (dataset / SHAPES).mkdir(parents=True, exist_ok=True)
        remove_leftovers(dataset / SHAPES, {source.record.name for source in chosen})
        todo = [source for source in chosen if options.force or not _keep(source, dataset, report)]
        on_start(len(todo))
        jobs = [
            PrepareJob(s, shape_path(dataset, s.record.name), options.seed, options.counts)
            for s in todo
        ]
        outcomes = run_jobs(
            prepare, jobs, workers=options.workers, limit_seconds=options.limit_seconds
        )
        with closing(outcomes):  # Ctrl-C ends the workers at once
            for outcome in outcomes:
                record = outcome.job.source.record
                if outcome.failure:
                    report.failed[record.name] = outcome.failure
                    # What is left of an earlier run is not what was asked for now.
                    outcome.job.target.unlink(missing_ok=True)
                    note_failure(dataset, record, outcome.failure)
                else:
                    report.prepared.append(record.name)
                    forget_failure(dataset, record.name)
                on_shape(record.name, outcome.failure)
        remove_leftovers(dataset / SHAPES, set(report.failed))
        report.listed = sum(entry["status"] == "ok" for entry in write_manifest(dataset))
    except OSError as error:
        raise DataError(
            f"{dataset} cannot be written ({error}): make room or choose another folder with -o, "
            "and run the same command again; what is done is kept."
        ) from error
    return report


def _by_name(sources: Iterable[MeshSource]) -> list[MeshSource]:
    # Sorted, so that every shard counts in the same order.
    ordered = sorted(sources, key=lambda source: source.record.name)
    for one, other in zip(ordered, ordered[1:], strict=False):
        if one.record.name == other.record.name:
            raise DataError(
                f"{one.path} and {other.path} would both become {one.record.name}: rename one."
            )
    return ordered


def _keep(source: MeshSource, dataset: Path, report: BuildReport) -> bool:
    """Whether the shape is there and can stay; its record is brought up to date."""
    path = shape_path(dataset, source.record.name)
    if not path.exists():
        return False
    try:
        stored = read_record(path)
    except DataError:
        return False  # cut off by a full disk or a copy: made again
    record = refreshed(stored, source)
    if record is None:
        return False
    if record != stored:
        update_record(path, record)
        report.updated.append(record.name)
    report.kept.append(record.name)
    forget_failure(dataset, record.name)
    return True
