"""Checkpoints: one safetensors file with the weights and all that is known of a model.

Only torch, safetensors and the networks are needed here, so that the training loop
writes checkpoints on a bare server. Nothing in a checkpoint is ever executed.
"""

from __future__ import annotations

import json
import os
import secrets
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor

from occviewer import __version__
from occviewer.errors import CheckpointError
from occviewer.models.info import ModelInfo
from occviewer.networks import NETWORKS, PointCloudNetwork, build_network

FORMAT = "occviewer-checkpoint"
FORMAT_VERSION = 1

SUFFIX = ".safetensors"

# A configuration with a larger number is damaged; building it could take forever.
_LARGEST_SETTING = 16384
_LARGEST_HEADER = 100_000_000


def save_checkpoint(
    path: str | os.PathLike[str],
    network: PointCloudNetwork,
    info: ModelInfo,
    *,
    half: bool = False,
) -> None:
    """Write a network and what is known of it to one safetensors file.

    The file is written beside its place and renamed, so that it is whole or not there.

    Parameters
    ----------
    path : path
        Should end in ``.safetensors``.
    network : PointCloudNetwork
        Weights and buffers are stored, from whatever device.
    info : ModelInfo
        Stored in the metadata, with the network's configuration and this program's version.
    half : bool
        Store float16, which halves the file; it is float32 again when opened.

    Raises
    ------
    CheckpointError
        A weight is not finite (or too large for float16), or the file cannot be written.
    """
    path = Path(path)
    tensors = {}
    for name, tensor in network.state_dict().items():
        tensor = tensor.detach().cpu()
        if tensor.is_floating_point():
            tensor = tensor.to(torch.float16 if half else torch.float32)
            if not torch.isfinite(tensor).all():
                what = "too large for float16 or not finite" if half else "not finite"
                raise CheckpointError(
                    f"{path} was not written: weights in {name} are {what}; "
                    f"{'store float32 instead' if half else 'train with a smaller rate'}."
                )
        tensors[name] = tensor.contiguous().clone()
    metadata = {
        "format": FORMAT,
        "format_version": str(FORMAT_VERSION),
        "network": json.dumps(network.config),
        **replace(info, occviewer_version=__version__).to_metadata(),
    }
    _write_whole(path, save(tensors, metadata))


def load_checkpoint(path: str | os.PathLike[str]) -> tuple[PointCloudNetwork, ModelInfo]:
    """Open a checkpoint: the network on the CPU, float32, in evaluation mode.

    Parameters
    ----------
    path : path
        A file that `save_checkpoint` wrote. PyTorch's own files are refused unread,
        because opening them can run code that they contain.

    Raises
    ------
    CheckpointError
        The file is missing, damaged, of another kind, or does not fit its network.
    """
    path = Path(path)
    _refuse_foreign(path)
    try:
        with safe_open(path, framework="pt") as file:
            metadata = _checked_metadata(path, file.metadata())
            # On the meta device nothing is allocated before the shapes are known to fit.
            with torch.device("meta"):
                network = _build(path, metadata)
            wanted = network.state_dict()
            _compare(path, wanted, {name: file.get_slice(name).get_shape() for name in file.keys()})
            tensors = {name: file.get_tensor(name) for name in wanted}
    except SafetensorError as error:
        raise CheckpointError(
            f"{path} is damaged or incomplete ({_one_line(error)}); copy or download it again."
        ) from error
    except OSError as error:
        raise _unreadable(path, error) from error
    state = {name: _converted(path, name, tensors[name], wanted[name]) for name in wanted}
    network.load_state_dict(state, assign=True)
    network.requires_grad_(False)
    return network.eval(), _info(path, metadata)


def read_info(path: str | os.PathLike[str]) -> ModelInfo:
    """What a checkpoint says of its model, without reading the weights.

    Raises
    ------
    CheckpointError
        As `load_checkpoint`, as far as that can be told without the weights.
    """
    path = Path(path)
    _refuse_foreign(path)
    try:
        with safe_open(path, framework="pt") as file:
            return _info(path, _checked_metadata(path, file.metadata()))
    except SafetensorError as error:
        raise CheckpointError(
            f"{path} is damaged or incomplete ({_one_line(error)}); copy or download it again."
        ) from error
    except OSError as error:
        raise _unreadable(path, error) from error


def _refuse_foreign(path: Path) -> None:
    """Say what a file is that cannot be a checkpoint, by its first bytes."""
    try:
        if path.is_dir():
            raise CheckpointError(f"{path} is a folder; give the {SUFFIX} file in it.")
        with path.open("rb") as file:
            head = file.read(512)
            size = os.fstat(file.fileno()).st_size
    except (OSError, ValueError) as error:
        raise _unreadable(path, error) from error
    if not head:
        raise CheckpointError(f"{path} is empty (0 bytes); copy or download it again.")
    # The first eight bytes are the length of the header, which is a JSON object.
    if head[8:9] == b"{":
        length = int.from_bytes(head[:8], "little")
        if length <= min(size - 8, _LARGEST_HEADER):
            return
        raise CheckpointError(
            f"{path} is damaged or incomplete: its header is longer than the file; "
            "copy or download it again."
        )
    if _is_pickle(head):
        raise CheckpointError(
            f"{path} is a PyTorch file (a pickle), which could run any program hidden in it, so it "
            f"was not opened; convert it to {SUFFIX} where you trust it."
        )
    if head.startswith(b"version https://git-lfs"):
        raise CheckpointError(
            f"{path} is a Git LFS pointer, not the model; fetch it with: git lfs pull."
        )
    raise CheckpointError(
        f"{path} is no model: it does not begin as a {SUFFIX} file does; "
        "check that it is the right file and was copied completely."
    )


