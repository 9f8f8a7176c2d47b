"""Checkpoints: one safetensors file with the weights and all that is known of a model.

Only torch, safetensors and the networks are needed here, so that the training loop
writes checkpoints on a bare server. Nothing in a checkpoint is ever executed.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor

from occviewer import __version__
from occviewer.errors import CheckpointError
from occviewer.files import write_whole
from occviewer.models.info import ModelInfo
from occviewer.models.pose import PoseNetwork
from occviewer.models.sniffing import SUFFIX, Kind, kind_of, one_line, unreadable
from occviewer.models.weights import WithoutInitialising, damaged, fill, stored_tensors
from occviewer.networks import NETWORKS, OccupancyNetwork, build_network
from occviewer.networks.bottleneck import Bottleneck
from occviewer.networks.image_encoder import ImageEncoder

FORMAT = "occviewer-checkpoint"
FORMAT_VERSION = 1

_POSE = "pose."  # of the names of the pose network's tensors
_LATENT = "latent."  # of those of the bottleneck
_IMAGE = "image."  # of those of the image encoder

_Network = TypeVar("_Network", PoseNetwork, Bottleneck, ImageEncoder)

# A configuration with a larger number is damaged; building it could take forever.
_LARGEST_SETTING = 16384


def save_checkpoint(
    path: str | os.PathLike[str],
    network: OccupancyNetwork,
    info: ModelInfo,
    *,
    half: bool = False,
    pose: PoseNetwork | None = None,
    latent: Bottleneck | None = None,
) -> None:
    """Write a network and what is known of it to one safetensors file.

    The file is written beside its place and renamed, so that it is whole or not there.

    Parameters
    ----------
    path : path
        Should end in ``.safetensors``.
    network : OccupancyNetwork
        Weights and buffers are stored, from whatever device.
    info : ModelInfo
        Stored in the metadata, with the network's configuration and this program's version.
    half : bool
        Store float16, which halves the file; it is float32 again when opened.
    pose : PoseNetwork, optional
        Finds the pose of raw scans of the same shapes; stored in the same file.
    latent : Bottleneck, optional
        The latent space of the network's features; stored in the same file.

    Raises
    ------
    CheckpointError
        A weight is not finite (or too large for float16), or the file cannot be written.
    """
    path = Path(path)
    tensors = stored_tensors(path, network, "", half)
    metadata = {
        "format": FORMAT,
        "format_version": str(FORMAT_VERSION),
        "network": json.dumps(network.config),
        **replace(info, occviewer_version=__version__).to_metadata(),
    }
    if pose is not None:
        tensors.update(stored_tensors(path, pose, _POSE, half))
        metadata["pose"] = json.dumps(pose.config)
    if latent is not None:
        tensors.update(_latent_tensors(path, latent))
        metadata["latent"] = json.dumps(latent.config)
    write_whole(Path(path), save(tensors, metadata), CheckpointError)


def update_checkpoint(
    path: str | os.PathLike[str],
    *,
    info: ModelInfo | None = None,
    pose: PoseNetwork | None = None,
    latent: Bottleneck | None = None,
    image: ImageEncoder | None = None,
) -> None:
    """Replace what a checkpoint says of its model, or a network beside its own; keep the rest.

    Raises
    ------
    CheckpointError
        As `load_checkpoint` and `save_checkpoint`.
    """
    path = Path(path)
    with _opened(path) as (file, metadata):
        changed = dict(metadata)
        tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    if info is not None:
        changed.update(replace(info, occviewer_version=__version__).to_metadata())
    if pose is not None:
        tensors = {name: t for name, t in tensors.items() if not name.startswith(_POSE)}
        tensors.update(stored_tensors(path, pose, _POSE, half=False))
        changed["pose"] = json.dumps(pose.config)
    if latent is not None:
        tensors = {name: t for name, t in tensors.items() if not name.startswith(_LATENT)}
        tensors.update(_latent_tensors(path, latent))
        changed["latent"] = json.dumps(latent.config)
    if image is not None:
        tensors = {name: t for name, t in tensors.items() if not name.startswith(_IMAGE)}
        exact = {name for name, _ in image.named_buffers()}
        tensors.update(stored_tensors(path, image, _IMAGE, half=True, exact=exact))
        changed["image"] = json.dumps(image.config)
    write_whole(Path(path), save(tensors, changed), CheckpointError)


def check_changeable(path: str | os.PathLike[str]) -> None:
    """Find out whether `update_checkpoint` can change a file, without reading its weights.

    Raises
    ------
    CheckpointError
        This program did not write it, or it is missing or damaged.
    """
    path = Path(path)
    if not is_own(path):
        raise _of_another_project(path)
    with _opened(path):
        pass


def load_checkpoint(
    path: str | os.PathLike[str], settings: Mapping[str, Any] | None = None
) -> tuple[OccupancyNetwork, ModelInfo]:
    """Open a checkpoint: the network on the CPU, float32, in evaluation mode.

    Parameters
    ----------
    path : path
        A file that `save_checkpoint` wrote, or one of the published networks that
        `occviewer.models.families` knows. Nothing that a file contains is run.
    settings : mapping, optional
        What a published file does not say, in the place of its family's defaults.

    Raises
    ------
    CheckpointError
        The file is missing, damaged, of another kind, or does not fit its network.
    """
    path = Path(path)
    if not is_own(path):
        from occviewer.models.foreign import open_foreign

        return open_foreign(path, settings or {})
    if settings:
        raise CheckpointError(
            f"{path} says all about its network; open it without {', '.join(settings)}."
        )
    with _opened(path) as (file, metadata):
        # On the meta device nothing is allocated before the shapes are known to fit.
        with torch.device("meta"), WithoutInitialising():
            network = _build(path, metadata)
        beside = tuple(p for p in (_POSE, _LATENT, _IMAGE) if p.removesuffix(".") in metadata)
        names = [name for name in file.keys() if not name.startswith(beside)]  # noqa: SIM118
        fill(path, file, network, names, "")
        return network, _info(path, metadata)


def load_pose_network(path: str | os.PathLike[str]) -> PoseNetwork | None:
    """Open the pose network of a checkpoint; None where it has none.

    Raises
    ------
    CheckpointError
        As `load_checkpoint`.
    """
    return _beside(Path(path), _POSE, _build_pose)


def load_bottleneck(path: str | os.PathLike[str]) -> Bottleneck | None:
    """Open the bottleneck of a checkpoint, its latent space; None where it has none.

    Raises
    ------
    CheckpointError
        As `load_checkpoint`.
    """
    latent = _beside(Path(path), _LATENT, _build_latent)
    if latent is not None and latent.waypoints is not None and not latent.waypoints.is_sound:
        raise damaged(Path(path), "the steps between its waypoints are not possible")
    return latent


def load_image_encoder(path: str | os.PathLike[str]) -> ImageEncoder | None:
    """Open the image encoder of a checkpoint; None where it has none.

    Raises
    ------
    CheckpointError
        As `load_checkpoint`.
    """
    return _beside(Path(path), _IMAGE, _build_image)


def has_image_encoder(path: str | os.PathLike[str]) -> bool:
    """Whether there is an image encoder in a checkpoint, without reading it.

    Raises
    ------
    CheckpointError
        As `read_info`.
    """
    path = Path(path)
    if not is_own(path):
        return False
    with _opened(path) as (_, metadata):
        return _IMAGE.removesuffix(".") in metadata


def read_info(path: str | os.PathLike[str]) -> ModelInfo:
    """Read what a checkpoint says of its model, without the weights.

    Raises
    ------
    CheckpointError
        As `load_checkpoint`, as far as that can be told without the weights.
    """
    path = Path(path)
    if not is_own(path):
        return load_checkpoint(path)[1]
    with _opened(path) as (_, metadata):
        return _info(path, metadata)


def is_own(path: Path) -> bool:
    """Whether a file is one that `save_checkpoint` wrote, whatever became of it since.

    Raises
    ------
    CheckpointError
        The file is missing, unreadable, or no file of tensors.
    """
    if path.is_dir() or kind_of(path) is not Kind.SAFETENSORS:
        return False
    try:
        with safe_open(path, framework="pt") as file:
            metadata = file.metadata()
            return "format" in (metadata or {}) or not list(file.keys())
    except (SafetensorError, OSError):
        return True  # opening it says what is wrong


@contextmanager
def _opened(path: Path) -> Iterator[tuple[Any, Mapping[str, str]]]:
    """Open a file and check its metadata; what is wrong with it becomes one sentence."""
    if kind_of(path) is not Kind.SAFETENSORS:
        raise _of_another_project(path)
    try:
        with safe_open(path, framework="pt") as file:
            yield file, _checked_metadata(path, file.metadata())
    except SafetensorError as error:
        raise CheckpointError(
            f"{path} is damaged or incomplete ({one_line(error)}); copy or download it again."
        ) from error
    except OSError as error:
        raise unreadable(path, error) from error


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
        raise damaged(path, f"its format version is {metadata.get('format_version')!r}")
    if version > FORMAT_VERSION:
        writer = metadata.get("occviewer_version", "").strip('"') or "a newer one"
        raise CheckpointError(
            f"{path} was written by OccViewer {writer} in format version {version}, and this is "
            f"{__version__}, which reads up to version {FORMAT_VERSION}; update OccViewer."
        )
    return metadata


def _build(path: Path, metadata: Mapping[str, str]) -> OccupancyNetwork:
    try:
        config = json.loads(metadata["network"])
    except (KeyError, ValueError, RecursionError) as error:
        raise damaged(path, "the configuration of its network cannot be read") from error
    if not isinstance(config, dict):
        raise damaged(path, "the configuration of its network is no mapping")
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
        raise damaged(path, f"its network cannot be made: {one_line(error)}") from error
    count = config.get("point_count", network.point_count)
    lowest = 1 if network.observed == "points" else 0
    if not (isinstance(count, int) and count >= lowest):
        raise damaged(path, f"its network wants {count} points")
    return network


def _build_pose(path: Path, metadata: Mapping[str, str]) -> PoseNetwork:
    try:
        config = json.loads(metadata["pose"])
        _check_settings(path, config)
        network = PoseNetwork(**config)
        if not (isinstance(network.point_count, int) and network.point_count >= 1):
            raise ValueError(f"it wants {network.point_count} points")
    except CheckpointError:
        raise
    except Exception as error:  # whatever impossible settings do to a constructor
        raise damaged(path, f"its pose network cannot be made: {one_line(error)}") from error
    return network


def _build_latent(path: Path, metadata: Mapping[str, str]) -> Bottleneck:
    try:
        config = json.loads(metadata["latent"])
        _check_settings(path, config)
        return Bottleneck(**config)
    except CheckpointError:
        raise
    except Exception as error:  # whatever impossible settings do to a constructor
        raise damaged(path, f"its latent space cannot be made: {one_line(error)}") from error


def _build_image(path: Path, metadata: Mapping[str, str]) -> ImageEncoder:
    try:
        config = json.loads(metadata["image"])
        _check_settings(path, config)
        return ImageEncoder(**config)
    except CheckpointError:
        raise
    except Exception as error:  # whatever impossible settings do to a constructor
        raise damaged(path, f"its image encoder cannot be made: {one_line(error)}") from error


def _latent_tensors(path: Path, latent: Bottleneck) -> dict[str, Tensor]:
    # Halves of the weights change what comes out less than a thousandth of its spread.
    exact = {name for name, _ in latent.named_buffers() if not name.startswith("waypoints.")}
    return stored_tensors(path, latent, _LATENT, half=True, exact=exact)


def _check_settings(path: Path, value: Any) -> None:  # noqa: ANN401 - JSON
    if isinstance(value, dict | list):
        if len(value) > 64:
            raise damaged(path, "the configuration of its network is too long")
        for item in value.values() if isinstance(value, dict) else value:
            _check_settings(path, item)
    elif isinstance(value, int | float) and not abs(value) <= _LARGEST_SETTING:
        raise damaged(path, f"its network has the impossible setting {value}")


def _info(path: Path, metadata: Mapping[str, str]) -> ModelInfo:
    try:
        return ModelInfo.from_metadata(metadata)
    except (ValueError, TypeError, RecursionError) as error:
        raise damaged(path, f"its description is wrong: {one_line(error)}") from error


def _of_another_project(path: Path) -> CheckpointError:
    return CheckpointError(
        f"{path} was not written by OccViewer, so it cannot be changed; convert it first: "
        f"occviewer convert {path} -o {path.stem}-converted{SUFFIX}."
    )


def _beside(
    path: Path, prefix: str, build: Callable[[Path, Mapping[str, str]], _Network]
) -> _Network | None:
    """Open a network that is stored beside the model's own; None where there is none."""
    if not is_own(path):
        return None
    with _opened(path) as (file, metadata):
        if prefix.removesuffix(".") not in metadata:
            return None
        with torch.device("meta"), WithoutInitialising():
            network = build(path, metadata)
        names = [name for name in file.keys() if name.startswith(prefix)]  # noqa: SIM118
        fill(path, file, network, names, prefix)
        return network
