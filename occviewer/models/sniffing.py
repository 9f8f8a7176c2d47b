"""What a file is that should be a checkpoint, by its first bytes; nothing is ever run."""

from __future__ import annotations

import os
from pathlib import Path

from occviewer.errors import CheckpointError

SUFFIX = ".safetensors"

_LARGEST_HEADER = 100_000_000


def refuse_foreign(path: Path) -> None:
    """Return for what may be a safetensors file, and say what anything else is.

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