def _is_pickle(head: bytes) -> bool:
    """Recognise torch's zip files, pickles of protocol 2 to 5, and torch's oldest tar files."""
    return (
        head.startswith(b"PK\x03\x04")
        or (head[0] == 0x80 and 2 <= head[1:2][0] <= 5 if len(head) > 1 else False)
        or head[257:262] == b"ustar"
    )


def _checked_metadata(path: Path, metadata: Mapping[str, str] | None) -> Mapping[str, str]:
    if metadata is None or metadata.get("format") != FORMAT:
        raise CheckpointError(
            f"{path} holds tensors but not what OccViewer needs to know of its network; "
            "open a file that occviewer train wrote."
        )
    try:
        version = int(metadata.get("format_version", ""))
    except ValueError:
        version = 0
    if version < 1:
        raise _damaged(path, f"its format version is {metadata.get('format_version')!r}")
    if version > FORMAT_VERSION:
        writer = metadata.get("occviewer_version", "").strip('"') or "a newer one"
        raise CheckpointError(
            f"{path} was written by OccViewer {writer} in format version {version}, and this is "
            f"{__version__}, which reads up to version {FORMAT_VERSION}; update OccViewer."
        )
    return metadata


def _build(path: Path, metadata: Mapping[str, str]) -> PointCloudNetwork:
    try:
        config = json.loads(metadata["network"])
    except (KeyError, ValueError, RecursionError) as error:
        raise _damaged(path, "the configuration of its network cannot be read") from error
    if not isinstance(config, dict):
        raise _damaged(path, "the configuration of its network is no mapping")
    architecture = config.get("architecture")
    if not isinstance(architecture, str) or architecture not in NETWORKS:
        raise CheckpointError(
            f"{path} is for the architecture {architecture!r}, which this version of OccViewer "
            f"does not know (only {', '.join(sorted(NETWORKS))}); update OccViewer."
        )
    _check_settings(path, config)
    try:
        return build_network(config)
    except Exception as error:  # whatever impossible settings do to a constructor
        raise _damaged(path, f"its network cannot be made: {_one_line(error)}") from error


def _check_settings(path: Path, value: Any) -> None:  # noqa: ANN401 - JSON
    if isinstance(value, dict | list):
        if len(value) > 64:
            raise _damaged(path, "the configuration of its network is too long")
        for item in value.values() if isinstance(value, dict) else value:
            _check_settings(path, item)
    elif isinstance(value, int | float) and not abs(value) <= _LARGEST_SETTING:
        raise _damaged(path, f"its network has the impossible setting {value}")


def _compare(path: Path, wanted: Mapping[str, Tensor], found: Mapping[str, list[int]]) -> None:
    """Complain of the first tensor that is missing, has the wrong shape or is unexpected."""
    missing = [name for name in wanted if name not in found]
    wrong = [n for n in wanted if n in found and list(wanted[n].shape) != list(found[n])]
    surplus = [name for name in found if name not in wanted]
    if missing:
        problem = f"{missing[0]} is missing"
    elif wrong:
        name = wrong[0]
        problem = f"{name} has shape {tuple(found[name])} instead of {tuple(wanted[name].shape)}"
    elif surplus:
        problem = f"{surplus[0]} belongs to no part of it"
    else:
        return
    more = len(missing) + len(wrong) + len(surplus) - 1
    others = f" (and {more} more like it)" if more else ""
    raise CheckpointError(
        f"{path} does not fit its own network: the tensor {problem}{others}; "
        "write or download it again."
    )


def _converted(path: Path, name: str, tensor: Tensor, wanted: Tensor) -> Tensor:
    if tensor.is_floating_point() != wanted.is_floating_point():
        raise _damaged(path, f"the tensor {name} has the type {tensor.dtype}")
    tensor = tensor.to(wanted.dtype)
    if tensor.is_floating_point() and not torch.isfinite(tensor).all():
        raise CheckpointError(
            f"{path} has weights that are not finite (in {name}); its training went wrong or the "
            "file is damaged, so use another checkpoint."
        )
    return tensor


def _info(path: Path, metadata: Mapping[str, str]) -> ModelInfo:
    try:
        return ModelInfo.from_metadata(metadata)
    except (ValueError, TypeError, RecursionError) as error:
        raise _damaged(path, f"its description is wrong: {_one_line(error)}") from error


def _damaged(path: Path, what: str) -> CheckpointError:
    return CheckpointError(f"{path} is damaged: {what}; write or download it again.")


def _unreadable(path: Path, error: Exception) -> CheckpointError:
    if isinstance(error, FileNotFoundError):
        return CheckpointError(f"{path} does not exist; check the path.")
    if isinstance(error, PermissionError):
        return CheckpointError(f"{path} may not be read; give yourself permission to read it.")
    return CheckpointError(f"{path} cannot be read ({_one_line(error)}); check the path.")


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split())[:150].rstrip(".")


def _write_whole(path: Path, content: bytes) -> None:
    beside = path.with_name(f".{path.name}.{secrets.token_hex(4)}.part")
    try:
        try:
            with beside.open("xb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            os.replace(beside, path)
        except BaseException:
            beside.unlink(missing_ok=True)
            raise
    except OSError as error:
        raise CheckpointError(
            f"{path} cannot be written ({error.strerror or error}); "
            "check the folder, its permissions and the free space."
        ) from error
