"""Decoders for one shape, with everything done once that depends on the shape alone."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn

from occviewer.models.folded_onet import FoldedONet, is_foldable
from occviewer.models.lookups import MOST_ROWS, Lookup, grid_lookup, plane_lookup
from occviewer.networks import ConvONet, Features, HouseNetwork, OccupancyNetwork, ONet
from occviewer.networks.layers import ResnetBlockFC

Decoder = Callable[[Tensor], Tensor]
"""Logits (M,) of queries (M, 3) for one shape. Some have a method ``fill(queries, logits)`` beside,
which works on contiguous float32 arrays."""


def prepared_decoder(network: OccupancyNetwork, features: Features) -> Decoder:
    """Decode queries (M, 3) for one shape: by `fast_decoder`, else layer by layer."""
    return fast_decoder(network, features) or layered_decoder(network, features)


def fast_decoder(network: OccupancyNetwork, features: Features) -> Decoder | None:
    """Decode queries (M, 3) for one shape, as `layered_decoder` within 1e-4 (relative).

    Parameters
    ----------
    network : OccupancyNetwork
        In evaluation mode.
    features : dict of Tensor
        Batches of one, on the network's device.

    Returns
    -------
    function or None
        To be called in inference mode; it gives no gradients. None where there is none for
        the network.
    """
    with torch.no_grad():
        if not network.frame.is_box:
            return None
        on_cpu = all(tensor.device.type == "cpu" for tensor in features.values())
        if isinstance(network, ONet) and is_foldable(network):
            folded = FoldedONet(network, features["c"])
            if not on_cpu:
                return folded
            from occviewer.models.tiled_onet import TiledONet

            return TiledONet(folded)
        # On a GPU the lookups of torch are fast, and index arithmetic costs nothing.
        if isinstance(network, HouseNetwork) and on_cpu:
            # Imported here: what only trains on a bare server needs no compiler.
            from occviewer.models.house_decoder import PreparedHouse

            return PreparedHouse(network, features)
        rows = sum(tensor[0, 0].numel() for tensor in features.values())
        if isinstance(network, ConvONet) and on_cpu and rows <= MOST_ROWS:
            return PreparedLocal(network, features)
    return None


def layered_decoder(network: OccupancyNetwork, features: Features) -> Decoder:
    """Decode queries (M, 3) for one shape layer by layer; gradients flow."""
    with torch.no_grad():
        ready = network.prepare(features)

    def decode(queries: Tensor) -> Tensor:
        return network.decode(queries[None], ready)[0].float()

    return decode


class PreparedLocal:
    """The decoder of `ConvONet` for one code.

    The features become tables, and biases are added up so that each residual block adds
    one of them, in the pass that its first ReLU makes anyway. Preparing takes next to
    nothing, which a code that moves needs: applying layers to the tables beforehand
    saved no more per query than it cost per code.

    Parameters
    ----------
    network : ConvONet
        In evaluation mode, on the CPU.
    features : dict of Tensor
        Batches of one.
    """

    def __init__(self, network: ConvONet, features: Features) -> None:
        decoder = network.decoder
        planes = {
            name.removeprefix("plane_"): tensor[0]
            for name, tensor in features.items()
            if name != "grid"
        }
        self._given: list[Lookup] = []
        if planes:
            self._given.append(plane_lookup(planes, network.padding))
        if "grid" in features:
            self._given.append(grid_lookup(features["grid"][0], network.padding))
        self._first = _parameters(decoder.fc_p)
        self._blocks = []
        bias = torch.zeros_like(decoder.fc_p.bias)
        for block, given in zip(decoder.blocks, decoder.fc_c, strict=True):
            assert isinstance(block, ResnetBlockFC)
            (to_block, its_bias), (first, first_bias), (second, second_bias) = (
                _parameters(layer) for layer in (given, block.fc_0, block.fc_1)
            )
            bias = bias + its_bias
            self._blocks.append((to_block, bias, first, first_bias, second))
            bias = bias + second_bias
        self._last = bias, decoder.fc_out.weight[0], decoder.fc_out.bias

    def __call__(self, queries: Tensor) -> Tensor:
        """Logits (M,) of queries (M, 3)."""
        weight, bias = self._first
        net = torch.addmm(bias, queries, weight)
        found = self._given[0](queries)
        for lookup in self._given[1:]:
            found.add_(lookup(queries))
        active, inner = torch.empty_like(net), torch.empty_like(net)
        for to_block, bias, first, first_bias, second in self._blocks:
            net.addmm_(found, to_block)
            torch.add(net, bias, out=active).relu_()
            torch.addmm(first_bias, active, first, out=inner).relu_()
            net.addmm_(inner, second)
        bias, weight, last_bias = self._last
        return torch.mv(torch.add(net, bias, out=active).relu_(), weight).add_(last_bias)


def _parameters(layer: nn.Module) -> tuple[Tensor, Tensor]:
    """Weight (in, out) and bias (out,) of a linear layer."""
    assert isinstance(layer, nn.Linear)
    return layer.weight.T, layer.bias
