"""State dicts with random weights, as published programs write them."""

from __future__ import annotations

import numpy as np
import torch


def random_state(shapes, seed=0):
    """Random tensors for names and shapes: weights of a size that keeps signals alive.

    Variances and gains lie around 1, counters are whole numbers, everything else is normal.
    """
    generator = torch.Generator().manual_seed(seed)
    state = {}
    for name, shape in shapes.items():
        if name.endswith("num_batches_tracked"):
            state[name] = torch.tensor(1000)
        elif name.endswith(("running_var", "norm.weight", "weight_g")):
            state[name] = 0.5 + torch.rand(shape, generator=generator)
        elif len(shape) > 1:
            fan_in = int(np.prod(shape[1:]))
            state[name] = torch.randn(shape, generator=generator) * (1.6 / fan_in) ** 0.5
        else:
            state[name] = 0.3 * torch.randn(shape, generator=generator)
    return state


def linear(name, size_in, size_out, *, bias=True, kernel=()):
    """Shapes of a linear layer, or of a convolution of the given kernel."""
    shapes = {f"{name}.weight": (size_out, size_in, *kernel)}
    return {**shapes, f"{name}.bias": (size_out,)} if bias else shapes


def norm(name, size, *, affine=True):
    """Shapes of a batch norm."""
    shapes = {f"{name}.{part}": (size,) for part in ("running_mean", "running_var")}
    shapes[f"{name}.num_batches_tracked"] = ()
    if affine:
        shapes |= {f"{name}.weight": (size,), f"{name}.bias": (size,)}
    return shapes


def resnet_block(name, size_in, size_out):
    """Shapes of a fully connected residual block."""
    hidden = min(size_in, size_out)
    shapes = {**linear(f"{name}.fc_0", size_in, hidden), **linear(f"{name}.fc_1", hidden, size_out)}
    if size_in != size_out:
        shapes |= linear(f"{name}.shortcut", size_in, size_out, bias=False)
    return shapes


def save_like_onet(path, state, **kwargs):
    """Write a checkpoint as the trainers of ONet and ConvONet do, numpy scalar and all."""
    torch.save(
        {
            "model": state,
            "optimizer": {"state": {0: {"step": 3, "exp_avg": torch.zeros(2)}}, "param_groups": []},
            "epoch_it": 12,
            "it": 3456,
            "loss_val_best": np.float64(0.593),
        },
        path,
        **kwargs,
    )


class Weights:
    """A state dict in float64, with the layers that papers speak of."""

    def __init__(self, state, prefix=""):
        self.state = {name: value.double() for name, value in state.items()}
        self.prefix = prefix

    def __call__(self, name):
        return self.state[self.prefix + name]

    def at(self, prefix):
        return Weights(self.state, f"{self.prefix}{prefix}.")

    def has(self, name):
        return self.prefix + name in self.state

    def linear(self, name, x):
        """A layer of width 1 on rows (..., in), linear or convolution."""
        weight = self(f"{name}.weight").flatten(1)
        out = x @ weight.T
        return out + self(f"{name}.bias") if self.has(f"{name}.bias") else out

    def batch_norm(self, name, x, eps=1e-5):
        """Batch norm in evaluation mode on rows (..., channels)."""
        x = (x - self(f"{name}.running_mean")) / torch.sqrt(self(f"{name}.running_var") + eps)
        if self.has(f"{name}.weight"):
            x = x * self(f"{name}.weight") + self(f"{name}.bias")
        return x

    def residual(self, name, x):
        """The pre-activated residual block of Occupancy Networks."""
        inner = self.linear(f"{name}.fc_0", x.clamp(min=0)).clamp(min=0)
        shortcut = f"{name}.shortcut"
        straight = self.linear(shortcut, x) if self.has(f"{shortcut}.weight") else x
        return straight + self.linear(f"{name}.fc_1", inner)


def assert_logits(found, expected):
    """Compare float32 logits with float64 ones: within 1e-4 of their spread."""
    expected = expected.double()
    spread = expected.abs().max()
    assert spread > 1e-3, "the logits must say something"
    assert expected.std() > 1e-3 * spread, "the logits must differ between queries"
    error = (found.double() - expected).abs().max() / spread
    assert error < 1e-4, f"relative difference {error:.2e}"
