"""A training recipe: a TOML file that says all there is to say about a run."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, is_dataclass
from pathlib import Path
from typing import Any, TypeVar, get_type_hints

from occviewer.assets import resources
from occviewer.errors import DataError
from occviewer.training.dataset import ExampleSettings

T = TypeVar("T")


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
    """

    minutes: float = 60.0
    steps: int = 0
    batch: int = 8
    learning_rate: float = 2e-3
    weight_decay: float = 1e-2
    warmup: int = 100
    clip: float = 1.0
    average: float = 0.998


@dataclass(frozen=True)
class Recipe:
    """Everything about a run but the data and the device.

    Attributes
    ----------
    network : dict
        Configuration for `occviewer.networks.build_network`.
    optimisation : Optimisation
    examples : ExampleSettings
    weights : dict
        How often shapes of a category are drawn, relative to 1.
    seed : int
    validate_every : float
        Minutes between validations.
    """

    network: dict[str, Any]
    optimisation: Optimisation = field(default_factory=Optimisation)
    examples: ExampleSettings = field(default_factory=ExampleSettings)
    weights: dict[str, float] = field(default_factory=dict)
    seed: int = 0
    validate_every: float = 5.0


def find_recipe(name: str) -> Path:
    """Find a recipe: a file, or the name of one that ships.

    Raises
    ------
    DataError
        When there is neither.
    """
    path = Path(name)
    if path.suffix == ".toml" or path.exists():
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
        When the file is missing or is no TOML, or names a setting that does not exist.
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
    values: dict[str, Any] = {}
    for key, value in settings.items():
        if key not in known:
            raise DataError(f"{where} has an unknown setting {key!r}; known: {', '.join(known)}.")
        expected = known[key]
        if is_dataclass(expected):
            if not isinstance(value, Mapping):
                raise DataError(f"{where}: {key!r} must be a table.")
            values[key] = _build(expected, value, f"{where}, [{key}]")  # type: ignore[arg-type]
        elif expected in (int, float, bool):
            values[key] = _number(value, expected, f"{where}: {key!r}")
        else:
            values[key] = value
    return kind(**values)


def _number(value: object, expected: type, where: str) -> object:
    fits = (
        isinstance(value, bool)
        if expected is bool
        else (isinstance(value, int | float) and not isinstance(value, bool))
    )
    if not fits or (expected is int and value != int(value)):  # type: ignore[call-overload]
        raise DataError(f"{where} must be a {expected.__name__}, not {value!r}.")
    return expected(value)
