"""Decoders for one shape, with everything done once that depends on the shape alone."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn

from occviewer.models.folded_onet import FoldedONet
from occviewer.models.lookups import MOST_ROWS, Lookup, grid_lookup, plane_lookup
from occviewer.models.rows import RowLinear, padded
from occviewer.networks import ConvONet, Features, HouseNetwork, ONet, PointCloudNetwork
from occviewer.networks.house import PADDING
from occviewer.networks.layers import ResnetBlockFC

Decoder = Callable[[Tensor], Tensor]
"""Logits (M,) of queries (M, 3) for one shape."""

# A layer applied to all nodes of a grid multiplies their channels. Up to this size (bytes)
# reading more was cheaper than multiplying; larger tables leave the cache.
_LARGEST_TABLE = 16 << 20


def prepared_decoder(network: PointCloudNetwork, features: Features) -> Decoder:
    """Decode queries (M, 3) for one shape, as `layered_decoder` within 1e-4 (relative).

    Parameters
    ----------
    network : PointCloudNetwork
        In evaluation mode.
    features : dict of Tensor
        Batches of one, on the network's device.

    Returns
    -------
    function
        To be called in inference mode; it gives no gradients.
    """
    with torch.no_grad():
        if isinstance(network, ONet):
            return FoldedONet(network, features["c"])
        # On a GPU the lookups of torch are fast, and index arithmetic costs nothing.
        on_cpu = all(tensor.device.type == "cpu" for tensor in features.values())
        rows = sum(tensor[0, 0].numel() for tensor in features.values())
        if isinstance(network, ConvONet | HouseNetwork) and on_cpu and rows <= MOST_ROWS:
            return PreparedLocal(network, features)
    return layered_decoder(network, features)


def layered_decoder(network: PointCloudNetwork, features: Features) -> Decoder:
    """Decode queries (M, 3) for one shape layer by layer; gradients flow."""

    def decode(queries: Tensor) -> Tensor:
        return network.decode(queries[None], features)[0].float()

    return decode


class PreparedLocal:
    """The decoder of `ConvONet` and `HouseNetwork` for one code.

    Both look features up at a query and give them to residual blocks through a linear
    layer each. That layer is applied to the nodes of the planes beforehand (and so is
    the first one to the grid of the house model): what a block is given is then the
    lookup itself, and one lookup serves all blocks.

    Parameters
    ----------
    network : ConvONet or HouseNetwork
        In evaluation mode, on the CPU.
    features : dict of Tensor
        Batches of one.
    """

    def __init__(self, network: ConvONet | HouseNetwork, features: Features) -> None:
        decoder = network.decoder
        grid = features["grid"][0] if "grid" in features else None
        planes = {
            name.removeprefix("plane_"): tensor[0]
            for name, tensor in features.items()
            if name != "grid"
        }
        # Biases of the layers that are looked up are added where they cost nothing.
        given = [_parameters(layer)[1] for layer in decoder.fc_c]
        weight = torch.cat([_parameters(layer)[0] for layer in decoder.fc_c])
        first_bias = decoder.fc_p.bias + given[0]
        self._from_place = decoder.fc_p.weight[:, :3].T.contiguous()
        self._from_grid: Lookup | None = None
        if isinstance(network, HouseNetwork):
            assert grid is not None
            self._from_grid = grid_lookup(grid, PADDING, decoder.fc_p.weight[:, 3:], first_bias)
            self._given = _Given(weight, planes, None, PADDING)
        else:
            self._given = _Given(weight, planes, grid, network.padding)
        self._first_bias = first_bias
        following = [*given[1:], torch.zeros_like(given[0])]
        self._blocks = []
        for block, bias in zip(decoder.blocks, following, strict=True):
            assert isinstance(block, ResnetBlockFC)
            first, (weight_1, bias_1) = _parameters(block.fc_0), _parameters(block.fc_1)
            self._blocks.append((RowLinear(*first), RowLinear(weight_1, bias_1 + bias)))
        self._last = decoder.fc_out.weight[0].clone(), decoder.fc_out.bias.clone()

    def __call__(self, queries: Tensor) -> Tensor:
        """Logits (M,) of queries (M, 3)."""
        places = padded(queries)
        if self._from_grid is None:
            net = torch.addmm(self._first_bias, places, self._from_place)
        else:
            net = self._from_grid(places).addmm_(places, self._from_place)
        given = self._given(places)
        for (first, second), part in zip(
            self._blocks, given.chunk(len(self._blocks), dim=1), strict=True
        ):
            net.add_(part)
            net.add_(second(first(net.relu()).relu_()))
        weight, bias = self._last
        return torch.mv(net.relu_(), weight).add_(bias)[: len(queries)]


class _Given:
    """What all blocks are given at a query: one linear layer of the features there.

    Parameters
    ----------
    weight : (blocks * hidden, C) Tensor
        The layers of all blocks, one after another.
    planes : dict of (C, R, R) Tensor
        Perhaps none.
    grid : (C, R, R, R) Tensor, optional
        Features that are added to those of the planes.
    padding : float
        Of the box.
    """

    def __init__(
        self, weight: Tensor, planes: dict[str, Tensor], grid: Tensor | None, padding: float
    ) -> None:
        as_they_are = torch.eye(weight.shape[1])
        self._applied: list[Lookup] = []
        self._raw: list[Lookup] = []
        self._layer = RowLinear(weight, weight.new_zeros(len(weight)))

        def place(make: Callable[[Tensor], Lookup], nodes: int) -> None:
            if nodes * weight.shape[0] * weight.element_size() <= _LARGEST_TABLE:
                self._applied.append(make(weight))
            else:
                self._raw.append(make(as_they_are))

        if planes:
            nodes = sum(plane[0].numel() for plane in planes.values())
            place(lambda layer: plane_lookup(planes, padding, layer), nodes)
        if grid is not None:
            place(lambda layer: grid_lookup(grid, padding, layer), grid[0].numel())

    def __call__(self, places: Tensor) -> Tensor:
        """Give the inputs of all blocks (M, blocks * hidden), beside each other."""
        parts = [lookup(places) for lookup in self._applied]
        if self._raw:
            found = self._raw[0](places)
            for lookup in self._raw[1:]:
                found.add_(lookup(places))
            parts.append(self._layer(found))
        for part in parts[1:]:
            parts[0].add_(part)
        return parts[0]


def _parameters(layer: nn.Module) -> tuple[Tensor, Tensor]:
    """Weight (out, in) and bias (out,) of a linear layer."""
    assert isinstance(layer, nn.Linear)
    return layer.weight, layer.bias
