"""Where the files that ship with the program are: samples and checkpoints."""

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent


def _bundled(name: str) -> Path:
    # A wheel carries the folders inside the package; in a source tree (also an
    # editable install) they lie beside it.
    inside = _PACKAGE / "_bundled" / name
    return inside if inside.is_dir() else _PACKAGE.parent / name


def resources() -> Path:
    """Folder with the sample observations and icons."""
    return _bundled("resources")


def checkpoints() -> Path:
    """Folder with the models that ship."""
    return _bundled("checkpoints")
