"""The settings of a published checkpoint: what they are, what is in force, and why."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from occviewer.models.checkpoint import is_own
from occviewer.models.families import FAMILIES
from occviewer.models.families.base import COMMON

if TYPE_CHECKING:
    from occviewer.models.model import Model

Origin = Literal["set", "files", "default"]
"""By the person; by the file, its name or the configuration beside it; or as published."""


@dataclass(frozen=True)
class InForce:
    """A setting of a model, as it is in force.

    Attributes
    ----------
    name : str
    value : str, int, float or bool
    origin : {"set", "files", "default"}
    meaning : str
        For people, with the values that it can have.
    choices : tuple of str
        All values that it can have, where these are few.
    """

    name: str
    value: Any
    origin: Origin
    meaning: str
    choices: tuple[str, ...] = ()


def settings_in_force(model: Model, given: Mapping[str, Any] | None = None) -> tuple[InForce, ...]:
    """List what can be set of a model; nothing for one that says all about itself.

    Parameters
    ----------
    model : Model
    given : mapping, optional
        The settings that it was opened with.
    """
    given = given or {}
    family = next((each for each in FAMILIES if each.name == model.info.family), None)
    if family is None or model.path is None or is_own(model.path):
        return ()
    found = []
    for name, setting in {**family.settings, **COMMON}.items():
        value = _value(model, name)
        if value is None or name == "name":
            continue
        assumed = name in model.info.assumed or name in COMMON
        origin: Origin = "set" if name in given else "default" if assumed else "files"
        found.append(InForce(name, value, origin, setting.meaning, setting.choices))
    return tuple(found)


def _value(model: Model, name: str) -> Any:  # noqa: ANN401 - of any type
    """Value of a setting that is in force; None where it means nothing to this network."""
    info, network = model.info, model.network
    config = network.config
    takes_points = network.observed == "points"
    match name:
        case "threshold" | "normalisation":
            return getattr(info, name)
        case "noise":
            return info.noise if takes_points else None
        case "points":
            return network.point_count if takes_points else None
        case "bound":
            return round(info.bounds[1][0], 6)
        case "scale" | "axes":
            return getattr(network.frame, name)
        case "planes":
            return " ".join(config["planes"]) if config.get("planes") else None
        case "plane_resolution":
            return config.get(name) if config.get("planes") else None
        case "grid_resolution":
            return config.get(name) or None
        case "crop":
            may = network.architecture == "convonet_crop" or config.get("unet3d_levels")
            return network.architecture == "convonet_crop" if may else None
        case "local":
            return config["encoding"] != "none" if config.get("encoding") else None
        case "observes":
            fine = config.get("resolution") != 32
            return ("points" if config["points"] else "voxels") if fine else None
        case "omega" | "first_omega":
            return config.get(name) if config.get("activation") == "sine" else None
    return config.get(name)
