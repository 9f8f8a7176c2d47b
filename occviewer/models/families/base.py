"""What is known of a family of published networks, and how its files are told apart."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from torch import Tensor

from occviewer.errors import CheckpointError

Shapes = Mapping[str, tuple[int, ...]]
"""Names and shapes of the tensors of a file."""

Settings = Mapping[str, Any]
"""What the tensors do not say: from the person, from a configuration file, or from names."""

Config = dict[str, Any]
"""What `occviewer.networks.build_network` takes."""


@dataclass(frozen=True)
class Setting:
    """Something that a file's tensors do not say.

    Attributes
    ----------
    meaning : str
        For people, with the values that it can have.
    default : object
        What was published, or None where a network's shapes decide.
    choices : tuple of str
        All values that it can have, where these are few.
    """

    meaning: str
    default: Any = None
    choices: tuple[str, ...] = ()


COMMON: Mapping[str, Setting] = {
    "name": Setting("how people call the model"),
    "normalisation": Setting(
        "what of an observation gets length 1: box or sphere", choices=("box", "sphere")
    ),
    "scale": Setting("network units per box unit"),
    "axes": Setting("box axes that become the network's x, y and z, such as xyz or x-zy"),
    "bound": Setting("half the side of the box in which the field is asked, box units"),
}
"""Settings that every family has."""


class MissingSettingError(CheckpointError):
    """A file does not say what has to be known, and no default would be right.

    Attributes
    ----------
    setting : str
        The name of what is missing.
    choices : tuple of str
        What it can be, the most likely one first.
    """

    def __init__(self, message: str, setting: str, choices: tuple[str, ...]) -> None:
        super().__init__(message)
        self.setting, self.choices = setting, choices


def _same(tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    return tensors


@dataclass(frozen=True)
class Family:
    """A family of published networks.

    Attributes
    ----------
    name : str
        Short, for programs.
    title : str
        For people, with authors and year.
    licence : str
        Of the published weights, as far as their project says.
    configure : function
        From shapes and settings to the configuration of a network. It never fails for what
        is missing: it then takes what was published, so that the difference can be told.
    describe : function
        From configuration and settings to attributes of `ModelInfo` that differ from their
        defaults.
    settings : mapping of str to Setting
        What can be set; its defaults are the published ones.
    from_file : function
        Settings out of a published configuration file that was read as a mapping.
    from_name : function
        Settings that the published names of files and folders tell.
    rename : function
        From the tensors of the file to those of our network.
    companions : function
        Tensors of other files that belong to the one at a path.
    from_tensors : function
        Settings that the sizes of the renamed weights suggest.
    require : function
        From the given settings and those that the weights suggest; raises `CheckpointError`
        with the rest of a sentence where something must be told by the person.
    ignored : str
        Regular expression of tensors that may lie in the file or be missing from it.
    """

    name: str
    title: str
    configure: Callable[[Shapes, Settings], Config]
    describe: Callable[[Config, Settings], dict[str, Any]]
    settings: Mapping[str, Setting] = field(default_factory=dict)
    from_file: Callable[[Mapping[str, Any]], dict[str, Any]] = lambda _: {}
    from_name: Callable[[Path], dict[str, Any]] = lambda _: {}
    rename: Callable[[dict[str, Tensor]], dict[str, Tensor]] = _same
    companions: Callable[[Path], dict[str, Tensor]] = lambda _: {}
    from_tensors: Callable[[dict[str, Tensor]], dict[str, Any]] = lambda _: {}
    require: Callable[[Settings, Settings], None] = lambda _given, _guessed: None
    ignored: str = r"$^"
    licence: str = ""


def rows(shapes: Shapes, name: str, default: int) -> int:
    """Length of the first dimension of a tensor, or what was published where it is not there."""
    shape = shapes.get(name)
    return shape[0] if shape else default


def columns(shapes: Shapes, name: str, default: int) -> int:
    """Length of the second dimension of a tensor, or what was published."""
    shape = shapes.get(name)
    return shape[1] if shape and len(shape) > 1 else default


def count(shapes: Shapes, pattern: str) -> int:
    r"""Count numbers that a pattern's group takes: ``count(s, r"blocks\.(\d+)\.")``."""
    matcher = re.compile(pattern)
    return len({found[1] for name in shapes if (found := matcher.match(name))})


def has(shapes: Shapes, start: str) -> bool:
    """Whether the name of a tensor begins so."""
    return any(name.startswith(start) for name in shapes)


def section(config: Mapping[str, Any], *path: str) -> Mapping[str, Any]:
    """Find a mapping inside a mapping; empty where there is none."""
    at: Any = config
    for key in path:
        at = at.get(key) if isinstance(at, Mapping) else None
    return at if isinstance(at, Mapping) else {}


def chosen(**values: Any) -> dict[str, Any]:  # noqa: ANN401 - settings of any type
    """Keep only the values that are there."""
    return {name: value for name, value in values.items() if value is not None}
