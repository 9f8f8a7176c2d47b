"""Networks of a single shape: MLPs whose sizes are read off, and whose activations guessed."""

from __future__ import annotations

import re
from typing import Any

from torch import Tensor

from occviewer.models.families.base import (
    Config,
    Family,
    MissingSettingError,
    Setting,
    Settings,
    Shapes,
)
from occviewer.networks.mlp import ACTIVATIONS

# Spread of a layer's weights times the root of its inputs: 0.047 where SIREN begins, 0.58
# and 1.4 where layers for ReLU do. Training moves it, but seldom as far as these.
_SINE_BELOW, _RELU_ABOVE = 0.25, 0.4

_MOST_OCTAVES = 20


def _configure(shapes: Shapes, settings: Settings) -> Config:
    sizes = [shapes[name][1] for name in _weights(shapes)][:1]
    sizes += [shapes[name][0] for name in _weights(shapes)]
    matrix = shapes.get("fourier", (0, 0))[1]
    activation = str(settings.get("activation", "relu"))
    is_sine = activation == "sine"
    octaves, with_input = _octaves(sizes[0] if sizes else 3) if not matrix else (0, True)
    values = settings.get("values", "distance" if is_sine else "logits")
    return {
        "architecture": "mlp",
        "sizes": sizes or [3, 256, 1],
        "activation": activation,
        "omega": float(settings.get("omega", 30.0)),
        "first_omega": float(settings.get("first_omega", settings.get("omega", 30.0))),
        "octaves": octaves,
        "with_input": with_input,
        "matrix": matrix,
        "values": values,
        "inside": settings.get("inside", "negative" if values == "distance" else "positive"),
        "scale": 2.0,
    }


def _weights(shapes: Shapes) -> list[str]:
    return sorted(
        (name for name in shapes if re.fullmatch(r"layers\.\d+\.weight", name)),
        key=lambda name: int(name.split(".")[1]),
    )


def _octaves(size_in: int) -> tuple[int, bool]:
    """Octaves of Fourier features that make so many inputs, and whether coordinates are there."""
    for octaves in range(1, _MOST_OCTAVES):
        if size_in in (6 * octaves, 6 * octaves + 3):
            return octaves, size_in == 6 * octaves + 3
    return 0, True


def _describe(config: Config, settings: Settings) -> dict[str, Any]:
    hidden = config["sizes"][1:-1]
    features = ", Fourier features" if config["matrix"] or config["octaves"] else ""
    names = ("activation", "values", "inside", "scale")
    return {
        "description": f"one shape: an MLP of {len(hidden)} x {hidden[0] if hidden else 0}, "
        f"{config['activation']}{features}",
        "assumed": {name: config[name] for name in names if name not in settings},
    }


def _renamed(tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    """Name weights and biases by their order, which is that of the layers."""
    named: dict[str, Tensor] = {}
    matrices = [name for name, tensor in tensors.items() if tensor.ndim == 2]
    fourier = _fourier(tensors, matrices)
    if fourier:
        matrix = tensors[fourier]
        named["fourier"] = matrix if matrix.shape[0] == 3 else matrix.T.contiguous()
        matrices.remove(fourier)
    vectors = [name for name, tensor in tensors.items() if tensor.ndim == 1]
    if (
        len(matrices) < 2  # a single layer is anything but a shape
        or len(vectors) != len(matrices)
        or len(tensors) - len(matrices) - len(vectors) != bool(fourier)
    ):
        return tensors
    weights = [tensors[name] for name in matrices]
    # Arrays of other programs can be (in, out) as well.
    first = 2 * named["fourier"].shape[1] if fourier else 3
    biases = [tensors[name] for name in vectors]
    fits = all(len(b) == w.shape[0] for w, b in zip(weights, biases, strict=True))
    turned = all(len(b) == w.shape[1] for w, b in zip(weights, biases, strict=True))
    if turned and (not fits or weights[0].shape[1] != first and weights[0].shape[0] == first):
        weights = [weight.T.contiguous() for weight in weights]
    elif not fits:
        return tensors
    for number, (weight, bias) in enumerate(zip(weights, biases, strict=True)):
        named[f"layers.{number}.weight"], named[f"layers.{number}.bias"] = weight, bias
    return named


def _fourier(tensors: dict[str, Tensor], matrices: list[str]) -> str:
    """Find the matrix of Fourier features: three rows or columns, and no bias of its own."""
    if len(matrices) < 2 or len(matrices) == sum(t.ndim == 1 for t in tensors.values()):
        return ""
    first = matrices[0]
    named = [n for n in matrices if n.rpartition(".")[2].lower() in ("b", "fourier", "_b")]
    candidates = [*named, first]
    for name in candidates:
        if 3 in tensors[name].shape:
            return name
    return ""


def _from_tensors(tensors: dict[str, Tensor]) -> dict[str, Any]:
    """Guess the activation by the size of the weights, or say that it must be told."""
    inner = [tensors[name] for name in _weights({n: tuple(t.shape) for n, t in tensors.items()})]
    spreads = [float(w.std() * w.shape[1] ** 0.5) for w in inner[1:-1] if w.numel() > 1]
    if not spreads:
        return {}
    spread = sorted(spreads)[len(spreads) // 2]
    if spread < _SINE_BELOW:
        return {"activation": "sine"}
    return {"activation": "relu"} if spread > _RELU_ABOVE else {}


def _require(settings: Settings, guessed: Settings) -> None:
    if "activation" not in settings and "activation" not in guessed:
        raise MissingSettingError(
            "the weights do not tell whether its activation is relu or sine; say it, such as "
            "--set activation=sine",
            "activation",
            ACTIVATIONS,
        )


MLP = Family(
    name="mlp",
    title="a network of a single shape (MLP with ReLU, sine or Fourier features)",
    configure=_configure,
    describe=_describe,
    settings={
        "threshold": Setting("of the surface: 0.5 is the value 0", 0.5),
        "activation": Setting("relu, sine, tanh, softplus or leaky_relu", choices=ACTIVATIONS),
        "omega": Setting("frequency of the sines", 30.0),
        "first_omega": Setting("frequency of the sines of the first layer"),
        "values": Setting("logits or distance", choices=("logits", "distance")),
        "inside": Setting(
            "the sign of the values inside: positive or negative",
            choices=("positive", "negative"),
        ),
    },
    rename=_renamed,
    from_tensors=_from_tensors,
    require=_require,
)
