"""Linear layers on rows of activations (M, C), by the fastest kernel of the device."""

from __future__ import annotations

import platform

import torch
from torch import Tensor
from torch.nn import functional as F  # noqa: N812 - the usual name

ROWS = 32
"""`RowLinear` may be given a multiple of so many rows only; see `padded`."""

# oneDNN's 1x1 convolutions ran 1.7 (width 32) to 2.3 (width 256) times as fast as MKL's
# matrix product on an AMD processor, where MKL leaves AVX-512 unused, but one call
# costs 25 µs more. So many multiplications and additions make up for that.
_WORTH_A_CONVOLUTION = 1 << 21


class RowLinear:
    """A linear layer whose weights are laid out once.

    On x86 processors a large batch is seen as a batch of images with the channels
    last, and the layer as a convolution of width 1, which torch gives to oneDNN.

    Parameters
    ----------
    weight : (out, in) Tensor
    bias : (out,) Tensor
    """

    def __init__(self, weight: Tensor, bias: Tensor) -> None:
        self._weight = weight.detach().contiguous()
        self._bias = bias.detach().contiguous()
        self._kernel: Tensor | None = None
        if _has_fast_convolutions(weight.device):
            kernel = self._weight[:, :, None, None]
            self._kernel = kernel.contiguous(memory_format=torch.channels_last)

    def __call__(self, rows: Tensor) -> Tensor:
        """Map (M, in) to a new tensor (M, out); M is a multiple of `ROWS`."""
        count, width = rows.shape
        if self._kernel is None or count * self._weight.numel() < _WORTH_A_CONVOLUTION:
            return F.linear(rows, self._weight, self._bias)
        # torch takes oneDNN for more than 16 images, also where it has one thread only.
        images = rows.view(ROWS, 1, count // ROWS, width).permute(0, 3, 1, 2)
        out = F.conv2d(images, self._kernel, self._bias)
        return out.permute(0, 2, 3, 1).reshape(count, -1)


def padded(rows: Tensor) -> Tensor:
    """Append rows of zeros to (M, C), up to a multiple of `ROWS`."""
    missing = -len(rows) % ROWS
    return F.pad(rows, (0, 0, 0, missing)) if missing else rows


def _has_fast_convolutions(device: torch.device) -> bool:
    x86 = platform.machine().lower() in ("x86_64", "amd64")
    onednn: bool = torch.backends.mkldnn.is_available()  # type: ignore[no-untyped-call]
    return device.type == "cpu" and x86 and onednn
