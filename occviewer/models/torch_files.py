"""Tensors out of other people's files: PyTorch, safetensors and NumPy; nothing is ever run.

A PyTorch file is a pickle, which could ask for any function of any module. It is read by
torch's restricted reader, which knows tensors and plain containers, and is allowed a few
types more: those that the published writers put beside their weights. What asks for
anything else is refused by its name.
"""

from __future__ import annotations

import argparse
import pickletools
import re
import warnings
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor

from occviewer.errors import CheckpointError
from occviewer.models.sniffing import Kind, kind_of, one_line, unreadable

# The names under which numpy 1 and numpy 2 pickle the same functions.
_NUMPY_FUNCTIONS = [
    (getattr(np._core.multiarray, name), f"numpy.{core}.multiarray.{name}")  # type: ignore[attr-defined]
    for name in ("scalar", "_reconstruct")
    for core in ("core", "_core")
]
_NUMPY_TYPES = [
    np.dtype,
    np.ndarray,
    *(type(np.dtype(name)) for name in ("bool", "i4", "i8", "u1", "f2", "f4", "f8")),
]

# Writers keep the arguments of their command line beside the weights.
_ALLOWED: list[Any] = [*_NUMPY_FUNCTIONS, *_NUMPY_TYPES, argparse.Namespace]

# Where writers keep the weights, the most telling name first.
_STATE_KEYS = ("model_state_dict", "model", "state_dict", "network", "net", "weights", "params")

_WRAPPER = "module."  # in front of each name when torch.nn.DataParallel was around the network


@dataclass(frozen=True)
class Contents:
    """What a file holds.

    Attributes
    ----------
    tensors : dict of str to Tensor
        The network's, float32 or integers, on the CPU, without the prefix of wrappers.
    beside : dict
        What lay beside them: numbers, texts, and lists and mappings of such.
    notes : tuple of str
        What was changed on the way.
    """

    tensors: dict[str, Tensor]
    beside: dict[str, Any] = field(default_factory=dict)
    notes: tuple[str, ...] = ()


def read_contents(path: Path) -> Contents:
    """Read the tensors of a PyTorch, safetensors or NPZ file.

    Raises
    ------
    CheckpointError
        The file is missing, damaged, of another kind, holds no tensors or numbers that are
        not finite, or is a pickle that asks for something that is not allowed.
    """
    kind = kind_of(path)
    if kind is Kind.NUMPY:
        loaded: Any = _read_npz(path)
    elif kind is Kind.TORCH:
        loaded = read_torch(path)
    else:
        loaded = _read_safetensors(path)
    tensors, beside = _split(loaded)
    if not tensors:
        found = ", ".join(sorted(map(str, loaded))[:5]) if isinstance(loaded, Mapping) else ""
        raise CheckpointError(
            f"{path} holds no weights: expected tensors by name, found "
            f"{found or type(loaded).__name__}; choose the file with the state dict."
        )
    notes = []
    while all(name.startswith(_WRAPPER) for name in tensors):
        tensors = {name.removeprefix(_WRAPPER): tensor for name, tensor in tensors.items()}
        notes = [f"the prefix {_WRAPPER} was taken off the names"]
    kinds = {str(t.dtype).removeprefix("torch.") for t in tensors.values() if _is_other_float(t)}
    if kinds:
        notes.append(f"{' and '.join(sorted(kinds))} became float32")
    return Contents(
        {name: _plain(path, name, tensor) for name, tensor in tensors.items()},
        beside,
        tuple(notes),
    )


def read_torch(path: Path) -> Any:  # noqa: ANN401 - whatever the file holds
    """Read a PyTorch file with the few types that are allowed.

    Raises
    ------
    CheckpointError
        The file cannot be read, is damaged, or asks for another type or function.
    """
    try:
        with warnings.catch_warnings(), torch.serialization.safe_globals(_ALLOWED):
            warnings.simplefilter("ignore")  # of protocols and of old storages
            return torch.load(path, map_location="cpu", weights_only=True)
    except (FileNotFoundError, PermissionError) as error:
        raise unreadable(path, error) from error
    except Exception as error:  # whatever a damaged or hostile file does to the reader
        text = str(error)
        if "legacy .tar format" in text:
            raise CheckpointError(
                f"{path} is a PyTorch file in the tar format of PyTorch 0.1, which cannot be read "
                "safely; open it with an old PyTorch and save it again."
            ) from error
        if wanted := _refused(path, text):
            raise CheckpointError(
                f"{path} is a PyTorch file (a pickle) that asks for {wanted}, which a model does "
                "not need and which could run any program, so it was not opened; save its "
                "state dict alone where you trust it."
            ) from error
        raise CheckpointError(
            f"{path} is a PyTorch file that is damaged or incomplete ({_reason(error)}); copy or "
            "download it again."
        ) from error


