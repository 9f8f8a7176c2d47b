"""Links from a session file to other files: relative where they are near, and absolute."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

# A relative link survives that both are moved together; from further up, that is unlikely.
_MOST_UP = 3


def link_to(path: Path, folder: Path) -> dict[str, str]:
    """Describe where a file lies, for a session file in a folder."""
    absolute = Path(os.path.abspath(path))
    link = {"absolute": absolute.as_posix()}
    try:
        relative = Path(os.path.relpath(absolute, os.path.abspath(folder)))
    except ValueError:  # on another drive
        return link
    if relative.parts.count("..") <= _MOST_UP:
        link["relative"] = relative.as_posix()
    return link


def places(link: Mapping[str, Any], folder: Path) -> list[Path]:
    """Where the file of a link may lie, the likeliest place first.

    Raises
    ------
    ValueError
        The link names no place.
    """
    found = []
    if link.get("relative"):
        found.append(Path(os.path.abspath(folder / _text(link["relative"]))))
    if link.get("absolute"):
        found.append(Path(_text(link["absolute"])))
    if not found:
        raise ValueError("a link without a path")
    return list(dict.fromkeys(found))


def _text(value: object) -> str:
    if not isinstance(value, str) or "\0" in value:
        raise ValueError("a path that is no text")
    return value
