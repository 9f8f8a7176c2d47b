"""Published checkpoints: recognised by their tensors, opened as they are."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any

from torch import Tensor

from occviewer.errors import CheckpointError
from occviewer.models.families import FAMILIES, Family
from occviewer.models.families.base import COMMON, MissingSettingError
from occviewer.models.info import ModelInfo
from occviewer.models.recognition import Fit, fit, recognise
from occviewer.models.sidecar import Sidecar, read_sidecar
from occviewer.models.sniffing import SUFFIX, one_line, weights_in
from occviewer.models.torch_files import Contents, read_contents
from occviewer.networks import OccupancyNetwork

_COUNTS = (
    *("points", "latents", "side", "window"),
    *("plane_resolution", "grid_resolution"),
)
_NUMBERS = (
    *("threshold", "noise", "padding", "unit_size", "gaussian"),
    *("omega", "first_omega", "scale", "bound"),
)
_MOST = 10_000_000


def open_foreign(path: Path, settings: Mapping[str, Any]) -> tuple[OccupancyNetwork, ModelInfo]:
    """Open a file of a published network; see `occviewer.models.checkpoint.load_checkpoint`."""
    path = weights_in(path)
    contents = read_contents(path)
    beside = read_sidecar(path)
    settings = _checked(path, settings)
    renamed = {family.name: family.rename(contents.tensors) for family in FAMILIES}
    # By the tensors alone: what is set or written beside them changes no name and no shape.
    found = recognise(path, [(f, shapes_of(renamed[f.name]), {}) for f in FAMILIES], _hint(path))
    _check(path, found.family, settings)
    given = _given(found.family, path, beside)
    tensors = {**renamed[found.family.name], **found.family.companions(path)}
    guessed = found.family.from_tensors(tensors)
    try:
        found.family.require({**given, **settings}, guessed)
    except MissingSettingError as error:
        raise MissingSettingError(f"{path}: {error}.", error.setting, error.choices) from error
    again = fit(found.family, shapes_of(tensors), {**guessed, **given, **settings})
    if isinstance(again, str) or not again.fits:
        why = again if isinstance(again, str) else again.differences()
        raise CheckpointError(
            f"{path} is of the family {found.family.name} and cannot be opened "
            f"with these settings: {why}; change them or leave them out."
        )
    found = again
    info = _info(path, found, contents, given, settings, beside)
    return _filled(found, tensors), info


def shapes_of(tensors: Mapping[str, Tensor]) -> dict[str, tuple[int, ...]]:
    """Shapes of tensors by their names."""
    return {name: tuple(tensor.shape) for name, tensor in tensors.items()}


def _given(family: Family, path: Path, beside: Sidecar) -> dict[str, Any]:
    """Gather what names and the configuration beside the file say, which knows better."""
    given = {**family.from_name(path), **family.from_file(beside.config)}
    return _checked(beside.path or path, given)


def _filled(found: Fit, tensors: Mapping[str, Tensor]) -> OccupancyNetwork:
    wanted = found.network.state_dict()
    state = {}
    for name, place in wanted.items():
        value = tensors.get(name)
        if value is None:  # a counter of batches, which nothing needs
            value = place.new_zeros(place.shape, device="cpu")
        state[name] = value.to(place.dtype)
    found.network.load_state_dict(state, assign=True)
    return found.network.requires_grad_(False).eval()


def _checked(path: Path, settings: Mapping[str, Any]) -> dict[str, Any]:
    """Check that numbers among the settings are numbers.

    Raises
    ------
    CheckpointError
        One is not.
    """
    for name, value in settings.items():
        is_number = isinstance(value, int | float) and not isinstance(value, bool)
        if name in _COUNTS and not (is_number and value == int(value) and 1 <= value <= _MOST):
            raise CheckpointError(f"{path}: {name} must be a whole number from 1, not {value!r}.")
        if name in _NUMBERS and not (is_number and math.isfinite(value)):
            raise CheckpointError(f"{path}: {name} must be a number, not {value!r}.")
    return dict(settings)


def _check(path: Path, family: Family, settings: Mapping[str, Any]) -> None:
    known = {**COMMON, **family.settings}
    for name in settings:
        if name not in known:
            raise CheckpointError(
                f"{path} is of the family {family.name}, which has no setting {name!r}; it has "
                f"{', '.join(known)}."
            )


def _info(
    path: Path,
    found: Fit,
    contents: Contents,
    given: Mapping[str, Any],
    settings: Mapping[str, Any],
    beside: Sidecar,
) -> ModelInfo:
    family = found.family
    together = {**given, **settings}
    about: dict[str, Any] = {
        "name": path.stem if path.parent.name != "ModelParameters" else path.parents[1].name,
        "family": family.name,
        "licence": family.licence and f"{family.licence} (of the published project)",
        "values": found.network.values,
        "training": _training(contents.beside),
        "provenance": {
            "architecture": family.title,
            "file": path.name,
            **(
                {"configuration": beside.path.name}
                if beside.path and family.from_file(beside.config)
                else {}
            ),
        },
    }
    assumed = {
        name: item.default
        for name, item in family.settings.items()
        if item.default is not None and name not in together
    }
    known = {item.name for item in fields(ModelInfo)}
    about.update({name: value for name, value in assumed.items() if name in known})
    about.update(family.describe(found.config, together))
    about.update({name: value for name, value in together.items() if name in known})
    if "bound" in together:
        bound = float(together["bound"])
        about["bounds"] = ((-bound,) * 3, (bound,) * 3)
    about["assumed"] = {**assumed, **about.pop("assumed", {})}
    about["warnings"] = (*about.get("warnings", ()), *contents.notes, *beside.notes)
    try:
        return ModelInfo(**about)
    except (TypeError, ValueError) as error:
        raise CheckpointError(f"{path} cannot be opened so: {one_line(error)}.") from error


def _training(beside: Mapping[str, Any]) -> dict[str, Any]:
    """Epochs and losses that the writer noted."""
    numbers = {}
    for name in ("epoch_it", "epoch", "it", "loss_val_best"):
        value = beside.get(name)
        if value is not None and not isinstance(value, str):
            numbers[name] = float(value) if "loss" in name else int(value)
    return numbers


def _hint(path: Path) -> str:
    if path.suffix.lower() == SUFFIX:
        return (
            "it holds tensors but not what OccViewer needs to know of a network of its own; open "
            "a file that occviewer train wrote, or one of those families"
        )
    return ""
