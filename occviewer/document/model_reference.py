"""Which model a document works with: a name or a file, and a hash of its content."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from occviewer import assets
from occviewer.document.checks import require, text
from occviewer.document.errors import DocumentError
from occviewer.models.sniffing import SUFFIX


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
    """

    shipped: str = ""
    path: Path | None = None
    label: str = ""
    digest: str = ""

    def __post_init__(self) -> None:
        text(self.shipped, "The name of a model that ships")
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
        same place is.
        """
        if other is None:
            return False
        mine, theirs = self.known_sha256, other.known_sha256
        if mine and theirs:
            return mine == theirs
        return (self.shipped, self.path) == (other.shipped, other.path)


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