def _refused(path: Path, complaint: str) -> str:
    """Name what a pickle asked for and was not given."""
    found = re.search(r"GLOBAL ([\w.]+)", complaint) or re.search(r"<class '([\w.]+)'>", complaint)
    if found:
        return found[1]
    if "Unsupported operand" in complaint and not zipfile.is_zipfile(path):
        return ", ".join(_asked_for(path)[:3])
    return ""


def _asked_for(path: Path) -> list[str]:
    """Names that a plain pickle asks for, which is read and not run."""
    names: list[str] = []
    texts: list[str] = []
    try:
        with path.open("rb") as file:
            for code, argument, _ in pickletools.genops(file):
                if code.name == "GLOBAL":
                    names.append(str(argument).replace(" ", "."))
                elif code.name == "STACK_GLOBAL":
                    names.append(".".join(texts[-2:]))
                elif isinstance(argument, str):
                    texts.append(argument)
    except (ValueError, OSError):
        pass  # it is damaged as well; what it asked for until there is told
    return names


def _reason(error: Exception) -> str:
    """Shorten what torch says, which advises to load without its protection."""
    text = re.sub(r"\x1b\[[\d;]*m", "", str(error))
    text = text.rpartition("WeightsUnpickler error:")[2] or text
    text = text.partition("This is an internal miniz error")[0].partition("Please file an issue")[0]
    return one_line(Exception(text)).strip() or "it ends too early"


def _split(loaded: Any) -> tuple[dict[str, Tensor], dict[str, Any]]:  # noqa: ANN401
    """Part the network's tensors from what lies beside them."""
    if not isinstance(loaded, Mapping):
        return {}, {}
    at: Mapping[Any, Any] = loaded
    for key in _STATE_KEYS:
        if isinstance(loaded.get(key), Mapping) and _flat(loaded[key]):
            at = loaded[key]
            break
    beside = {
        str(key): value for key, value in loaded.items() if value is not at and _is_small(value)
    }
    return _flat(at), beside if at is not loaded else {}


def _flat(state: Mapping[Any, Any], prefix: str = "") -> dict[str, Tensor]:
    tensors: dict[str, Tensor] = {}
    for key, value in state.items():
        if isinstance(value, Tensor):
            tensors[f"{prefix}{key}"] = value.detach()
        elif isinstance(value, np.ndarray) and value.dtype.kind in "fiub":
            tensors[f"{prefix}{key}"] = torch.from_numpy(np.array(value))
        elif isinstance(value, Mapping):
            tensors.update(_flat(value, f"{prefix}{key}."))
    return tensors


def _is_small(value: Any) -> bool:  # noqa: ANN401
    return isinstance(value, int | float | str | np.number | argparse.Namespace)


def _is_other_float(tensor: Tensor) -> bool:
    return tensor.is_floating_point() and tensor.dtype != torch.float32


def _plain(path: Path, name: str, tensor: Tensor) -> Tensor:
    tensor = tensor.to(torch.float32) if tensor.is_floating_point() else tensor
    if tensor.is_floating_point() and not bool(torch.isfinite(tensor).all()):
        raise CheckpointError(
            f"{path} has weights that are not finite (in {name}); its training went wrong or the "
            "file is damaged, so use another checkpoint."
        )
    return tensor.contiguous().clone()


def _read_npz(path: Path) -> dict[str, Any]:
    try:
        # Opened here, because numpy leaves a damaged file open.
        with path.open("rb") as stream, np.load(stream, allow_pickle=False) as file:
            return {name: file[name] for name in file.files}
    except OSError as error:
        raise unreadable(path, error) from error
    except Exception as error:  # whatever a damaged file does to zip and numpy
        raise CheckpointError(
            f"{path} is a NumPy file that is damaged or holds objects ({one_line(error)}); write "
            "plain arrays with numpy.savez."
        ) from error


def _read_safetensors(path: Path) -> dict[str, Tensor]:
    try:
        return load_file(path)
    except SafetensorError as error:
        raise CheckpointError(
            f"{path} is damaged or incomplete ({one_line(error)}); copy or download it again."
        ) from error
    except OSError as error:
        raise unreadable(path, error) from error
