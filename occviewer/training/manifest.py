"""The list of a data set: what is in it, where it came from, and what failed.

``manifest.jsonl`` has one JSON object a line, by name: the fields of `ShapeRecord`,
``status`` (``ok`` or ``failed``), ``file`` (relative to the data set) and ``reason``. It
is made from the shape files and the failures noted beside them, and never needed to
make them: jobs that share a folder each note what they did, and whoever writes the
list last lists everything.
"""

from __future__ import annotations

import json
import os
from dataclasses import asdict
from pathlib import Path
from typing import Any

from occviewer.errors import DataError
from occviewer.training.shape_file import ShapeRecord, read_record

SHAPES = "shapes"
MANIFEST = "manifest.jsonl"
_FAILURES = "failures"


def shape_path(dataset: Path, name: str) -> Path:
    """Where the shape `name` of a data set lies."""
    return dataset / SHAPES / f"{name}.safetensors"


def note_failure(dataset: Path, record: ShapeRecord, reason: str) -> None:
    """Remember that a shape could not be prepared, until it is."""
    folder = dataset / _FAILURES
    folder.mkdir(exist_ok=True)
    entry = {**asdict(record), "status": "failed", "file": "", "reason": reason}
    _write(folder / f"{record.name}.json", json.dumps(entry, ensure_ascii=False))


def forget_failure(dataset: Path, name: str) -> None:
    """Take back what `note_failure` noted, if it did."""
    (dataset / _FAILURES / f"{name}.json").unlink(missing_ok=True)


def write_manifest(dataset: Path) -> list[dict[str, Any]]:
    """Write ``manifest.jsonl`` anew and return its entries."""
    while True:
        before = _listing(dataset)
        entries = {}
        for path in before:
            entry = _entry(dataset, path)
            # A shape that was prepared counts more than an old failure of it.
            if entry and (entry["name"] not in entries or entry["status"] == "ok"):
                entries[entry["name"]] = entry
        ordered = [entries[name] for name in sorted(entries)]
        text = "".join(json.dumps(entry, ensure_ascii=False) + "\n" for entry in ordered)
        _write(dataset / MANIFEST, text)
        if _listing(dataset) == before:  # another job may have added a shape meanwhile
            return ordered


def read_manifest(dataset: Path) -> list[dict[str, Any]]:
    """Read the entries of ``manifest.jsonl``.

    Raises
    ------
    DataError
        When there is none, or it is damaged.
    """
    path = dataset / MANIFEST
    try:
        return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    except (OSError, ValueError) as error:
        raise DataError(
            f"{path} cannot be read ({error}): run the data command that made the data set again."
        ) from error


def _listing(dataset: Path) -> list[Path]:
    shapes = sorted(p for p in (dataset / SHAPES).glob("*.safetensors") if p.name[0] != ".")
    return shapes + sorted(p for p in (dataset / _FAILURES).glob("*.json") if p.name[0] != ".")


def _entry(dataset: Path, path: Path) -> dict[str, Any] | None:
    try:
        if path.suffix == ".json":
            entry: dict[str, Any] = json.loads(path.read_bytes())
            return entry
        record = asdict(read_record(path))
        return {**record, "status": "ok", "file": path.relative_to(dataset).as_posix()}
    except FileNotFoundError:
        return None  # another job took its failure back meanwhile
    except DataError as error:
        lost = asdict(ShapeRecord(path.stem, "", "", ""))
        return {**lost, "status": "failed", "file": "", "reason": str(error)}


def _write(path: Path, text: str) -> None:
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        temporary.write_text(text, encoding="utf-8")
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)
