"""Checkpoints: one safetensors file with the weights and all that is known of a model.

Only torch, safetensors and the networks are needed here, so that the training loop
writes checkpoints on a bare server. Nothing in a checkpoint is ever executed.
"""

from __future__ import annotations

import json
import os
import secrets
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor
from torch.overrides import TorchFunctionMode

from occviewer import __version__
from occviewer.errors import CheckpointError
from occviewer.models.info import ModelInfo
from occviewer.models.sniffing import one_line, refuse_foreign, unreadable
from occviewer.networks import NETWORKS, PointCloudNetwork, build_network

FORMAT = "occviewer-checkpoint"
FORMAT_VERSION = 1

# A configuration with a larger number is damaged; building it could take forever.
_LARGEST_SETTING = 16384


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
            if not _is_finite(tensor):
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
    with _opened(path) as (file, metadata):
        # On the meta device nothing is allocated before the shapes are known to fit.
        with torch.device("meta"), _WithoutInitialising():
            network = _build(path, metadata)
        wanted = network.state_dict()
        _compare(path, wanted, {name: file.get_slice(name).get_shape() for name in file.keys()})
        tensors = {name: file.get_tensor(name) for name in wanted}
    state = {name: _converted(path, name, tensors[name], wanted[name]) for name in wanted}
    network.load_state_dict(state, assign=True)
    network.requires_grad_(False)
    return network.eval(), _info(path, metadata)


def read_info(path: str | os.PathLike[str]) -> ModelInfo:
    """Read what a checkpoint says of its model, without the weights.

    Raises
    ------
    CheckpointError
        As `load_checkpoint`, as far as that can be told without the weights.
    """
    path = Path(path)
    with _opened(path) as (_, metadata):
        return _info(path, metadata)


@contextmanager
def _opened(path: Path) -> Iterator[tuple[Any, Mapping[str, str]]]:
    """Open a file and check its metadata; what is wrong with it becomes one sentence."""
    refuse_foreign(path)
    try:
        with safe_open(path, framework="pt") as file:
            yield file, _checked_metadata(path, file.metadata())
    except SafetensorError as error:
        raise CheckpointError(
            f"{path} is damaged or incomplete ({one_line(error)}); copy or download it again."
        ) from error
    except OSError as error:
        raise unreadable(path, error) from error


class _WithoutInitialising(TorchFunctionMode):
    """Leave new weights as they are: random numbers without memory import half of torch."""

    def __torch_function__(
        self,
        func: Callable[..., Any],
        types: Any,  # noqa: ANN401 - as torch declares it
        args: tuple[Any, ...] = (),
        kwargs: Mapping[str, Any] | None = None,
    ) -> Any:  # noqa: ANN401
        kwargs = kwargs or {}
        if getattr(func, "__module__", "") == "torch.nn.init" or func in (
            Tensor.normal_,
            Tensor.uniform_,
        ):
            return kwargs["tensor"] if "tensor" in kwargs else args[0]
        return func(*args, **kwargs)


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
        network = build_network(config)
    except Exception as error:  # whatever impossible settings do to a constructor
        raise _damaged(path, f"its network cannot be made: {one_line(error)}") from error
    if not (isinstance(network.point_count, int) and network.point_count >= 1):
        raise _damaged(path, f"its network wants {network.point_count} points")
    return network


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
    if tensor.is_floating_point() and not _is_finite(tensor):
        raise CheckpointError(
            f"{path} has weights that are not finite (in {name}); its training went wrong or the "
            "file is damaged, so use another checkpoint."
        )
    return tensor


def _is_finite(tensor: Tensor) -> bool:
    # By numpy: torch wakes all its threads for each of a hundred small tensors.
    return bool(np.isfinite(tensor.numpy()).all())


def _info(path: Path, metadata: Mapping[str, str]) -> ModelInfo:
    try:
        return ModelInfo.from_metadata(metadata)
    except (ValueError, TypeError, RecursionError) as error:
        raise _damaged(path, f"its description is wrong: {one_line(error)}") from error


def _damaged(path: Path, what: str) -> CheckpointError:
    return CheckpointError(f"{path} is damaged: {what}; write or download it again.")


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
