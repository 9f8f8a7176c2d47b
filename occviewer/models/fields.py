"""Fields: a code made ready to be asked for logits."""

from __future__ import annotations

from collections.abc import Callable
from typing import overload

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F  # noqa: N812 - the usual name

from occviewer.arrays import Float32Array
from occviewer.networks import Features, ONet, PointCloudNetwork
from occviewer.networks.onet import CBatchNorm1d

Decoder = Callable[[Tensor], Tensor]
"""Logits (M,) of queries (M, 3) for one shape."""

# Activations of a chunk that stay in a core's cache: 2 MiB of float32. Measured best
# for widths 32 and 256 alike on the CPU; a GPU wants to be filled.
_CPU_ACTIVATIONS = 1 << 19
_GPU_CHUNK = 1 << 18


class NetworkField:
    """Logits of an occupancy network for one code; everything per shape is done once.

    Parameters
    ----------
    network : PointCloudNetwork
        In evaluation mode.
    features : dict of Tensor
        What its encoder made of one observation: batches of one, on the network's device.
    level : float
        Logit at which the surface lies.
    bounds : (2, 3) float32
        Lowest and highest corner of the box in which the field may be asked.
    """

    def __init__(
        self, network: PointCloudNetwork, features: Features, level: float, bounds: Float32Array
    ) -> None:
        self._decode = prepared_decoder(network, features)
        self._device = next(iter(features.values())).device
        self._chunk = chunk_size(network, self._device)
        self._level = float(level)
        self._bounds = np.array(bounds, np.float32)
        self._bounds.setflags(write=False)

    @property
    def level(self) -> float:
        """The logit at which the surface lies; higher logits are inside."""
        return self._level

    @property
    def bounds(self) -> Float32Array:
        """Lowest and highest corner (2, 3) float32 of the box to be asked."""
        return self._bounds

    @overload
    def logits(self, points: Float32Array) -> Float32Array: ...

    @overload
    def logits(self, points: Tensor) -> Tensor: ...

    def logits(self, points: Float32Array | Tensor) -> Float32Array | Tensor:
        """Logits at points of the box frame.

        Parameters
        ----------
        points : (N, 3) array or Tensor
            Any number, also none; cut into chunks that suit the device.

        Returns
        -------
        (N,) float32 of the kind that was given
            A tensor comes back on the device it came from, and with a gradient where it
            requires one.

        Raises
        ------
        ValueError
            When the shape is not (N, 3).
        """
        if points.ndim != 2 or points.shape[1] != 3:
            raise ValueError(f"A field is asked at points (N, 3), not {tuple(points.shape)}.")
        if isinstance(points, Tensor):
            with torch.set_grad_enabled(points.requires_grad and torch.is_grad_enabled()):
                return self._in_chunks(points.to(torch.float32)).to(points.device)
        with torch.inference_mode():
            queries = torch.from_numpy(np.array(points, np.float32))
            return self._in_chunks(queries).cpu().numpy()

    def _in_chunks(self, points: Tensor) -> Tensor:
        if len(points) <= self._chunk:
            return self._decode(points.to(self._device))
        return torch.cat(
            [self._decode(p.to(self._device)) for p in torch.split(points, self._chunk)]
        )


def chunk_size(network: PointCloudNetwork, device: torch.device) -> int:
    """Choose how many queries at a time run fastest: by the decoder's width and the device."""
    if device.type != "cpu":
        return _GPU_CHUNK
    decoder = getattr(network, "decoder", network)
    width = max(parameter.shape[0] for parameter in decoder.parameters())
    return int(min(max(_CPU_ACTIVATIONS // width, 2048), 16384))


def prepared_decoder(network: PointCloudNetwork, features: Features) -> Decoder:
    """Decode queries (M, 3) for one shape (features with batches of one)."""
    if isinstance(network, ONet):
        return FoldedONet(network, features["c"])

    def decode(queries: Tensor) -> Tensor:
        return network.decode(queries[None], features)[0].float()

    return decode


class FoldedONet:
    """The decoder of Occupancy Networks for one code, its batch norms folded away.

    A conditional batch norm in evaluation mode is, once the code is known, an affine
    map ``a x + b`` of each channel. Where it follows a linear layer it is multiplied
    into that layer's weights; the one at the head of a residual block stays one
    multiplication and one addition.

    Parameters
    ----------
    network : ONet
        In evaluation mode.
    c : (1, c_dim) Tensor
        The code.
    """

    def __init__(self, network: ONet, c: Tensor) -> None:
        decoder = network.decoder
        with torch.no_grad():
            self._first = _linear(decoder.fc_p)
            self._blocks = []
            for block in (
                decoder.block0,
                decoder.block1,
                decoder.block2,
                decoder.block3,
                decoder.block4,
            ):
                scale, shift = _affine(block.bn_1, c)
                weight, bias = _linear(block.fc_0)
                folded = weight * scale[:, None], bias * scale + shift
                self._blocks.append((_affine(block.bn_0, c), folded, _linear(block.fc_1)))
            self._end = _affine(decoder.bn, c)
            self._last = _linear(decoder.fc_out)

    def __call__(self, queries: Tensor) -> Tensor:
        """Logits (M,) of queries (M, 3)."""
        net = F.linear(queries, *self._first)
        for (scale, shift), first, second in self._blocks:
            inner = F.linear(F.relu(torch.addcmul(shift, net, scale)), *first)
            net = net + F.linear(F.relu(inner), *second)
        scale, shift = self._end
        return F.linear(F.relu(torch.addcmul(shift, net, scale)), *self._last)[:, 0]


def _linear(conv: torch.nn.Conv1d) -> tuple[Tensor, Tensor]:
    """Weight (out, in) and bias (out,) of a convolution of width 1."""
    assert conv.bias is not None
    return conv.weight[..., 0].contiguous(), conv.bias


def _affine(norm: CBatchNorm1d, c: Tensor) -> tuple[Tensor, Tensor]:
    """Scale and shift (f_dim,) that a conditional batch norm is for a code (1, c_dim)."""
    mean, variance = norm.bn.running_mean, norm.bn.running_var
    assert mean is not None
    assert variance is not None
    gamma = norm.conv_gamma(c[:, :, None])[0, :, 0]
    beta = norm.conv_beta(c[:, :, None])[0, :, 0]
    scale = gamma * torch.rsqrt(variance + norm.bn.eps)
    return scale, beta - scale * mean
