"""Several processes that train together, started by ``torchrun``."""

from __future__ import annotations

import os
from datetime import timedelta

import torch
from torch import distributed, nn
from torch.nn.parallel import DistributedDataParallel

from occviewer.errors import DataError

# The others wait while the first validates; PyTorch's ten minutes for NCCL can be too few.
_PATIENCE = timedelta(hours=2)


class Processes:
    """The processes of this run; one, unless ``torchrun`` started more.

    Attributes
    ----------
    rank, count : int
        Number of this process and how many there are.
    """

    def __init__(self) -> None:
        self.rank = int(os.environ.get("RANK", "0"))
        self.count = int(os.environ.get("WORLD_SIZE", "1"))
        self._local_rank = int(os.environ.get("LOCAL_RANK", "0"))

    @property
    def first(self) -> bool:
        """Whether this process keeps the time, validates and writes."""
        return self.rank == 0

    def start(self, device: str) -> None:
        """Join the others: NCCL on CUDA, Gloo on the CPU.

        Raises
        ------
        DataError
            When several processes cannot train on this device, or there are more of them
            than GPUs.
        """
        if self.count == 1:
            return
        if device == "mps":
            raise DataError("Several processes train on cuda or cpu: choose it with --device.")
        if device == "cuda":
            found = torch.cuda.device_count()
            if self._local_rank >= found:
                raise DataError(
                    f"This machine has {found} GPUs, too few for process {self._local_rank + 1}: "
                    "give torchrun a --nproc-per-node that is no larger."
                )
            # Collectives use the current device, which is the first GPU unless it is said.
            torch.cuda.set_device(self._local_rank)
        distributed.init_process_group("nccl" if device == "cuda" else "gloo", timeout=_PATIENCE)

    def stop(self) -> None:
        """Leave the others."""
        if self.count > 1 and distributed.is_initialized():
            distributed.destroy_process_group()

    def device(self, name: str) -> torch.device:
        """Device of this process."""
        return torch.device(name, self._local_rank) if name == "cuda" else torch.device(name)

    def wrap(self, network: nn.Module) -> nn.Module:
        """Make gradients be averaged over the processes."""
        return DistributedDataParallel(network) if self.count > 1 else network

    def agree(self, *values: float) -> tuple[float, ...]:
        """Return the first process's values to all."""
        if self.count == 1:
            return values
        on = "cuda" if distributed.get_backend() == "nccl" else "cpu"
        shared = torch.tensor(values, dtype=torch.float64, device=on)
        distributed.broadcast(shared, 0)
        return tuple(shared.tolist())

    def wait(self) -> None:
        """Wait for the others."""
        if self.count > 1:
            distributed.barrier()
