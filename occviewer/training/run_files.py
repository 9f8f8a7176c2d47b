"""What a training run keeps on disk: its state, to go on from, and its curves."""

from __future__ import annotations

import io
import json
import math
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from occviewer.errors import DataError


class RunFiles:
    """The files of one run: ``state.pt`` and ``curves.jsonl``.

    Parameters
    ----------
    folder : Path
        Made if it does not exist.

    Raises
    ------
    DataError
        When the folder cannot be made.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.state = folder / "state.pt"
        self.curves = folder / "curves.jsonl"
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise _unwritable(folder, error) from error

    def save_state(self, state: Mapping[str, Any]) -> None:
        """Replace the state on disk; whatever happens, a whole one stays there.

        Raises
        ------
        DataError
            When it cannot be written, for instance because the disk is full.
        """
        temporary = self.folder / ".state.pt"
        content = io.BytesIO()  # torch writing to a disk that is full raises this and that
        torch.save(dict(state), content)
        try:
            with temporary.open("wb") as file:
                file.write(content.getbuffer())
                file.flush()
                os.fsync(file.fileno())  # a power cut must not leave an empty file either
            os.replace(temporary, self.state)
        except OSError as error:
            raise _unwritable(self.state, error) from error
        finally:
            temporary.unlink(missing_ok=True)

    def load_state(self) -> dict[str, Any] | None:
        """Read the state; None where the run has not saved one yet.

        Raises
        ------
        DataError
            When the file is damaged.
        """
        if not self.state.exists():
            return None
        try:
            state = torch.load(self.state, map_location="cpu", weights_only=True)
        except Exception as error:  # whatever broken archives make torch raise
            raise self.damaged() from error
        if not isinstance(state, dict):
            raise self.damaged()
        return state

    def damaged(self) -> DataError:
        """Make the error for a state that cannot be used."""
        return DataError(
            f"{self.state} is damaged or no state of a run: put a copy back, or delete it to "
            "train from the start."
        )

    def append(self, line: Mapping[str, Any]) -> None:
        """Add a line to the curves.

        Raises
        ------
        DataError
            When it cannot be written.
        """
        try:
            with self.curves.open("a", encoding="utf-8") as file:
                file.write(json.dumps(dict(line)) + "\n")
        except OSError as error:
            raise _unwritable(self.curves, error) from error

    def forget_after(self, step: int) -> None:
        """Drop lines of the curves later than `step`.

        A run that was killed goes on from its last state, and takes the steps between
        that and the kill again. A line that was cut off is dropped, too.

        Raises
        ------
        DataError
            When the curves cannot be written.
        """
        if not self.curves.exists():
            return
        temporary = self.folder / ".curves.jsonl"
        try:
            text = self.curves.read_text(encoding="utf-8", errors="replace")
            kept = "".join(f"{line}\n" for line in text.splitlines() if _step(line) <= step)
            if kept != text:
                temporary.write_text(kept, encoding="utf-8")
                os.replace(temporary, self.curves)
        except OSError as error:
            raise _unwritable(self.curves, error) from error
        finally:
            temporary.unlink(missing_ok=True)


@dataclass
class Tally:
    """What happened since the last line of the curves.

    Attributes
    ----------
    began : float
        When that was, by ``time.monotonic``.
    steps, counted : int
        Steps taken, and those of them that were not skipped.
    loss : float
        Sum of the losses of those.
    """

    began: float
    steps: int = 0
    counted: int = 0
    loss: float = 0.0

    def add(self, loss: float) -> None:
        """Count a step; its loss is not a finite number if it was skipped."""
        self.steps += 1
        if math.isfinite(loss):
            self.counted += 1
            self.loss += loss

    def means(self, now: float) -> dict[str, float]:
        """Mean loss, seconds a step and, where there were any, steps that were skipped."""
        values: dict[str, float] = {}
        if self.counted:
            values["loss"] = self.loss / self.counted
        values["step_seconds"] = (now - self.began) / self.steps
        if self.counted < self.steps:
            values["skipped"] = self.steps - self.counted
        return values


def _step(line: str) -> float:
    try:
        return float(json.loads(line)["step"])
    except (ValueError, KeyError, TypeError):
        return float("inf")


def _unwritable(path: Path, error: OSError) -> DataError:
    return DataError(
        f"{path} cannot be written ({error.strerror or error}): make room or choose another "
        "folder; a run goes on from its last state when it is started again."
    )
