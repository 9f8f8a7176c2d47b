"""Fields: a code made ready to be asked for logits."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from functools import partial
from typing import overload
from weakref import WeakKeyDictionary

import numpy as np
import torch
from torch import Tensor

from occviewer.arrays import Float32Array
from occviewer.models.prepared import Decoder, fast_decoder, layered_decoder
from occviewer.networks import Features, OccupancyNetwork
from occviewer.team import Team

# Activations of a chunk that stay in a core's cache: 512 KiB of float32, but not fewer
# queries than make up for the calls. Measured on the CPU; a GPU wants to be filled.
_CPU_ACTIVATIONS, _LEAST_CHUNK = 1 << 17, 1 << 9
_GPU_CHUNK = 1 << 18
_WHOLE = 1 << 30

# So many queries are worth a thread of their own, and so many multiplications of one layer.
_SHARE, _LEAST_SHARE, _LAYER_WORTH_A_THREAD = 1 << 10, 1 << 6, 1 << 22


class NetworkField:
    """Logits of an occupancy network for one code; everything per shape is done once.

    Parameters
    ----------
    network : OccupancyNetwork
        In evaluation mode.
    features : dict of Tensor
        What its encoder made of one observation: batches of one, on the network's device.
    level : float
        Logit at which the surface lies.
    bounds : (2, 3) float32
        Lowest and highest corner of the box in which the field may be asked.
    leniency : float
        Added to the logits; see `occviewer.models.codes.Code.lenient`.

    Attributes
    ----------
    grain : float
        How far apart the finest features of a local network lie, in units of the box; 0 for
        a network whose code is a vector.
    """

    def __init__(
        self,
        network: OccupancyNetwork,
        features: Features,
        level: float,
        bounds: Float32Array,
        leniency: float = 0.0,
    ) -> None:
        self._device = next(iter(features.values())).device
        with _one_thread_an_operation() if self._device.type == "cpu" else nullcontext():
            self._layered = layered_decoder(network, features)
            self._prepared = fast_decoder(network, features) or self._layered
        self._fill = getattr(self._prepared, "fill", None)
        self._chunk = chunk_size(network, self._device)
        self._share = getattr(self._prepared, "share", share_size(network))
        self._level, self._leniency = float(level), leniency
        self._bounds = np.array(bounds, np.float32)
        self._bounds.setflags(write=False)
        sides = [tensor.shape[-1] for tensor in features.values() if tensor.ndim > 2]
        longest = float((self._bounds[1] - self._bounds[0]).max())
        self.grain = longest / (max(sides) - 1) if sides and max(sides) > 1 else 0.0

    @property
    def level(self) -> float:
        """The logit at which the surface lies; higher logits are inside."""
        return self._level

    @property
    def bounds(self) -> Float32Array:
        """Lowest and highest corner (2, 3) float32 of the box to be asked."""
        return self._bounds

    @property
    def threads(self) -> int:
        """How many threads share out queries, and may share out the work around them."""
        return torch.get_num_threads()

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
        MemoryError
            When the device has not enough; fewer points need less.
        """
        with lacking_memory_told():
            return self._logits(points)

    def _logits(self, points: Float32Array | Tensor) -> Float32Array | Tensor:
        if points.ndim != 2 or points.shape[1] != 3:
            raise ValueError(f"A field is asked at points (N, 3), not {tuple(points.shape)}.")
        if isinstance(points, Tensor):
            if points.requires_grad and torch.is_grad_enabled():
                decoded = self._in_chunks(points.to(torch.float32), self._layered)
                return decoded.to(points.device)
            if self._fill is not None:
                array = points.detach().to("cpu", torch.float32).contiguous().numpy()
                return torch.from_numpy(self._filled(array, self._fill)).to(points.device)
            with torch.no_grad():
                decoded = self._in_chunks(points.to(torch.float32), self._prepared)
                return decoded.to(points.device)
        if self._fill is not None:
            return self._filled(np.ascontiguousarray(points, np.float32), self._fill)
        queries = torch.from_numpy(np.array(points, np.float32))
        if self._device.type != "cpu":
            return self._plainly(queries).cpu().numpy()
        threads = torch.get_num_threads()
        with _one_thread_an_operation():
            most = 1 if self._chunk == _WHOLE else threads
            parts = queries.tensor_split(max(1, min(most, len(queries) // self._share)))
            answers = Team(threads).do([partial(self._alone, part) for part in parts])
            return torch.cat(answers).numpy()

    def _filled(
        self, points: Float32Array, fill: Callable[[Float32Array, Float32Array], None]
    ) -> Float32Array:
        """Logits of queries (M, 3) without torch, by all threads."""
        logits = np.empty(len(points), np.float32)
        team = Team(torch.get_num_threads())
        parts = team.parts(len(points), self._share)
        team.do([partial(fill, points[part], logits[part]) for part in parts])
        if self._leniency:
            logits += np.float32(self._leniency)
        return logits

    def _alone(self, points: Tensor) -> Tensor:
        """As `_plainly`, with one thread an operation: each thread has a number of its own."""
        if torch.get_num_threads() != 1:
            torch.set_num_threads(1)  # for good: a thread of a team
        return self._plainly(points)

    def _plainly(self, points: Tensor) -> Tensor:
        """Logits of queries (M, 3), without gradients, in the calling thread."""
        with torch.inference_mode():
            return self._in_chunks(points, self._prepared)

    def _in_chunks(self, points: Tensor, decode: Decoder) -> Tensor:
        if len(points) == 0:
            return points.new_zeros(0)
        chunks = torch.split(points, self._chunk)
        logits = torch.cat([decode(chunk.to(self._device)) for chunk in chunks])
        return logits + self._leniency if self._leniency else logits


@contextmanager
def lacking_memory_told() -> Iterator[None]:
    """Let torch raise `MemoryError` where it lacks memory, as everything else does."""
    try:
        yield
    except RuntimeError as error:  # torch's own OutOfMemoryError is one, and on a CPU all it is
        if isinstance(error, torch.OutOfMemoryError) or "can't allocate memory" in str(error):
            raise MemoryError(str(error)) from error
        raise


@contextmanager
def _one_thread_an_operation() -> Iterator[None]:
    """Let torch compute each operation in the thread that asks for it.

    A chunk is some forty operations of a few dozen microseconds. Where threads share each
    of them they wait for each other at its end, and if another program has the processor
    then, for milliseconds. Threads that share out the chunks wait once.
    """
    threads = torch.get_num_threads()
    if threads == 1:
        yield
        return
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(threads)


def chunk_size(network: OccupancyNetwork, device: torch.device) -> int:
    """Choose how many queries at a time run fastest: by the decoder's width and the device."""
    if network.chunks_itself:
        return _WHOLE
    if device.type != "cpu":
        return _GPU_CHUNK
    return int(min(max(_CPU_ACTIVATIONS // _width_of(network), _LEAST_CHUNK), 16384))


def share_size(network: OccupancyNetwork) -> int:
    """Choose how many queries a thread must have at least: few, where each is much work."""
    return int(min(max(_LAYER_WORTH_A_THREAD // _width_of(network) ** 2, _LEAST_SHARE), _SHARE))


# Each frame of a code that moves asks for it.
_widths: WeakKeyDictionary[OccupancyNetwork, int] = WeakKeyDictionary()


def _width_of(network: OccupancyNetwork) -> int:
    width = _widths.get(network)
    if width is None:
        decoder = getattr(network, "decoder", network)
        width = max(int(parameter.shape[0]) for parameter in decoder.parameters())
        _widths[network] = width
    return width
