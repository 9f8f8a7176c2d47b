"""Which model a document works with: a name or a file, and a hash of its content."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TypeAlias

from occviewer import assets
from occviewer.document.checks import number, require, text
from occviewer.document.errors import DocumentError
from occviewer.models.sniffing import SUFFIX

Setting: TypeAlias = str | int | float | bool
"""Value of a setting of a model."""

# Settings that change nothing about codes.
_ONLY_SHOWN = frozenset({"threshold", "name", "bound"})
_MOST_SETTINGS = 64


@dataclass(frozen=True)
class ModelReference:
    """A model that ships with the program, or a checkpoint; it is not opened here.

    Parameters
    ----------
    shipped : str
        Name of a model that ships; empty for a file.
    path : Path, optional
        The checkpoint; None for a model that ships.
    label : str
        How people call the model; by default the name, or the file's without suffix.
    digest : str
        SHA-256 of the file in hexadecimal digits where it is known already, as in a session
        file; `sha256` works it out otherwise.
    settings : tuple of (str, value), optional
        What the file of another project does not say, by name; sorted. A mapping is taken, too.
    """

    shipped: str = ""
    path: Path | None = None
    label: str = ""
    digest: str = ""
    settings: tuple[tuple[str, Setting], ...] = ()

    def __post_init__(self) -> None:
        text(self.shipped, "The name of a model that ships")
        object.__setattr__(self, "settings", _checked(self.settings))
        require(
            bool(self.shipped) != (self.path is not None),
            "A model is either one that ships or a file.",
        )
        require(
            Path(self.shipped).name == self.shipped,
            "The name of a model that ships is no path.",
        )
        if self.path is not None:
            object.__setattr__(self, "path", Path(self.path))
        label = self.label or self.shipped or (self.path.stem if self.path else "")
        object.__setattr__(self, "label", text(label, "The name of a model"))
        require(
            not self.digest or re.fullmatch("[0-9a-f]{64}", self.digest) is not None,
            "A SHA-256 has 64 hexadecimal digits.",
        )

    @property
    def encoding(self) -> tuple[tuple[str, Setting], ...]:
        """The settings by which codes differ."""
        return tuple((name, value) for name, value in self.settings if name not in _ONLY_SHOWN)

    @property
    def file(self) -> Path:
        """Where the checkpoint lies; it may be missing."""
        return self.path or assets.checkpoints() / f"{self.shipped}{SUFFIX}"

    @property
    def location(self) -> str | Path:
        """What `occviewer.models.open_model` takes."""
        return self.path or self.shipped

    @cached_property
    def sha256(self) -> str:
        """SHA-256 of the file; read once, when it is first asked for.

        Raises
        ------
        DocumentError
            The file cannot be read.
        """
        return self.digest or sha256_of(self.file)

    @property
    def known_sha256(self) -> str:
        """`sha256` if it is known without reading the file, else an empty text."""
        return self.digest or str(self.__dict__.get("sha256", ""))

    def is_same_model(self, other: ModelReference | None) -> bool:
        """Whether codes of the one model are codes of the other.

        Equal content is the same model wherever it lies; where a content is not known, the
        same place is. Settings that change what is encoded make another model.
        """
        if other is None or self.encoding != other.encoding:
            return False
        mine, theirs = self.known_sha256, other.known_sha256
        if mine and theirs:
            return mine == theirs
        return (self.shipped, self.path) == (other.shipped, other.path)

    def is_as_opened(self, opened: ModelReference) -> bool:
        """Whether opening it would bring what is open already: the same, from the same place.

        Parameters
        ----------
        opened : ModelReference
            The open one; its file's content is known since.
        """
        if self == opened:
            return True
        known = self.known_sha256
        return (
            bool(known)
            and known == opened.known_sha256
            and (replace(self, digest=known) == replace(opened, digest=known))
        )


def _checked(settings: object) -> tuple[tuple[str, Setting], ...]:
    items = settings.items() if isinstance(settings, Mapping) else settings
    pairs = sorted((text(name, "A setting"), value) for name, value in items)  # type: ignore[attr-defined]
    require(len(pairs) <= _MOST_SETTINGS, "A model has too many settings.")
    require(len(dict(pairs)) == len(pairs), "A setting of a model is there twice.")
    for name, value in pairs:
        if isinstance(value, str):
            text(value, f"The setting {name}")
        else:
            number(value, f"The setting {name}", -1e30, 1e30)
    return tuple(pairs)


def sha256_of(path: Path) -> str:
    """SHA-256 of a file in hexadecimal digits.

    Raises
    ------
    DocumentError
        The file cannot be read.
    """
    try:
        with path.open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()
    except OSError as error:
        raise DocumentError(
            f"The model {path} cannot be read ({error.strerror or error}); check the path."
        ) from error
