"""From a finished run to a model that can be opened: checkpoint and card."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import torch

from occviewer.models.checkpoint import read_info, save_checkpoint, update_checkpoint
from occviewer.models.info import ModelInfo
from occviewer.networks import PointCloudNetwork
from occviewer.training.card import write_card
from occviewer.training.dataset import ShapeSet
from occviewer.training.loop import Trainer
from occviewer.training.observing import KINDS
from occviewer.training.scores import summarise
from occviewer.training.shape_file import ShapeRecord
from occviewer.training.validation import NOISE, score_occupancy

Progress = Callable[[int, int], None]


def export_run(
    trainer: Trainer,
    folders: list[Path],
    name: str,
    licence: str = "",
    progress: Progress = lambda done, total: None,
) -> Path:
    """Write the averaged weights as ``model.safetensors`` and ``model.md`` into the run's folder.

    The threshold is the one that did best on the validation shapes. Where the data has
    a test split, its IoU by class goes into both files; ``occviewer evaluate --update``
    adds the scores that need surfaces. The model is there before the scoring begins.

    Parameters
    ----------
    trainer : Trainer
        Of a run that was trained.
    folders : list of Path
        The data sets, for their test splits.
    name : str
        Of the model.
    licence : str
        Of the weights.
    progress : callable
        Told how many of how many observations have been scored.

    Returns
    -------
    Path of the checkpoint.

    Raises
    ------
    CheckpointError
        When the weights are not finite or the files cannot be written.
    """
    network = trainer.averaged_network()
    test = ShapeSet.if_any(folders, "test")
    info = ModelInfo(
        name=name,
        description=f"{network.architecture} network, point clouds of {network.point_count} points",
        threshold=trainer.best_threshold,
        noise=NOISE,
        classes=tuple(sorted({record.category for record in trainer.train_shapes.records})),
        licence=licence,
        provenance=provenance(trainer.train_shapes),
        training={
            "recipe": asdict(trainer.recipe),
            "minutes": round(trainer.seconds / 60, 1),
            "steps": trainer.step,
            "device": device_name(trainer.device),
            "processes": trainer.processes.count,
            "torch": str(torch.__version__),
            "shapes": {
                "train": len(trainer.train_shapes),
                "val": len(trainer.val_shapes or ()),
                "test": len(test or ()),
            },
        },
    )
    path = trainer.run_folder / "model.safetensors"
    save_checkpoint(path, network, info)
    write_card(path.with_suffix(".md"), info)
    if test is not None:
        update_scores(path, _test_scores(network, test, info, progress))
    return path


def update_scores(path: Path, table: Mapping[str, Any]) -> None:
    """Replace the scores in a checkpoint and in the card beside it, and keep the rest.

    Raises
    ------
    CheckpointError
        When the checkpoint cannot be read or written.
    """
    info = replace(read_info(path), scores=dict(table))
    update_checkpoint(path, info=info)
    write_card(path.with_suffix(".md"), info)


def provenance(shapes: ShapeSet) -> dict[str, Any]:
    """Count shapes by library, licence and creator: who is to be credited for the data."""
    return provenance_of(shapes.records)


def provenance_of(shapes: Sequence[ShapeRecord]) -> dict[str, Any]:
    """Count shapes of which these are the records, as `provenance` does."""
    libraries: dict[str, Any] = {}
    for library in sorted({record.library for record in shapes}):
        records = [record for record in shapes if record.library == library]
        libraries[library or "unnamed"] = {
            "shapes": len(records),
            "licences": dict(Counter(record.licence or "not stated" for record in records)),
            "creators": sorted({record.creator for record in records if record.creator}),
        }
    return libraries


def device_name(device: torch.device) -> str:
    """Name what computed, for people."""
    if device.type == "cuda":
        return torch.cuda.get_device_name(device)
    return f"{device.type}, {torch.get_num_threads()} threads"


def _test_scores(
    network: PointCloudNetwork, shapes: ShapeSet, info: ModelInfo, progress: Progress
) -> dict[str, Any]:
    scores = []
    for score in score_occupancy(network, shapes, info.threshold):
        scores.append(score)
        progress(len(scores), len(shapes) * len(KINDS))
    return summarise(scores)
