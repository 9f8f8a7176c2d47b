"""3DShape2VecSet (Zhang et al., SIGGRAPH 2023): autoencoders, with and without variance."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from occviewer.models.families.base import (
    Config,
    Family,
    Setting,
    Settings,
    Shapes,
    count,
    has,
    rows,
)

_HEAD = 64
_NAME = re.compile(r"_m(\d+)(?:_|$|\D)")


def _configure(shapes: Shapes, settings: Settings) -> Config:
    return {
        "architecture": "vecset",
        "dim": rows(shapes, "point_embed.mlp.weight", 512),
        "depth": count(shapes, r"layers\.(\d+)\.") or 24,
        "heads": max(rows(shapes, "layers.0.0.fn.to_q.weight", 512) // _HEAD, 1),
        "latents": int(settings.get("latents", 512)),
        "latent_dim": rows(shapes, "mean_fc.weight", 0),
        "feed_forward": has(shapes, "decoder_ff."),
        "point_count": int(settings.get("points", 2048)),
        "scale": 2.0,
    }


def _describe(config: Config, settings: Settings) -> dict[str, Any]:
    numbers = config["latent_dim"] or config["dim"]
    assumed = {} if "latents" in settings else {"latents": config["latents"]}
    return {
        "description": f"3DShape2VecSet, codes of {config['latents']} vectors of {numbers} numbers",
        "bounds": ((-0.5,) * 3, (0.5,) * 3),  # -1..1 as published
        "noise": 0.0,
        "assumed": assumed,
    }


def _from_name(path: Path) -> dict[str, Any]:
    """Read what the published names say: ``ae_d512_m256``, ``kl_d512_m512_l8``."""
    found = _NAME.search(f"{path.parent.name}/{path.stem}")
    return {"latents": int(found[1])} if found else {}


VECSET = Family(
    name="vecset",
    title="3DShape2VecSet (Zhang et al., SIGGRAPH 2023)",
    licence="MIT",
    configure=_configure,
    describe=_describe,
    settings={
        "threshold": Setting("probability of the surface, 0..1", 0.5),
        "points": Setting("points that the encoder is given", 2048),
        "latents": Setting("vectors of a code: 512, 256, 128 or 64"),
    },
    from_name=_from_name,
)
