"""Several processes that train together, started by ``torchrun``."""

from __future__ import annotations

import os

import torch
from torch import distributed, nn
from torch.nn.parallel import DistributedDataParallel


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
        """Join the others: NCCL on CUDA, Gloo elsewhere."""
        if self.count > 1:
            distributed.init_process_group("nccl" if device == "cuda" else "gloo")

    def stop(self) -> None:
        """Leave the others."""
        if self.count > 1:
            distributed.destroy_process_group()

    def device(self, name: str) -> torch.device:
        """Device of this process."""
        return torch.device(name, self._local_rank) if name == "cuda" else torch.device(name)

    def wrap(self, network: nn.Module) -> nn.Module:
        """Make gradients be averaged over the processes."""
        return DistributedDataParallel(network) if self.count > 1 else network

    def agree(self, value: float) -> float:
        """Return the first process's value to all."""
        if self.count == 1:
            return value
        on = "cuda" if distributed.get_backend() == "nccl" else "cpu"
        shared = torch.tensor([value], dtype=torch.float64, device=on)
        distributed.broadcast(shared, 0)
        return float(shared)

    def wait(self) -> None:
        """Wait for the others."""
        if self.count > 1:
            distributed.barrier()
