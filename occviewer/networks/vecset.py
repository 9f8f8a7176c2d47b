"""3DShape2VecSet (Zhang et al., SIGGRAPH 2023): sets of latent vectors, published names.

Points attend to a few of themselves; the vectors that result attend to each other in many
layers, once per shape; queries attend to what comes out.
"""

from __future__ import annotations

import math
from typing import ClassVar

import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812 - the usual name

from occviewer.networks.base import Features, OccupancyNetwork
from occviewer.networks.frames import Frame
from occviewer.networks.sampling import farthest_points, picked

_HEAD = 64


class PointEmbed(nn.Module):
    """Points, with sines and cosines of their coordinates, as vectors."""

    basis: Tensor

    def __init__(self, dim: int, waves: int = 48) -> None:
        super().__init__()
        octaves = waves // 6
        # Numbers of Python: arithmetic on tensors without memory imports half of torch.
        waves_of = [math.pi * 2.0**octave for octave in range(octaves)]
        rows = [
            [wave if axis == row else 0.0 for axis in range(3) for wave in waves_of]
            for row in range(3)
        ]
        self.register_buffer("basis", torch.tensor(rows))
        self.mlp = nn.Linear(waves + 3, dim)

    def forward(self, points: Tensor) -> Tensor:
        """Vectors (B, N, dim) of points (B, N, 3)."""
        phase = points @ self.basis
        return self.mlp(torch.cat([phase.sin(), phase.cos(), points], 2))  # type: ignore[no-any-return]


class Attention(nn.Module):
    """Attention of vectors to a context."""

    def __init__(self, dim: int, heads: int, head: int) -> None:
        super().__init__()
        self.heads = heads
        self.to_q = nn.Linear(dim, heads * head, bias=False)
        self.to_kv = nn.Linear(dim, 2 * heads * head, bias=False)
        self.to_out = nn.Linear(heads * head, dim)

    def keys_and_values(self, context: Tensor) -> tuple[Tensor, Tensor]:
        """Keys and values (B, heads, N, head) of a context (B, N, dim)."""
        keys, values = self.to_kv(context).chunk(2, -1)
        return self._split(keys), self._split(values)

    def attend(self, x: Tensor, keys: Tensor, values: Tensor) -> Tensor:
        """Map (B, M, dim) by what it attends to."""
        out = F.scaled_dot_product_attention(self._split(self.to_q(x)), keys, values)
        return self.to_out(out.transpose(1, 2).flatten(2))  # type: ignore[no-any-return]

    def forward(self, x: Tensor, context: Tensor) -> Tensor:
        """Map (B, M, dim) by the context (B, N, dim)."""
        return self.attend(x, *self.keys_and_values(context))

    def _split(self, x: Tensor) -> Tensor:
        return x.reshape(*x.shape[:2], self.heads, -1).transpose(1, 2)


class FeedForward(nn.Module):
    """Two linear layers with a gated GELU between them."""

    def __init__(self, dim: int) -> None:
        super().__init__()
        self.net = nn.ModuleDict({"0": nn.Linear(dim, 8 * dim), "2": nn.Linear(4 * dim, dim)})

    def forward(self, x: Tensor) -> Tensor:
        """Map (B, N, dim) to the same."""
        x, gates = self.net["0"](x).chunk(2, -1)
        return self.net["2"](x * F.gelu(gates))  # type: ignore[no-any-return]


class AttentionBlock(nn.Module):
    """Attention after layer norms of its input and, where that is another, of its context."""

    def __init__(self, dim: int, heads: int, head: int, *, context: bool = False) -> None:
        super().__init__()
        self.fn = Attention(dim, heads, head)
        self.norm = nn.LayerNorm(dim)
        if context:
            self.norm_context = nn.LayerNorm(dim)

    def keys_and_values(self, context: Tensor) -> tuple[Tensor, Tensor]:
        """Keys and values of a context (B, N, dim)."""
        return self.fn.keys_and_values(self.norm_context(context))

    def forward(self, x: Tensor, context: Tensor | None = None) -> Tensor:
        """Map (B, M, dim) by the context (B, N, dim), or by itself."""
        x = self.norm(x)
        return self.fn(x, x if context is None else self.norm_context(context))  # type: ignore[no-any-return]


