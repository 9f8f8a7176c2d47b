"""Opening models: those that ship by their names, and files."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from occviewer.errors import CheckpointError
from occviewer.models.checkpoint import load_checkpoint, load_pose_network
from occviewer.models.devices import choose_device
from occviewer.models.model import Model
from occviewer.models.shipped import shipped_models
from occviewer.models.sniffing import SUFFIX, weights_in


def open_model(
    name_or_path: str | os.PathLike[str] = "furniture",
    device: str = "auto",
    settings: Mapping[str, Any] | None = None,
) -> Model:
    """Open a model that ships with the program, or a checkpoint.

    Parameters
    ----------
    name_or_path : str or path
        A name of `shipped_models`, or the path of a file: one that this program wrote, or a
        checkpoint of the families in `occviewer.models.families`.
    device : {"auto", "cpu", "cuda", "mps"} or "cuda:N"
        ``auto`` takes an NVIDIA GPU, else Apple's, else the CPU.
    settings : mapping, optional
        What the file of another project does not say, in the place of what was published:
        see the family's ``settings`` and `ModelInfo.assumed`.

    Raises
    ------
    CheckpointError
        There is no such model, the file cannot be opened, or the device is not there.
    """
    path = find_checkpoint(name_or_path)
    network, info = load_checkpoint(path, settings)
    return Model(network, info, choose_device(device), path, load_pose_network(path))


def find_checkpoint(name_or_path: str | os.PathLike[str]) -> Path:
    """File of a shipped model by its name, or the path that was given.

    Raises
    ------
    CheckpointError
        It is a name, and no model of that name ships.
    """
    path = weights_in(Path(name_or_path))
    shipped = shipped_models()
    is_name = isinstance(name_or_path, str) and path.name == name_or_path and not path.suffix
    if is_name and name_or_path in shipped:
        return shipped[str(name_or_path)]
    if is_name and not path.exists():
        names = ", ".join(shipped) or "none"
        raise CheckpointError(
            f"There is no model named {name_or_path!r}; those that ship are: {names}. "
            f"For a file of your own give its path, such as run/model{SUFFIX}."
        )
    return path
