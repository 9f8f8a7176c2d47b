"""A training recipe: a TOML file that says all there is to say about a run."""

from __future__ import annotations

import math
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, is_dataclass
from pathlib import Path
from typing import Any, TypeVar, get_type_hints

from occviewer.assets import resources
from occviewer.errors import DataError
from occviewer.training.dataset import ExampleSettings

T = TypeVar("T")

_NUMBERS = {int: "a whole number", float: "a number", bool: "true or false"}


@dataclass(frozen=True)
class Optimisation:
    """How the weights are moved.

    Attributes
    ----------
    minutes : float
        Training time; the learning rate follows a cosine over it. Time spent before an
        interruption counts.
    steps : int
        Stop after so many steps even if there is time left; 0 for no such limit.
    batch : int
        Shapes a step and process.
    learning_rate, weight_decay : float
        Of AdamW.
    warmup : int
        Steps over which the learning rate rises.
    clip : float
        Largest norm of the gradient.
    average : float
        Decay of the exponential moving average of the weights, which is what is saved.

    Raises
    ------
    ValueError
        When a value is out of its range.
    """

    minutes: float = 60.0
    steps: int = 0
    batch: int = 8
    learning_rate: float = 2e-3
    weight_decay: float = 1e-2
    warmup: int = 100
    clip: float = 1.0
    average: float = 0.998

    def __post_init__(self) -> None:
        for name in ("minutes", "batch", "learning_rate", "clip"):
            if getattr(self, name) <= 0:
                raise ValueError(f"{name} must be more than 0")
        for name in ("steps", "weight_decay", "warmup"):
            if getattr(self, name) < 0:
                raise ValueError(f"{name} must be 0 or more")
        if not 0 <= self.average < 1:
            raise ValueError("average must be at least 0 and less than 1")


@dataclass(frozen=True)
class Recipe:
    """Everything about a run but the data and the device.

    Attributes
    ----------
    network : dict
        Configuration for `occviewer.networks.build_network`. Where it does not say how many
        points the encoder is made for, it is the number of points of the examples.
    optimisation : Optimisation
    examples : ExampleSettings
    weights : dict
        How often shapes of a category or a library are drawn, relative to 1; the product of
        the two where both are named.
    seed : int
    validate_every : float
        Minutes of training between validations.

    Raises
    ------
    ValueError
        When a value is out of its range.
    """

    network: dict[str, Any]
    optimisation: Optimisation = field(default_factory=Optimisation)
    examples: ExampleSettings = field(default_factory=ExampleSettings)
    weights: dict[str, float] = field(default_factory=dict)
    seed: int = 0
    validate_every: float = 5.0

    def __post_init__(self) -> None:
        if self.seed < 0:
            raise ValueError("seed must be 0 or more")
        if self.validate_every <= 0:
            raise ValueError("validate_every must be more than 0")
        if any(weight < 0 for weight in self.weights.values()):
            raise ValueError("weights must be 0 or more")


def find_recipe(name: str) -> Path:
    """Find a recipe: a file, or the name of one that ships.

    Raises
    ------
    DataError
        When there is neither.
    """
    path = Path(name)
    if path.suffix == ".toml" or path.is_file():
        return path
    folder = resources() / "recipes"
    shipped = folder / f"{name}.toml"
    if not shipped.exists():
        known = ", ".join(sorted(file.stem for file in folder.glob("*.toml")))
        raise DataError(f"There is no recipe {name!r}: give a .toml file or one of {known}.")
    return shipped


def load_recipe(path: Path) -> Recipe:
    """Read a recipe.

    Raises
    ------
    DataError
        When the file is missing or is no TOML, names a setting that does not exist, or
        gives one an impossible value.
    """
    try:
        with path.open("rb") as file:
            settings = tomllib.load(file)
    except OSError as error:
        reason = error.strerror or error
        raise DataError(f"The recipe {path} cannot be read: {reason}.") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise DataError(f"The recipe {path} is not valid TOML: {error}.") from error
    if not isinstance(settings.get("network"), dict) or "architecture" not in settings["network"]:
        raise DataError(f"The recipe {path} needs a table [network] with an architecture.")
    return _build(Recipe, settings, f"The recipe {path}")


def _build(kind: type[T], settings: Mapping[str, Any], where: str) -> T:
    """Make a dataclass of nested tables, naming what does not fit."""
    hints = get_type_hints(kind)
    known = {f.name: hints[f.name] for f in fields(kind)}  # type: ignore[arg-type]
    for key in settings:
        if key not in known:
            raise DataError(f"{where} has an unknown setting {key!r}; known: {', '.join(known)}.")
    values = {key: _value(settings[key], known[key], where, key) for key in settings}
    try:
        return kind(**values)
    except ValueError as error:
        raise DataError(f"{where}: {error}.") from error


def _value(value: object, expected: Any, where: str, key: str) -> Any:  # noqa: ANN401 - a setting
    """Check one setting against the type that its dataclass declares."""
    if expected in _NUMBERS:
        return _number(value, expected, f"{where}: {key!r}")
    if not isinstance(value, Mapping):
        raise DataError(f"{where}: {key!r} must be a table, not {value!r}.")
    if is_dataclass(expected):
        return _build(expected, value, f"{where}, [{key}]")  # type: ignore[arg-type]
    if expected == dict[str, float]:
        place = f"{where}, [{key}]"
        return {name: _number(value[name], float, f"{place}: {name!r}") for name in value}
    return dict(value)


def _number(value: object, expected: type, where: str) -> object:
    if expected is bool:
        fits = isinstance(value, bool)
    else:
        is_number = isinstance(value, int | float) and not isinstance(value, bool)
        fits = is_number and math.isfinite(value)  # type: ignore[arg-type]
    if not fits or (expected is int and value != int(value)):  # type: ignore[call-overload]
        raise DataError(f"{where} must be {_NUMBERS[expected]}, not {value!r}.")
    return expected(value)
