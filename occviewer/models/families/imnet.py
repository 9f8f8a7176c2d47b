"""IM-NET (Chen and Zhang, CVPR 2019): autoencoders of 64³ voxels."""

from __future__ import annotations

from typing import Any

from occviewer.models.families.base import Config, Family, Setting, Settings, Shapes, rows


def _configure(shapes: Shapes, settings: Settings) -> Config:
    return {
        "architecture": "imnet",
        "z_dim": rows(shapes, "encoder.conv_5.weight", 256),
        "ef_dim": rows(shapes, "encoder.conv_1.weight", 32),
        "gf_dim": rows(shapes, "generator.linear_6.weight", 128),
    }


def _describe(config: Config, settings: Settings) -> dict[str, Any]:
    return {
        "description": f"IM-NET autoencoder of 64³ voxels, codes of {config['z_dim']} numbers",
        "bounds": ((-0.5,) * 3, (0.5,) * 3),
    }


IMNET = Family(
    name="imnet",
    title="IM-NET (Chen and Zhang, CVPR 2019)",
    licence="MIT",
    configure=_configure,
    describe=_describe,
    settings={"threshold": Setting("occupancy of the surface, 0..1", 0.5)},
)
