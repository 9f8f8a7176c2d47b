"""DeepSDF (Park et al., CVPR 2019): decoders with the codes of their training shapes."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from torch import Tensor

from occviewer.errors import CheckpointError
from occviewer.models.families.base import Config, Family, Setting, Settings, Shapes, chosen
from occviewer.models.families.base import section as part
from occviewer.models.torch_files import read_torch

_RADIUS = 1 / 1.03
"""Of the sphere, about the centre of its box, that holds a shape of the training data."""

_LAYER = re.compile(r"lin(\d+)\.weight$")
_NAMES = (
    (re.compile(r"(.*\.)parametrizations\.weight\.original0$"), r"\1weight_g"),
    (re.compile(r"(.*\.)parametrizations\.weight\.original1$"), r"\1weight_v"),
)


def _configure(shapes: Shapes, settings: Settings) -> Config:
    layers = sorted(int(found[1]) for name in shapes if (found := _LAYER.match(name)))
    last = layers[-1] if layers else 8
    sizes_in, sizes_out = [], []
    for number in range(last + 1):
        shape = shapes.get(f"lin{number}.weight", (512, 512))
        sizes_out.append(shape[0])
        sizes_in.append(shape[1] if len(shape) > 1 else 512)
    given = sizes_in[0]
    grown = [sizes_in[n] - sizes_out[n - 1] for n in range(1, last + 1)]
    stored = shapes.get("codes")
    return {
        "architecture": "deepsdf",
        "z_dim": max(given - 3, 1),
        "sizes": sizes_out[:-1] or [512],
        "latent_in": [n for n, extra in enumerate(grown, 1) if extra == given],
        "xyz_in_all": bool(grown) and all(extra in (3, given) for extra in grown),
        "layer_norms": [n for n in range(last + 1) if f"bn{n}.weight" in shapes],
        "tanh": bool(settings.get("tanh", False)),
        "shapes": stored[0] if stored else 0,
        "scale": 2 * _RADIUS,
        "point_count": int(settings.get("points", 8000)),
    }


def _describe(config: Config, settings: Settings) -> dict[str, Any]:
    bound = 1 / float(config["scale"])  # the published grids reach from -1 to 1
    return {
        "description": f"DeepSDF, codes of {config['z_dim']} numbers, "
        f"{config['shapes']:,} stored shapes; a cloud is encoded by optimisation",
        "bounds": ((-bound,) * 3, (bound,) * 3),
        "noise": 0.0,
    }


def _from_file(config: Mapping[str, Any]) -> dict[str, Any]:
    return chosen(tanh=part(config, "NetworkSpecs").get("use_tanh"))


def _renamed(tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    """Multiply weight norms out: a weight is its direction times its length."""
    named: dict[str, Tensor] = {}
    for name, tensor in tensors.items():
        for pattern, replacement in _NAMES:
            name = pattern.sub(replacement, name)
        named[name.removeprefix("decoder.")] = tensor
    result = {}
    for name, tensor in named.items():
        if name.endswith(".weight_v") and name[:-1] + "g" in named:
            lengths = tensor.flatten(1).norm(dim=1).view(-1, *[1] * (tensor.ndim - 1))
            length = named[name[:-1] + "g"].view_as(lengths)
            result[name.removesuffix("_v")] = tensor * (length / lengths)
        elif not name.endswith(".weight_g"):
            result[name] = tensor
    return result


def _companions(path: Path) -> dict[str, Tensor]:
    """Read the codes of the training shapes from the folder beside that of the weights."""
    file = path.parent.parent / "LatentCodes" / path.name
    if path.parent.name != "ModelParameters" or not file.is_file():
        return {}
    loaded = read_torch(file)
    codes = loaded.get("latent_codes") if isinstance(loaded, Mapping) else None
    if isinstance(codes, Mapping):
        codes = codes.get("weight")
    if not isinstance(codes, Tensor) or codes.ndim < 2:
        raise CheckpointError(
            f"{file} holds no codes: expected latent_codes, a tensor of a row a shape; take the "
            "file that was written with the weights."
        )
    return {"codes": codes.detach().float().flatten(1).contiguous()}


DEEPSDF = Family(
    name="deepsdf",
    title="DeepSDF (Park et al., CVPR 2019)",
    licence="MIT",
    configure=_configure,
    describe=_describe,
    settings={
        "threshold": Setting("0.5 is the distance 0; smaller ones make shapes thicker", 0.5),
        "normalisation": Setting("sphere or box", "sphere", ("box", "sphere")),
        "points": Setting("points that a code is fitted to at a time", 8000),
        "tanh": Setting("whether the last layer has a tanh of its own (use_tanh)", False),
    },
    from_file=_from_file,
    rename=_renamed,
    companions=_companions,
)
