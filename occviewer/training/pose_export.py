"""From a trained pose network to the checkpoint that it belongs to, and its card."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import torch

from occviewer.models.checkpoint import read_info, update_checkpoint
from occviewer.models.info import ModelInfo
from occviewer.training.card import write_card
from occviewer.training.dataset import ShapeSet
from occviewer.training.export import device_name, provenance
from occviewer.training.pose_examples import MIX
from occviewer.training.pose_scores import PoseAccuracy
from occviewer.training.pose_training import PoseSettings, TrainedPose


def own_weights(info: ModelInfo) -> dict[str, float]:
    """How often the model's own training drew shapes of a category or a library.

    Empty where the model does not say it.
    """
    recipe = info.training.get("recipe")
    weights = recipe.get("weights") if isinstance(recipe, Mapping) else None
    return dict(weights) if isinstance(weights, Mapping) else {}


def export_pose_network(
    path: Path,
    trained: TrainedPose,
    settings: PoseSettings,
    shapes: ShapeSet,
    weights: Mapping[str, float],
    device: torch.device,
) -> None:
    """Put a pose network into a checkpoint, with what it was trained on, and renew the card.

    The occupancy network and everything else in the checkpoint stay as they are.

    Parameters
    ----------
    path : Path
        The checkpoint; its card lies beside it.
    trained : TrainedPose
        The network, its steps and its time.
    settings : PoseSettings
        By which it was trained.
    shapes : ShapeSet
        On which it was trained.
    weights : mapping of str to float
        How often shapes of a category or a library were drawn.
    device : torch.device
        That it was trained on.

    Raises
    ------
    CheckpointError
        When the weights are not finite, or a file cannot be read or written.
    """
    note = {
        "minutes": round(trained.minutes, 1),
        "steps": trained.steps,
        "device": device_name(device),
        "torch": str(torch.__version__),
        "settings": asdict(settings),
        "mix": asdict(MIX),
        "weights": dict(weights),
        "shapes": len(shapes),
        "provenance": provenance(shapes),
    }
    _note(path, note, trained)


def note_pose_accuracy(path: Path, accuracy: PoseAccuracy) -> None:
    """Write into a checkpoint and its card how well its pose network did on validation shapes.

    Raises
    ------
    CheckpointError
        When a file cannot be read or written.
    """
    values = {
        name: round(value, 4) if isinstance(value, float) else value
        for name, value in asdict(accuracy).items()
    }
    _note(path, {**read_info(path).training["pose"], "accuracy": values})


def _note(path: Path, note: Mapping[str, Any], trained: TrainedPose | None = None) -> None:
    info = read_info(path)
    info = replace(info, training={**info.training, "pose": dict(note)})
    update_checkpoint(path, info=info, pose=None if trained is None else trained.network)
    write_card(path.with_suffix(".md"), info)
