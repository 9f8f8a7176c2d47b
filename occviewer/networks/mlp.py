"""Networks of a single shape: MLPs on coordinates, with ReLU, sine or Fourier features.

Sines as activations are SIREN (Sitzmann et al., NeurIPS 2020); Fourier features those of
Tancik et al. (NeurIPS 2020), of a matrix or of octaves as in NeRF.
"""

from __future__ import annotations

from typing import ClassVar

import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812 - the usual name

from occviewer.networks.base import Features, OccupancyNetwork, Values
from occviewer.networks.frames import Frame

ACTIVATIONS = ("relu", "sine", "tanh", "softplus", "leaky_relu")
"""Activations that a network can have."""


class ShapeMLP(OccupancyNetwork):
    """An MLP that is one shape; its code says nothing.

    Parameters
    ----------
    sizes : sequence of int
        Inputs of the first layer and outputs of each.
    activation : str
        One of `ACTIVATIONS`.
    omega, first_omega : float
        Of the sines: of all layers but the first, and of the first; 30 as published.
    octaves : int
        Of Fourier features as in NeRF; 0 for none.
    with_input : bool
        Whether the coordinates stand before those features.
    matrix : int
        Columns of the matrix ``B`` of Fourier features; 0 for none.
    values : {"logits", "distance"}
        What the network gives.
    inside : {"positive", "negative"}
        The sign that its values have inside.
    scale, axes : float, str
        Of the network's `Frame`.
    """

    architecture: ClassVar[str] = "mlp"
    observed = "none"

    fourier: Tensor

    def __init__(
        self,
        sizes: tuple[int, ...] = (3, 256, 256, 256, 1),
        activation: str = "relu",
        omega: float = 30.0,
        first_omega: float = 30.0,
        octaves: int = 0,
        with_input: bool = True,
        matrix: int = 0,
        values: Values = "logits",
        inside: str = "positive",
        scale: float = 1.0,
        axes: str = "xyz",
    ) -> None:
        if activation not in ACTIVATIONS:
            raise ValueError(f"an activation is one of {', '.join(ACTIVATIONS)}, not {activation}")
        if values not in ("logits", "distance") or inside not in ("positive", "negative"):
            raise ValueError(f"impossible values: {values}, {inside} inside")
        config = {
            "sizes": list(sizes),
            "activation": activation,
            "omega": omega,
            "first_omega": first_omega,
            "octaves": octaves,
            "with_input": with_input,
            "matrix": matrix,
            "values": values,
            "inside": inside,
        }
        super().__init__(config, 0, Frame(scale, axes))
        self.values = values
        self._activation, self._omega, self._first = activation, omega, first_omega
        self._octaves, self._with_input = octaves, with_input
        self._sign = 1.0 if inside == "positive" else -1.0
        pairs = zip(sizes[:-1], sizes[1:], strict=True)
        self.layers = nn.ModuleList(nn.Linear(size_in, size_out) for size_in, size_out in pairs)
        if matrix:
            self.register_buffer("fourier", torch.zeros(3, matrix))

    def encode(self, observation: Tensor) -> Features:
        """Make the code that says nothing."""
        return {"shape": observation.new_zeros(len(observation), 1)}

    def decode(self, queries: Tensor, features: Features) -> Tensor:
        """Values (B, M) of queries (B, M, 3); more is further inside."""
        x = self._embedded(self.frame.of(queries))
        last = len(self.layers) - 1
        for number, layer in enumerate(self.layers):
            x = layer(x)
            if number < last:
                x = self._active(x, self._omega if number else self._first)
        return self._sign * x[..., 0]

    def stored_codes(self) -> Tensor:
        """Return the only code (1, 1)."""
        return torch.zeros(1, 1)

    def _embedded(self, points: Tensor) -> Tensor:
        if hasattr(self, "fourier"):
            phase = 2 * torch.pi * points @ self.fourier
            return torch.cat([phase.sin(), phase.cos()], -1)
        if not self._octaves:
            return points
        parts = [points] if self._with_input else []
        for octave in range(self._octaves):
            parts += [torch.sin(2.0**octave * points), torch.cos(2.0**octave * points)]
        return torch.cat(parts, -1)

    def _active(self, x: Tensor, omega: float) -> Tensor:
        match self._activation:
            case "sine":
                return torch.sin(omega * x)
            case "tanh":
                return torch.tanh(x)
            case "softplus":
                return F.softplus(x)
            case "leaky_relu":
                return F.leaky_relu(x)
        return F.relu(x)
