"""Configuration files beside a checkpoint: ``*.yaml`` and ``specs.json``."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

_LARGEST = 1_000_000
_SPECS = "specs.json"


@dataclass(frozen=True)
class Sidecar:
    """What lies beside a checkpoint.

    Attributes
    ----------
    path : Path or None
        The file that was read; None where there is none.
    config : mapping
        What it says.
    notes : tuple of str
        Files that could not be read.
    """

    path: Path | None = None
    config: Mapping[str, Any] = field(default_factory=dict)
    notes: tuple[str, ...] = ()


def read_sidecar(path: Path) -> Sidecar:
    """Read the configuration that lies beside a checkpoint.

    That is the YAML file of the same name, else ``config.yaml``, else the only YAML file of
    the folder, else ``specs.json`` there or one folder further up. What cannot be read
    is noted.

    Parameters
    ----------
    path : Path
        The checkpoint.
    """
    notes: list[str] = []
    for candidate in _candidates(path):
        found = _mapping(candidate)
        if found is not None:
            return Sidecar(candidate, found, tuple(notes))
        notes.append(f"{candidate.name} beside it cannot be read, and was not used")
    return Sidecar(notes=tuple(notes))


def _candidates(path: Path) -> list[Path]:
    folder = path.parent
    named = [path.with_suffix(suffix) for suffix in (".yaml", ".yml")]
    named += [folder / "config.yaml", folder / "config.yml"]
    present = [file for file in named if file.is_file()]
    if not present:
        try:
            every = sorted(f for f in folder.iterdir() if f.suffix.lower() in (".yaml", ".yml"))
        except OSError:
            every = []
        present = every if len(every) == 1 else []
    return [*present, *(f for f in (folder / _SPECS, folder.parent / _SPECS) if f.is_file())]


def _mapping(path: Path) -> Mapping[str, Any] | None:
    try:
        if path.stat().st_size > _LARGEST:
            return None
        text = path.read_text("utf-8")
        found = json.loads(text) if path.suffix == ".json" else yaml.safe_load(text)
    except (OSError, ValueError, RecursionError, yaml.YAMLError):
        return None
    if not isinstance(found, dict):
        return None
    inherited = found.get("inherit_from")
    if isinstance(inherited, str):
        # The published files name it from the root of their project.
        for base in (path.parent / Path(inherited).name, path.parent.parent / Path(inherited).name):
            if base.is_file() and base != path:
                return _merged(_mapping(base) or {}, found)
    return found


def _merged(base: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    result = dict(base)
    for key, value in over.items():
        old = result.get(key)
        both = isinstance(old, Mapping) and isinstance(value, Mapping)
        result[key] = _merged(old, value) if both else value  # type: ignore[arg-type]
    return result
