"""Linear layers on rows of activations (M, C), by the fastest kernel of the processor."""

from __future__ import annotations

import platform
import time
from collections.abc import Callable
from functools import cache

import torch
from torch import Tensor

ROWS = 32
"""`RowLinear` may be given a multiple of so many rows only; see `padded`."""

# One call of oneDNN's convolutions costs 25 µs more. So many multiplications and additions
# make up for that.
_WORTH_A_CONVOLUTION = 1 << 21

# Otherwise what is quicker would be chance, and with it the last digits of a logit.
_CLEARLY = 1.2
_TRIALS, _TRIAL_ROWS = 5, 512


class RowLinear:
    """A linear layer whose weights are laid out once.

    Where that is clearly faster, a large batch is seen as a batch of images with the channels
    last, and the layer as a convolution of width 1, which torch gives to oneDNN: at a width of
    256 it ran 2.3 times as fast as MKL's matrix product on one AMD processor, of which MKL left
    AVX-512 unused, and a tenth slower on another.

    Parameters
    ----------
    weight : (out, in) Tensor
    bias : (out,) Tensor, optional
        None for no bias.
    """

    def __init__(self, weight: Tensor, bias: Tensor | None = None) -> None:
        self._matrix = weight.detach().T.contiguous()
        self._bias = None if bias is None else bias.detach().contiguous()
        self._kernel: Tensor | None = None
        if _has_convolutions(weight.device) and convolutions_are_faster(max(weight.shape)):
            kernel = weight.detach()[:, :, None, None]
            self._kernel = kernel.contiguous(memory_format=torch.channels_last)

    def into(self, rows: Tensor, out: Tensor) -> Tensor:
        """Map (M, in) into `out` (M, out), which is returned; M is a multiple of `ROWS`."""
        kernel = self._kernel_for(rows)
        if kernel is not None:
            return out.copy_(_convolved(rows, kernel, self._bias))
        if self._bias is None:
            return torch.mm(rows, self._matrix, out=out)
        return torch.addmm(self._bias, rows, self._matrix, out=out)

    def onto(self, rows: Tensor, out: Tensor) -> Tensor:
        """Add what (M, in) is mapped to, to `out` (M, out), which is returned."""
        kernel = self._kernel_for(rows)
        if kernel is not None:
            return out.add_(_convolved(rows, kernel, self._bias))
        out.addmm_(rows, self._matrix)
        return out if self._bias is None else out.add_(self._bias)

    def _kernel_for(self, rows: Tensor) -> Tensor | None:
        work = len(rows) * self._matrix.numel()
        return self._kernel if work >= _WORTH_A_CONVOLUTION else None


def padded(rows: Tensor) -> Tensor:
    """Append rows of zeros to (M, C), up to a multiple of `ROWS`."""
    missing = -len(rows) % ROWS
    return torch.nn.functional.pad(rows, (0, 0, 0, missing)) if missing else rows


@cache
def convolutions_are_faster(width: int) -> bool:
    """Try out, once, whether layers of some width on the CPU had better be convolutions."""
    rows, matrix = torch.ones(_TRIAL_ROWS, width), torch.ones(width, width)
    kernel = matrix[:, :, None, None].contiguous(memory_format=torch.channels_last)
    out = torch.empty_like(rows)
    with torch.inference_mode():
        by_matrix = _least_seconds(lambda: torch.mm(rows, matrix, out=out))
        by_convolution = _least_seconds(lambda: out.copy_(_convolved(rows, kernel, None)))
    return by_convolution * _CLEARLY < by_matrix


def _least_seconds(work: Callable[[], object]) -> float:
    seconds = []
    for _ in range(_TRIALS):
        began = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - began)
    return min(seconds)


def _convolved(rows: Tensor, kernel: Tensor, bias: Tensor | None) -> Tensor:
    count, width = rows.shape
    # torch takes oneDNN for more than 16 images, also where it has one thread only.
    images = rows.view(ROWS, 1, count // ROWS, width).permute(0, 3, 1, 2)
    out = torch.nn.functional.conv2d(images, kernel, bias)
    return out.permute(0, 2, 3, 1).reshape(count, -1)


def _has_convolutions(device: torch.device) -> bool:
    x86 = platform.machine().lower() in ("x86_64", "amd64")
    onednn: bool = torch.backends.mkldnn.is_available()  # type: ignore[no-untyped-call]
    return device.type == "cpu" and x86 and onednn
