"""Batches from the worker processes that make them."""

from __future__ import annotations

import signal
from collections.abc import Iterator

from torch.utils.data import DataLoader

from occviewer.errors import DataError
from occviewer.training.dataset import Batch, Examples


def load_batches(examples: Examples, workers: int, *, pinned: bool) -> Iterator[Batch]:
    """Make batches ahead, without end.

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
        When a shape cannot be read, or a worker process dies.
    """
    loader = DataLoader(
        examples,
        batch_size=None,
        num_workers=workers,
        pin_memory=pinned,
        prefetch_factor=4 if workers else None,
        worker_init_fn=_ignore_interrupts,
    )
    try:
        for batch in loader:
            if isinstance(batch, DataError):
                raise batch
            yield batch
    except RuntimeError as error:
        if "exited unexpectedly" in str(error) or "killed by signal" in str(error):
            raise DataError(
                "A process that makes examples was ended from outside, perhaps for want of "
                "memory: start the run again, with fewer --workers if that was it."
            ) from error
        raise


def _ignore_interrupts(worker: int) -> None:
    """Let Ctrl-C, which a terminal sends to all processes, reach the training process only."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