class FeedForwardBlock(nn.Module):
    """A feed-forward layer after a layer norm."""

    def __init__(self, dim: int) -> None:
        super().__init__()
        self.fn = FeedForward(dim)
        self.norm = nn.LayerNorm(dim)

    def forward(self, x: Tensor) -> Tensor:
        """Map (B, N, dim) to the same."""
        return self.fn(self.norm(x))  # type: ignore[no-any-return]


class VecSet(OccupancyNetwork):
    """Autoencoder of point clouds to a set of vectors.

    Parameters
    ----------
    dim, depth, heads : int
        Width, layers, and heads of the self-attention.
    latents : int
        Vectors of a code.
    latent_dim : int
        Numbers of a vector; 0 for a network without the bottleneck of mean and variance. The
        code is then the mean.
    feed_forward : bool
        Whether a feed-forward layer follows the attention of the queries.
    point_count : int
    scale, axes : float, str
        Of the network's `Frame`.
    """

    architecture: ClassVar[str] = "vecset"

    def __init__(
        self,
        dim: int = 512,
        depth: int = 24,
        heads: int = 8,
        latents: int = 512,
        latent_dim: int = 0,
        feed_forward: bool = False,
        point_count: int = 2048,
        scale: float = 1.0,
        axes: str = "xyz",
    ) -> None:
        config = {
            "dim": dim,
            "depth": depth,
            "heads": heads,
            "latents": latents,
            "latent_dim": latent_dim,
            "feed_forward": feed_forward,
        }
        super().__init__(config, point_count, Frame(scale, axes))
        self.latents, self.latent_dim = latents, latent_dim
        self._feed_forward = feed_forward
        self.cross_attend_blocks = nn.ModuleList(
            [AttentionBlock(dim, 1, dim, context=True), FeedForwardBlock(dim)]
        )
        self.point_embed = PointEmbed(dim)
        self.layers = nn.ModuleList(
            nn.ModuleList([AttentionBlock(dim, heads, _HEAD), FeedForwardBlock(dim)])
            for _ in range(depth)
        )
        self.decoder_cross_attn = AttentionBlock(dim, 1, dim, context=True)
        if feed_forward:
            self.decoder_ff = FeedForwardBlock(dim)
        self.to_outputs = nn.Linear(dim, 1)
        if latent_dim:
            self.proj = nn.Linear(latent_dim, dim)
            self.mean_fc = nn.Linear(dim, latent_dim)
            self.logvar_fc = nn.Linear(dim, latent_dim)

    def encode(self, observation: Tensor) -> Features:
        """Encode clouds (B, N, 3) to ``latents`` (B, latents, latent_dim or dim)."""
        points = self.frame.of(observation)
        few = picked(points, farthest_points(points, self.latents))
        x = self.point_embed(few)
        attention, feed_forward = self.cross_attend_blocks
        x = x + attention(x, self.point_embed(points))
        x = x + feed_forward(x)
        return {"latents": self.mean_fc(x) if self.latent_dim else x}

    def code_shapes(self) -> dict[str, torch.Size]:
        """Shape of the set of vectors."""
        width = self.latent_dim or self.to_outputs.in_features
        return {"latents": torch.Size([self.latents, width])}

    def prepare(self, features: Features) -> Features:
        """Let the vectors attend to each other: ``keys`` and ``values`` for the queries."""
        x = features["latents"]
        x = self.proj(x) if self.latent_dim else x
        for layer in self.layers:
            assert isinstance(layer, nn.ModuleList)
            for block in layer:
                x = x + block(x)
        keys, values = self.decoder_cross_attn.keys_and_values(x)
        return {"keys": keys, "values": values}

    def decode(self, queries: Tensor, features: Features) -> Tensor:
        """Logits (B, M) of queries (B, M, 3), with features made by `prepare`."""
        block = self.decoder_cross_attn
        x = block.norm(self.point_embed(self.frame.of(queries)))
        x = block.fn.attend(x, features["keys"], features["values"])
        if self._feed_forward:
            x = x + self.decoder_ff(x)
        return self.to_outputs(x)[..., 0]  # type: ignore[no-any-return]
