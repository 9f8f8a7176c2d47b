"""What every kind of source has in common; each kind is a class in a file of its own."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from pathlib import Path
from typing import ClassVar, Literal, Self, TypeAlias

Kind: TypeAlias = Literal["cloud", "picture", "voxels"]


class ShapeSource(ABC):
    """What a shape is encoded from, and what was done to it; immutable.

    Whoever does something else for each kind keeps a table by `kind`: how it is encoded, its
    page in the source panel, its rows in a session file.

    Attributes
    ----------
    kind : {"cloud", "picture", "voxels"}
        Of the class.
    path : Path or None
        The file it was read from.
    """

    kind: ClassVar[Kind]
    path: Path | None

    @property
    def name(self) -> str:
        """How people call it: the file's name without suffix, if there is a file."""
        return "" if self.path is None else self.path.stem

    @property
    def is_ready(self) -> bool:
        """Whether it can be encoded as it is; a picture needs its mask first."""
        return True

    def for_another_model(self) -> Self:
        """Take away what only the present model understands."""
        return self

    @abstractmethod
    def weights(self) -> Iterator[tuple[int, int]]:
        """Identity and bytes of everything large that it holds."""
