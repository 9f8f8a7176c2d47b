"""The models that ship with the program; found without torch, which takes long to import."""

from __future__ import annotations

from pathlib import Path

from occviewer import assets
from occviewer.models.sniffing import SUFFIX


def shipped_models() -> dict[str, Path]:
    """Names and files of the models that ship with the program."""
    return {path.stem: path for path in sorted(assets.checkpoints().glob(f"*{SUFFIX}"))}
