"""``occviewer bench live``: from a new code to a mesh while somebody moves a slider."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from occviewer.benchmarks.measuring import REPEATS, Heartbeat, machine, median_seconds
from occviewer.benchmarks.samples import read_sample, sample_code
from occviewer.extraction import Follower, extract
from occviewer.extraction.contour import Backend
from occviewer.latent import LatentSpace, Path, latent_space
from occviewer.models import Code, Model

_BACKENDS: tuple[Backend, ...] = ("flying_edges", "pymcubes")
_SLID = "chair"
_ENDS = ("chair", "armchair")


@dataclass(frozen=True)
class Settings:
    """How much the benchmark does.

    Attributes
    ----------
    resolutions : tuple of int
        Cells a side of the meshes along the path.
    steps : int
        Codes on each path.
    scan_resolution : int
        Of the mesh that is made of a scan.
    lock_resolutions : tuple of int
        Of the meshes during which Python's lock is watched.
    repeats : int
        Measurements of which the median is taken; of the lock the longest of all.
    """

    resolutions: tuple[int, ...] = (64, 128)
    steps: int = 200
    scan_resolution: int = 128
    lock_resolutions: tuple[int, ...] = (128, 256)
    repeats: int = REPEATS


QUICK = Settings((32,), steps=6, scan_resolution=32, lock_resolutions=(32,), repeats=1)
GPU = Settings(resolutions=(128, 256))


def bench_live(
    model: Model, settings: Settings, *, tell: Callable[[str], None] = lambda text: None
) -> dict[str, Any]:
    """Measure the way from a code, and from a scan, to a mesh with normals.

    Parameters
    ----------
    model : Model
        Which makes codes of samples.
    settings : Settings
        How much to do.
    tell : callable
        Told what is being done.

    Returns
    -------
    dict
        JSON values: ``machine``, ``settings``, ``path``, ``scan`` and ``lock``.
    """
    path = []
    for name, way in _ways(model).items():
        for resolution in settings.resolutions:
            tell(f"{name}, {settings.steps} codes at {resolution}")
            path.append({"way": name, **_along(model, way(settings.steps), resolution)})
    tell("from a scan to a mesh")
    cloud, up = read_sample(_SLID)
    seconds, _ = median_seconds(
        lambda: extract(model.field(model.encode(cloud, up=up)), settings.scan_resolution),
        settings.repeats,
    )
    tell("how long Python's lock is held")
    code = sample_code(model, _SLID)
    return {
        "benchmark": "live",
        "machine": machine(str(model.device)),
        "settings": vars(settings),
        "path": path,
        "scan": {"resolution": settings.scan_resolution, "seconds": round(seconds, 4)},
        "lock": [
            _lock(model, code, n, backend, settings.repeats)
            for n in settings.lock_resolutions
            for backend in _BACKENDS
        ],
    }


def _ways(model: Model) -> dict[str, Callable[[int], Iterator[Code]]]:
    """Ways through the latent space, by name: so many codes of each."""
    ends = [sample_code(model, name) for name in _ENDS]
    space = latent_space(model)
    ways: dict[str, Callable[[int], Iterator[Code]]] = {}
    if space.axes is not None:
        ways["slider"] = lambda steps: slid(space, ends[0], steps)
    ways["morph"] = lambda steps: Path(space, ends).frames(steps)
    return ways


def slid(space: LatentSpace, code: Code, steps: int) -> Iterator[Code]:
    """Shapes that the first slider makes of one while it is pulled through its whole range."""
    assert space.axes is not None
    at = space.latent_of(code)
    start = float(space.axes.coordinates(at.vector)[0])
    lowest, highest = (float(end) for end in space.axes.ranges[0])
    for step in range(steps):
        place = lowest + (highest - lowest) * step / (steps - 1)
        yield space.edited(at, {0: place - start})


def _along(model: Model, codes: Iterable[Code], resolution: int) -> dict[str, Any]:
    """Time from each code to its mesh with normals, and what the codes themselves took."""
    follower = Follower()
    times, edits, triangles = [], [], []
    began = time.perf_counter()
    for code in codes:
        made = time.perf_counter()
        mesh = follower.extract(model.field(code), resolution)
        ended = time.perf_counter()
        edits.append(made - began)
        times.append(ended - made)
        triangles.append(len(mesh.faces))
        began = time.perf_counter()
    # Percentiles of the values that were measured, not beyond them.
    hundredths = statistics.quantiles(times, n=100, method="inclusive")
    return {
        "resolution": resolution,
        "median_ms": round(1e3 * statistics.median(times), 2),
        "p95_ms": round(1e3 * hundredths[94], 2),
        "first_ms": round(1e3 * times[0], 2),
        "edit_ms": round(1e3 * statistics.median(edits), 2),
        "triangles": round(statistics.mean(triangles)),
    }


def _lock(
    model: Model, code: Code, resolution: int, backend: Backend, repeats: int
) -> dict[str, Any]:
    """Longest pause of another thread during extractions, and while nothing is done."""
    field = model.field(code)
    began = time.perf_counter()
    with Heartbeat() as busy:
        for _ in range(repeats):
            extract(field, resolution, backend=backend)
    with Heartbeat() as idle:
        time.sleep(time.perf_counter() - began)
    return {
        "resolution": resolution,
        "backend": backend,
        "longest_ms": round(1e3 * busy.longest, 2),
        "longest_idle_ms": round(1e3 * idle.longest, 2),
    }
