"""Training curves for TensorBoard, where it is installed."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from occviewer.errors import DataError


def tensorboard_report(run: Path) -> Callable[[dict[str, Any]], None]:
    """Make a function that writes lines of the curves as TensorBoard events into `run`.

    Raises
    ------
    DataError
        When TensorBoard is not installed.
    """
    try:
        from torch.utils.tensorboard import SummaryWriter
    except ImportError as error:
        raise DataError(
            'TensorBoard is not installed: run  pip install "occviewer[tensorboard]"  '
            "or leave --tensorboard out."
        ) from error
    writers: list[SummaryWriter] = []  # made with the first line: it begins a file at once

    def report(line: dict[str, Any]) -> None:
        if not writers:
            # After a kill some steps are taken again: what was drawn of them goes.
            writers.append(SummaryWriter(str(run), purge_step=line["step"]))
        (writer,) = writers
        for key, value in line.items():
            if key not in ("step", "minutes"):
                writer.add_scalar(key, value, line["step"])
        writer.flush()

    return report
