"""``occviewer bench extraction``: ours against the published pipeline, on the same weights."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch

from occviewer.arrays import BoolArray, Float32Array
from occviewer.benchmarks.chair import fitted_onet, overlap
from occviewer.benchmarks.counting import dense_signs, needed_points, signs_of_mesh
from occviewer.benchmarks.measuring import REPEATS, machine, median_seconds, peak_megabytes
from occviewer.benchmarks.mise import Logits, marching_cubes, mise
from occviewer.benchmarks.samples import sample_code
from occviewer.extraction import extract, extract_with_report
from occviewer.models import Model, NetworkField
from occviewer.models.prepared import layered_decoder
from occviewer.networks import Features, PointCloudNetwork

_BOX = ((-0.55,) * 3, (0.55,) * 3)


@dataclass(frozen=True)
class Settings:
    """How much the benchmark does.

    Attributes
    ----------
    resolutions : tuple of int
        Cells a side, 32 times a power of two.
    large : tuple of int
        Cells a side of the large meshes, where they are asked for.
    repeats : int
        Measurements of which the median is taken.
    width, steps : int
        Of the ONet decoder, and of fitting it.
    """

    resolutions: tuple[int, ...] = (64, 128, 256)
    large: tuple[int, ...] = (256, 512, 1024)
    repeats: int = REPEATS
    width: int = 256
    steps: int = 400


QUICK = Settings(resolutions=(64,), large=(32, 64), repeats=1, width=16, steps=200)


@dataclass(frozen=True)
class Shape:
    """A network and the code of one shape.

    Attributes
    ----------
    name : str
        What the table calls it.
    network : PointCloudNetwork
        In evaluation mode.
    features : dict of Tensor
        Batches of one, on the network's device.
    level : float
        Logit of the surface.
    bounds : (2, 3) float32
        The box.
    """

    name: str
    network: PointCloudNetwork
    features: Features
    level: float
    bounds: Float32Array

    def field(self) -> NetworkField:
        """Prepare the code, as the program does."""
        return NetworkField(self.network, self.features, self.level, self.bounds)

    def layers(self) -> Logits:
        """Ask the network layer by layer, as the published code does."""
        decode = layered_decoder(self.network, self.features)
        device = next(iter(self.features.values())).device

        def logits(points: Float32Array) -> Float32Array:
            with torch.no_grad():
                answers: Float32Array = decode(torch.from_numpy(points).to(device)).cpu().numpy()
            return answers

        return logits


def bench_extraction(
    model: Model,
    settings: Settings,
    *,
    large: bool = False,
    weights: Path | None = None,
    tell: Callable[[str], None] = lambda text: None,
) -> dict[str, Any]:
    """Measure extraction and the published pipeline in one run.

    Parameters
    ----------
    model : Model
        Measured on a chair's scan, beside an ONet that is fitted to a chair.
    settings : Settings
        How much to do.
    large : bool
        Also measure the model at the large resolutions.
    weights : Path, optional
        Where the fitted ONet is kept between runs.
    tell : callable
        Told what is being done.

    Returns
    -------
    dict
        JSON values: ``machine``, ``settings``, ``rows`` and, with `large`, ``large``.
    """
    tell("fitting an ONet decoder to a chair")
    onet, features = fitted_onet(settings.steps, settings.width, weights)
    features = {name: tensor.to(model.device) for name, tensor in features.items()}
    fitted = overlap(onet, {name: tensor.cpu() for name, tensor in features.items()})
    chair = Shape("onet", onet.to(model.device), features, 0.0, np.array(_BOX, np.float32))
    shipped = _shape_of(model)
    rows = []
    for shape in (chair, shipped):
        for resolution in settings.resolutions:
            tell(f"{shape.name} at {resolution}")
            rows.append(_compare(shape, resolution, settings.repeats))
    found = {
        "benchmark": "extraction",
        "machine": machine(str(model.device)),
        "settings": {**vars(settings), "onet_iou": round(fitted, 4)},
        "rows": rows,
    }
    if large:
        found["large"] = list(_large(shipped, settings, tell))
    return found


def _shape_of(model: Model) -> Shape:
    code = sample_code(model, "chair")
    features = {name: tensor[None] for name, tensor in code.tensors.items()}
    return Shape(
        model.name, model.network, features, model.level, np.array(model.info.bounds, np.float32)
    )


def _compare(shape: Shape, resolution: int, repeats: int) -> dict[str, Any]:
    """One row of the table; both begin with the code and end with a mesh."""
    level, bounds = shape.level, shape.bounds

    def ours() -> tuple[Any, Any]:
        return extract_with_report(shape.field(), resolution)

    def reference() -> tuple[Any, Any]:
        dense = mise(shape.layers(), resolution, level, bounds)
        return dense, marching_cubes(dense, level, bounds)

    seconds, (mesh, report) = median_seconds(ours, repeats)
    reference_seconds, (dense, (_, triangles)) = median_seconds(reference, repeats)
    signs = dense_signs(shape.field().logits, resolution, level, bounds)
    needed = needed_points(signs)
    return {
        "network": shape.name,
        "resolution": resolution,
        "needed_points": needed,
        "faster": round(reference_seconds / seconds, 2),
        "ours": {
            "seconds": round(seconds, 4),
            "points": report.points_asked,
            "points_per_needed": round(report.points_asked / needed, 3),
            "sign_differences": _differences(signs_of_mesh(mesh, resolution, bounds), signs),
            "peak_mb": peak_megabytes(ours),
            "triangles": len(mesh.faces),
        },
        "reference": {
            "seconds": round(reference_seconds, 4),
            "points": dense.asked,
            "points_per_needed": round(dense.asked / needed, 3),
            "sign_differences": _differences(dense.values >= np.float32(level), signs),
            "peak_mb": peak_megabytes(reference),
            "triangles": len(triangles),
        },
    }


def _differences(found: BoolArray, wanted: BoolArray) -> int:
    return int((found != wanted).sum())


def _large(
    shape: Shape, settings: Settings, tell: Callable[[str], None]
) -> Iterator[dict[str, Any]]:
    """Rows of time and memory at large resolutions; times are compared with the first."""
    first: float | None = None
    for resolution in settings.large:
        tell(f"{shape.name} at {resolution}")
        work = partial(extract, shape.field(), resolution)
        peak = peak_megabytes(work)
        seconds, _ = median_seconds(work, settings.repeats)
        first = seconds if first is None else first
        yield {
            "resolution": resolution,
            "seconds": round(seconds, 3),
            "times_the_first": round(seconds / first, 2),
            "square_growth": (resolution / settings.large[0]) ** 2,
            "peak_mb": peak,
        }
