"""What a file is that should be a checkpoint, by its first bytes; nothing is ever run."""

from __future__ import annotations

import os
import zipfile
from enum import Enum
from pathlib import Path

from occviewer.errors import CheckpointError

SUFFIX = ".safetensors"

_LARGEST_HEADER = 100_000_000


class Kind(Enum):
    """What a file of tensors is written as."""

    SAFETENSORS = "safetensors"
    TORCH = "PyTorch"
    NUMPY = "NumPy"


def kind_of(path: Path) -> Kind:
    """Tell safetensors, PyTorch and NPZ files, and say what anything else is.

    Raises
    ------
    CheckpointError
        The file is missing, unreadable, cut short, a folder, or of another kind.
    """
    try:
        if path.is_dir():
            raise CheckpointError(f"{path} is a folder; give the {SUFFIX} file in it.")
        with path.open("rb") as file:
            head = file.read(512)
            size = os.fstat(file.fileno()).st_size
    except (OSError, ValueError) as error:
        raise unreadable(path, error) from error
    if not head:
        raise CheckpointError(f"{path} is empty (0 bytes); copy or download it again.")
    # The first eight bytes are the length of the header, which is a JSON object.
    if head[8:9] == b"{":
        length = int.from_bytes(head[:8], "little")
        if length <= min(size - 8, _LARGEST_HEADER):
            return Kind.SAFETENSORS
        raise CheckpointError(
            f"{path} is damaged or incomplete: its header is longer than the file; "
            "copy or download it again."
        )
    if head.startswith(b"PK\x03\x04") and _is_npz(path):
        return Kind.NUMPY
    if _is_pickle(head):
        return Kind.TORCH
    if head.startswith(b"version https://git-lfs"):
        raise CheckpointError(
            f"{path} is a Git LFS pointer, not the model; fetch it with: git lfs pull."
        )
    raise CheckpointError(
        f"{path} is no model: it does not begin as a {SUFFIX} file, a PyTorch file or an .npz "
        "does; check that it is the right file and was copied completely."
    )


def weights_in(path: Path) -> Path:
    """Find the weights in the folder of a DeepSDF experiment; other paths are what they are."""
    weights = path / "ModelParameters" / "latest.pth"
    return weights if path.is_dir() and weights.is_file() else path


def _is_npz(path: Path) -> bool:
    try:
        with zipfile.ZipFile(path) as file:
            names = file.namelist()
    except (OSError, zipfile.BadZipFile):
        return path.suffix.lower() == ".npz"
    return bool(names) and all(name.endswith(".npy") for name in names)


def _is_pickle(head: bytes) -> bool:
    """Recognise torch's zip files, pickles of protocol 2 to 5, and torch's oldest tar files."""
    return (
        head.startswith(b"PK\x03\x04")
        or (head[0] == 0x80 and 2 <= head[1:2][0] <= 5 if len(head) > 1 else False)
        or head[257:262] == b"ustar"
    )


def unreadable(path: Path, error: Exception) -> CheckpointError:
    """Say why a file cannot be read."""
    if isinstance(error, FileNotFoundError):
        return CheckpointError(f"{path} does not exist; check the path.")
    if isinstance(error, PermissionError):
        return CheckpointError(f"{path} may not be read; give yourself permission to read it.")
    return CheckpointError(f"{path} cannot be read ({one_line(error)}); check the path.")


def one_line(error: Exception) -> str:
    """Shorten the text of a library's error to one line."""
    return " ".join(str(error).split())[:150].rstrip(".")
