"""From a trained image network to its checkpoint and its card."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import torch

from occviewer.cutouts import SCREEN
from occviewer.models.checkpoint import read_info, save_checkpoint, update_checkpoint
from occviewer.models.info import ModelInfo
from occviewer.training.card import write_card
from occviewer.training.export import device_name, provenance_of
from occviewer.training.image_training import ImageTrainer
from occviewer.training.onet_image_training import OnetImageTrainer


def export_image_encoder(path: Path, trainer: ImageTrainer, weights: Mapping[str, float]) -> None:
    """Put a trained image encoder into the checkpoint of its model, and note it in the card.

    The model's networks and everything else in the checkpoint stay as they are; scores of an
    earlier image encoder go.

    Parameters
    ----------
    path : Path
        The checkpoint; its card lies beside it.
    trainer : ImageTrainer
        Of a run that was trained.
    weights : mapping of str to float
        How often shapes of a category or a library were drawn.

    Raises
    ------
    CheckpointError
        The weights are not finite, or a file cannot be read or written.
    """
    note = {**_note(trainer, weights), "leniency": trainer.encoder.leniency}
    info = read_info(path)
    info = replace(info, training={**info.training, "image": note})
    update_checkpoint(path, info=info, image=trainer.averaged())
    write_card(path.with_suffix(".md"), info)


def export_onet_image(trainer: OnetImageTrainer, weights: Mapping[str, float]) -> Path:
    """Write a trained network that takes pictures as ``model.safetensors``, and its card.

    Parameters
    ----------
    trainer : OnetImageTrainer
        Of a run that was trained.
    weights : mapping of str to float
        How often shapes of a category or a library were drawn.

    Returns
    -------
    Path of the checkpoint, in the run's folder.

    Raises
    ------
    CheckpointError
        The weights are not finite, or a file cannot be written.
    """
    note = _note(trainer, weights)
    records = trainer.source.records
    info = ModelInfo(
        name="onet-image",
        description=f"Occupancy Network for images of {note['pixels']} x {note['pixels']} pixels",
        threshold=trainer.best_threshold,
        classes=tuple(sorted({record.category for record in records})),
        provenance=note["provenance"],
        screen=SCREEN,
        training={**{key: note[key] for key in ("minutes", "steps", "device")}, "image": note},
    )
    path = trainer.run_folder / "model.safetensors"
    save_checkpoint(path, trainer.averaged(), info)
    write_card(path.with_suffix(".md"), info)
    return path


def update_image_scores(path: Path, scores: Mapping[str, Any]) -> None:
    """Replace the scores of the image encoder in a checkpoint and its card, and keep the rest.

    Raises
    ------
    CheckpointError
        When the checkpoint cannot be read or written.
    """
    info = read_info(path)
    note = {**info.training.get("image", {}), "scores": dict(scores)}
    info = replace(info, training={**info.training, "image": note})
    update_checkpoint(path, info=info)
    write_card(path.with_suffix(".md"), info)


def _note(trainer: ImageTrainer | OnetImageTrainer, weights: Mapping[str, float]) -> dict[str, Any]:
    """Make what the checkpoint says of the training."""
    records, views = trainer.source.records, trainer.train_views
    drawn = trainer.source is not views
    return {
        "minutes": round(trainer.seconds / 60, 1),
        "steps": trainer.step,
        "device": device_name(trainer.device),
        "torch": str(torch.__version__),
        "settings": asdict(trainer.settings),
        "weights": dict(weights),
        "pixels": trainer.settings.pixels,
        "shapes": len(records),
        "views": None if drawn else sum(len(views[index]) for index in views.usable),
        "provenance": provenance_of(records),
    }
