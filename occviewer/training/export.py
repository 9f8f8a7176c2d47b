"""From a finished run to a model that can be opened: checkpoint and card."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import torch

from occviewer.models.checkpoint import load_checkpoint, save_checkpoint
from occviewer.models.info import ModelInfo
from occviewer.networks import PointCloudNetwork
from occviewer.training.dataset import ShapeSet
from occviewer.training.loop import Trainer
from occviewer.training.scores import format_tables, summarise
from occviewer.training.validation import NOISE, score_occupancy


def export_run(trainer: Trainer, folders: list[Path], name: str) -> Path:
    """Write the averaged weights as ``model.safetensors`` and ``model.md`` into the run's folder.

    The threshold is the one that did best on the validation shapes. Where the data has
    a test split, its IoU by class goes into both files; ``occviewer evaluate --update``
    adds the scores that need surfaces.

    Returns
    -------
    Path of the checkpoint.

    Raises
    ------
    CheckpointError
        When the weights are not finite or the files cannot be written.
    """
    network = trainer.averaged_network().to("cpu")
    threshold = trainer.best_threshold
    info = ModelInfo(
        name=name,
        description=f"{network.architecture} network, point clouds of {network.point_count} points",
        threshold=threshold,
        noise=NOISE,
        classes=tuple(sorted({record.category for record in trainer.train_shapes.records})),
        licence="MIT",
        provenance=_provenance(trainer.train_shapes),
        training={
            "recipe": asdict(trainer.recipe),
            "minutes": round(trainer.seconds / 60, 1),
            "steps": trainer.step,
            "device": _device_name(trainer.device),
            "processes": trainer.processes.count,
            "torch": torch.__version__,
        },
        scores=_test_scores(network, folders, threshold),
    )
    path = trainer.run_folder / "model.safetensors"
    save_checkpoint(path, network, info)
    write_card(path.with_suffix(".md"), info)
    return path


def write_card(path: Path, info: ModelInfo) -> None:
    """Write the part of a model's card that the program knows; the rest is kept.

    A card that exists is only changed between its two marks, so that what people wrote
    about limits and pictures stays.
    """
    start, end = "<!-- scores: written by the program -->", "<!-- end of scores -->"
    body = f"{start}\n\n{_facts(info)}\n\n{end}"
    if path.exists():
        text = path.read_text(encoding="utf-8")
        head, found, tail = text.partition(start)
        if found:
            text = head + body + tail.partition(end)[2]
        else:
            text = f"{text.rstrip()}\n\n{body}\n"
    else:
        text = f"# {info.name}\n\n{body}\n"
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        temporary.write_text(text, encoding="utf-8")
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)


def update_scores(path: Path, table: Mapping[str, Any]) -> None:
    """Replace the scores in a checkpoint and in the card beside it.

    Raises
    ------
    CheckpointError
        When the checkpoint cannot be read or written.
    """
    network, info = load_checkpoint(path)
    info = replace(info, scores=dict(table))
    save_checkpoint(path, network, info)
    write_card(path.with_suffix(".md"), info)


def _facts(info: ModelInfo) -> str:
    training = info.training
    lines = [
        f"- Threshold: {info.threshold:g}",
        f"- Trained: {training.get('minutes', '?')} minutes, {training.get('steps', '?')} steps, "
        f"{training.get('device', '?')}",
        f"- Licence of the weights: {info.licence or 'not stated'}",
    ]
    if info.scores:
        lines += ["", "Test split, 3,000 points with noise 0.005:", "", format_tables(info.scores)]
    return "\n".join(lines)


def _test_scores(
    network: PointCloudNetwork, folders: list[Path], threshold: float
) -> dict[str, Any]:
    shapes = ShapeSet.if_any(folders, "test")
    if shapes is None:
        return {}
    return summarise(score_occupancy(network, shapes, threshold))


def _provenance(shapes: ShapeSet) -> dict[str, Any]:
    """Count shapes by library, licence and creator: who is to be credited for the data."""
    libraries: dict[str, Any] = {}
    for library in sorted({record.library for record in shapes.records}):
        records = [record for record in shapes.records if record.library == library]
        libraries[library or "unnamed"] = {
            "shapes": len(records),
            "licences": dict(Counter(record.licence or "not stated" for record in records)),
            "creators": sorted({record.creator for record in records if record.creator}),
        }
    return libraries


def _device_name(device: torch.device) -> str:
    if device.type == "cuda":
        return torch.cuda.get_device_name(device)
    return f"{device.type}, {torch.get_num_threads()} threads"
