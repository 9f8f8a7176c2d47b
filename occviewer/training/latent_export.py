"""From a trained bottleneck to the checkpoint of its model, and its card."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import torch

from occviewer.models import open_model
from occviewer.models.checkpoint import read_info, update_checkpoint
from occviewer.networks.bottleneck import Bottleneck
from occviewer.training.card import write_card
from occviewer.training.dataset import ShapeSet
from occviewer.training.export import device_name, provenance
from occviewer.training.latent_axes import measure_axes
from occviewer.training.latent_scores import LatentScore, measured_leniency, score_latent
from occviewer.training.latent_steps import measure_steps
from occviewer.training.latent_training import LatentTrainer
from occviewer.training.latent_waypoints import measure_waypoints

Progress = Callable[[str, int, int], None]


def export_latent(
    path: Path,
    trainer: LatentTrainer,
    weights: Mapping[str, float],
    progress: Progress = lambda what, done, total: None,
) -> Bottleneck:
    """Measure axes and waypoints of a trained bottleneck and put it into its model's checkpoint.

    The model's network and everything else in the checkpoint stay as they are.

    Parameters
    ----------
    path : Path
        The checkpoint; its card lies beside it.
    trainer : LatentTrainer
        Of a run that was trained.
    weights : mapping of str to float
        How often shapes of a category or a library were drawn.
    progress : callable
        Told what is done, and how many of how many; may raise to stop.

    Returns
    -------
    Bottleneck
        What was stored.

    Raises
    ------
    CheckpointError
        The weights are not finite, or a file cannot be read or written.
    DataError
        There are too few shapes to measure axes on.
    """
    bottleneck = trainer.averaged()
    settings = trainer.settings
    measure_axes(
        trainer.network,
        bottleneck,
        trainer.train_shapes,
        weights,
        settings.seed,
        lambda done, total: progress("shapes placed along the axes", done, total),
    )
    measure_waypoints(
        trainer.network,
        bottleneck,
        trainer.train_shapes,
        trainer.level,
        weights,
        settings.seed,
        lambda done, total: progress("shapes looked at as waypoints", done, total),
    )
    bottleneck.leniency = measured_leniency(
        trainer.network,
        bottleneck,
        trainer.train_shapes,
        trainer.level,
        lambda done, total: progress("outlines of thin shapes asked for", done, total),
    )
    measure_steps(
        open_model(path, str(trainer.device)),
        bottleneck,
        lambda done, total: progress("steps between waypoints looked at", done, total),
    )
    _note(
        path,
        {
            "minutes": round(trainer.seconds / 60, 1),
            "steps": trainer.step,
            "device": device_name(trainer.device),
            "torch": str(torch.__version__),
            "settings": asdict(settings),
            "weights": dict(weights),
            "size": bottleneck.size,
            "leniency": bottleneck.leniency,
            "waypoints": bottleneck.config["waypoints"],
            "neighbours": bottleneck.config["neighbours"],
            "shapes": len(trainer.train_shapes),
            "provenance": provenance(trainer.train_shapes),
        },
        bottleneck,
    )
    return bottleneck


def score_and_note(
    path: Path,
    trainer: LatentTrainer,
    bottleneck: Bottleneck,
    level: float,
    shapes: Mapping[str, ShapeSet],
    progress: Progress = lambda what, done, total: None,
) -> dict[str, LatentScore]:
    """Score what ``z`` alone gives and write it into the checkpoint and its card.

    Parameters
    ----------
    path, trainer, bottleneck
        As for `export_latent`, which was done before.
    level : float
        Logit at which surfaces lie.
    shapes : mapping of str to ShapeSet
        Sets to score by the names of their splits.
    progress : callable

    Raises
    ------
    CheckpointError
        When a file cannot be read or written.
    """
    scores = {
        split: score_latent(
            trainer.network,
            bottleneck,
            chosen,
            level,
            lambda done, total, split=split: progress(f"{split} shapes scored", done, total),  # type: ignore[misc]
        )
        for split, chosen in shapes.items()
    }
    rows = {
        split: {
            name: round(value, 4) if isinstance(value, float) else value
            for name, value in asdict(score).items()
            if not (isinstance(value, float) and math.isnan(value))
        }
        for split, score in scores.items()
    }
    _note(path, {**read_info(path).training["latent"], "scores": rows})
    return scores


def _note(path: Path, note: Mapping[str, Any], bottleneck: Bottleneck | None = None) -> None:
    info = read_info(path)
    info = replace(info, training={**info.training, "latent": dict(note)})
    update_checkpoint(path, info=info, latent=bottleneck)
    write_card(path.with_suffix(".md"), info)
