"""Batches from the worker processes that make them."""

from __future__ import annotations

import re
import signal
from collections.abc import Generator

from torch.utils.data import DataLoader

from occviewer.errors import DataError
from occviewer.training.dataset import Batch, Examples


def load_batches(examples: Examples, workers: int, *, pinned: bool) -> Generator[Batch]:
    """Make batches ahead, without end; closing the generator ends the worker processes.

    Parameters
    ----------
    examples : Examples
    workers : int
        Processes that make them; 0 for this one.
    pinned : bool
        Whether to put them where a GPU can fetch them.

    Raises
    ------
    DataError
        When a shape cannot be read.
    """
    loader = DataLoader(
        examples,
        batch_size=None,
        num_workers=workers,
        pin_memory=pinned,
        prefetch_factor=4 if workers else None,
        worker_init_fn=_ignore_interrupts,
    )
    for batch in loader:
        if isinstance(batch, DataError):
            raise batch
        yield batch


def lost_worker(error: Exception) -> DataError | None:
    """Make the error for a dead worker process of what PyTorch raised; None if it was not that.

    PyTorch notices by a signal, so that its error can come up anywhere in the training, or
    by a connection that breaks.
    """
    by_signal = r"DataLoader worker .*(exited unexpectedly|killed by signal)"
    if not isinstance(error, ConnectionError | EOFError) and not (
        isinstance(error, RuntimeError) and re.search(by_signal, str(error))
    ):
        return None
    return DataError(
        "A process that makes examples was ended from outside, perhaps for want of memory: "
        "start the run again, with fewer --workers if that was it."
    )


def _ignore_interrupts(worker: int) -> None:
    """Let Ctrl-C, which a terminal sends to all processes, reach the training process only."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
