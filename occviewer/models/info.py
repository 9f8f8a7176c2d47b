"""What a checkpoint says of its model besides the weights."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any

BOX = 0.55
"""Half the side of the box in which the house networks are trained and queried."""

SOFTNESS = 0.01
"""Distance over which the occupancy of a signed distance changes by one logit."""

VALUES = ("logits", "occupancy", "distance")
NORMALISATIONS = ("box", "sphere")

_WHOLE_BOX = ((-BOX, -BOX, -BOX), (BOX, BOX, BOX))


@dataclass(frozen=True)
class ModelInfo:
    """What is known about a model; all of it is stored in the checkpoint.

    Attributes
    ----------
    name : str
        How people call the model.
    description : str
        One line: what the model does, for lists.
    threshold : float
        Probability at which the surface lies, between 0 and 1.
    noise : float
        Standard deviation (box units) of the noise on points that the model is made for.
    bounds : ((float, float, float), (float, float, float))
        Lowest and highest corner of the box in which the field may be queried.
    classes : tuple of str
        Kinds of shapes the model was trained on.
    licence : str
        Of the weights.
    provenance : mapping
        Where the training data came from: sources, creators, licences.
    training : mapping
        How it was trained: recipe, time, device.
    scores : mapping
        What it reached on the test split.
    statistics : mapping
        Figures of the model that later work needs, by name.
    family : str
        Short name of the published family the network is of; empty for the project's own.
    values : {"logits", "occupancy", "distance"}
        What the field's values are; see `occviewer.networks.base.Values`.
    normalisation : {"box", "sphere"}
        What of an observation gets length 1: the longest side of its bounding box, or the
        diameter of the sphere about the box's centre that holds it.
    screen : (int, int, int)
        Colour behind the shape, 0 … 255, in pictures that the network was trained on; white
        in those of published networks.
    assumed : mapping
        What the file did not say, by name: the published default that was taken, which
        ``settings`` of `occviewer.models.open_model` change.
    warnings : tuple of str
        What a person should know before trusting the model.
    occviewer_version : str
        Version of the program that wrote the checkpoint; filled in when it is saved.
    """

    name: str = "unnamed"
    description: str = ""
    threshold: float = 0.5
    noise: float = 0.005
    bounds: tuple[tuple[float, float, float], tuple[float, float, float]] = _WHOLE_BOX
    classes: tuple[str, ...] = ()
    licence: str = ""
    provenance: Mapping[str, Any] = field(default_factory=dict)
    training: Mapping[str, Any] = field(default_factory=dict)
    scores: Mapping[str, Any] = field(default_factory=dict)
    statistics: Mapping[str, Any] = field(default_factory=dict)
    family: str = ""
    values: str = "logits"
    normalisation: str = "box"
    screen: tuple[int, int, int] = (255, 255, 255)
    assumed: Mapping[str, Any] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()
    occviewer_version: str = ""

    def __post_init__(self) -> None:
        """Check the values and bring sequences into their types.

        Raises
        ------
        ValueError
            When a value has the wrong type or is out of its range.
        """
        for name in ("name", "description", "licence", "family", "occviewer_version"):
            _require(isinstance(getattr(self, name), str), f"{name} must be text")
        _require(_is_number(self.threshold) and 0 < self.threshold < 1, "threshold must be in 0..1")
        _require(_is_number(self.noise) and self.noise >= 0, "noise must be 0 or more")
        _require(_is_box(self.bounds), "bounds must be a lowest and a highest corner")
        low, high = (tuple(float(value) for value in corner) for corner in self.bounds)
        object.__setattr__(self, "bounds", (low, high))
        for name in ("classes", "warnings"):
            texts = getattr(self, name)
            is_list = isinstance(texts, list | tuple) and all(isinstance(t, str) for t in texts)
            _require(is_list, f"{name} must be texts")
            object.__setattr__(self, name, tuple(texts))
        _require(self.values in VALUES, f"values must be one of {VALUES}")
        _require(self.normalisation in NORMALISATIONS, f"normalisation is not in {NORMALISATIONS}")
        _require(_is_color(self.screen), "screen must be three whole numbers in 0..255")
        object.__setattr__(self, "screen", tuple(self.screen))
        for name in ("provenance", "training", "scores", "statistics", "assumed"):
            _require(isinstance(getattr(self, name), Mapping), f"{name} must be a mapping")

    @property
    def level(self) -> float:
        """The value of the field at the surface.

        The logit of the threshold; the threshold itself where values are occupancies. Where
        they are distances, 0 at the threshold 0.5: others move the surface as if occupancy
        were the logistic function of the distance over `SOFTNESS`.
        """
        if self.values == "occupancy":
            return self.threshold
        logit = math.log(self.threshold / (1 - self.threshold))
        return logit * SOFTNESS if self.values == "distance" else logit

    def to_metadata(self) -> dict[str, str]:
        """One JSON text for each attribute."""
        return {item.name: json.dumps(_plain(getattr(self, item.name))) for item in fields(self)}

    @classmethod
    def from_metadata(cls, metadata: Mapping[str, str]) -> ModelInfo:
        """Inverse of `to_metadata`; what is not there takes its default.

        Raises
        ------
        ValueError
            When a text is no JSON or a value impossible.
        """
        names = {item.name for item in fields(cls)}
        return cls(**{name: json.loads(text) for name, text in metadata.items() if name in names})


def _plain(value: Any) -> Any:  # noqa: ANN401 - anything that JSON knows
    return dict(value) if isinstance(value, Mapping) else value


def _require(condition: bool, sentence: str) -> None:
    if not condition:
        raise ValueError(sentence)


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _is_color(value: object) -> bool:
    return (
        isinstance(value, list | tuple)
        and len(value) == 3
        and all(type(part) is int and 0 <= part <= 255 for part in value)
    )


def _is_box(bounds: object) -> bool:
    if not (isinstance(bounds, list | tuple) and len(bounds) == 2):
        return False
    low, high = bounds
    for corner in (low, high):
        if not (isinstance(corner, list | tuple) and len(corner) == 3):
            return False
        if not all(_is_number(value) for value in corner):
            return False
    return all(a < b for a, b in zip(low, high, strict=True))
