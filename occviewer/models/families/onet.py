"""Occupancy Networks (Mescheder et al., CVPR 2019): all published encoders and decoders."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from occviewer.models.families.base import (
    Config,
    Family,
    Setting,
    Settings,
    Shapes,
    chosen,
    columns,
    count,
    has,
    rows,
    section,
)
from occviewer.networks.onet import ENCODERS

_PUBLISHED_POINTS = 300
_THRESHOLD, _OF_STORED = 0.2, 0.5


def _configure(shapes: Shapes, settings: Settings) -> Config:
    encoder, decoder = _encoder(shapes), _decoder(shapes)
    legacy = "decoder.block0.bn_0.fc_gamma.weight" in shapes
    z_dim = columns(shapes, "decoder.fc_z.weight", 0)
    first = "decoder.conv_p.weight" if decoder == "cbatchnorm2" else "decoder.fc_p.weight"
    config: Config = {
        "architecture": "onet",
        "encoder": encoder,
        "decoder": decoder,
        "c_dim": _code_length(shapes, decoder, legacy),
        "z_dim": z_dim,
        "decoder_hidden": rows(shapes, first, 128 if decoder == "simple" else 256),
        "encoder_hidden": rows(shapes, "encoder.fc_pos.weight", 1024) // 2,
        "latent_encoder": has(shapes, "encoder_latent."),
        "legacy": legacy,
        "leaky": bool(settings.get("leaky", False)),
    }
    if decoder == "cbatchnorm2":
        config["blocks"] = count(shapes, r"decoder\.blocks\.(\d+)\.")
    if encoder.startswith("resnet"):
        config["linear"] = "encoder.fc.weight" in shapes
    if encoder == "idx":
        config["shapes"] = rows(shapes, "encoder.weight", 1)
    if ENCODERS[encoder] == "points":
        config["point_count"] = int(settings.get("points", _PUBLISHED_POINTS))
    return config


def _encoder(shapes: Shapes) -> str:
    if "encoder.features.conv1.weight" in shapes:
        if has(shapes, "encoder.features.layer1.0.conv3"):
            return "resnet50"
        return "resnet34" if has(shapes, "encoder.features.layer3.5.") else "resnet18"
    if has(shapes, "encoder.conv4."):
        return "simple_conv"
    if has(shapes, "encoder.block_0."):
        return "pointnet_resnet"
    if has(shapes, "encoder.fc_3."):
        return "pointnet_simple"
    if has(shapes, "encoder.conv_in."):
        return "voxel_simple"
    if "encoder.weight" in shapes:
        return "idx"
    return "pointnet_resnet" if has(shapes, "encoder.") else "none"


def _decoder(shapes: Shapes) -> str:
    if has(shapes, "decoder.conv_p."):
        return "cbatchnorm2"
    if has(shapes, "decoder.bn_5."):
        return "cbatchnorm_noresnet"
    if "decoder.block0.bn_0.running_mean" in shapes:
        return "batchnorm"
    if has(shapes, "decoder.block0.bn_0.") or has(shapes, "decoder.bn."):
        return "cbatchnorm"
    return "simple"


def _code_length(shapes: Shapes, decoder: str, legacy: bool) -> int:
    if decoder in ("simple", "batchnorm"):
        return columns(shapes, "decoder.fc_c.weight", 0)
    norm = {"cbatchnorm2": "bn", "cbatchnorm_noresnet": "bn_5"}.get(decoder, "bn")
    return columns(shapes, f"decoder.{norm}.{'fc' if legacy else 'conv'}_gamma.weight", 256)


def _describe(config: Config, settings: Settings) -> dict[str, Any]:
    observed = ENCODERS[config["encoder"]]
    # The published configuration for codes of training shapes differs from all others.
    default = _OF_STORED if config["encoder"] == "idx" else _THRESHOLD
    wants = {
        "points": "point clouds",
        "image": "images",
        "voxels": "voxel grids",
        "none": "codes only",
    }[observed]
    return {
        "description": f"Occupancy Network for {wants}: {config['encoder']}, {config['decoder']}"
        f"{' (legacy)' if config['legacy'] else ''}",
        "threshold": default,
        "assumed": {} if "threshold" in settings else {"threshold": default},
    }


def _from_file(config: Mapping[str, Any]) -> dict[str, Any]:
    data, model = section(config, "data"), section(config, "model")
    return chosen(
        threshold=section(config, "test").get("threshold"),
        points=data.get("pointcloud_n") if data.get("input_type") == "pointcloud" else None,
        noise=data.get("pointcloud_noise") if data.get("input_type") == "pointcloud" else None,
        leaky=section(model, "decoder_kwargs").get("leaky"),
    )


ONET = Family(
    name="onet",
    title="Occupancy Networks (Mescheder et al., CVPR 2019)",
    licence="MIT",
    configure=_configure,
    describe=_describe,
    settings={
        "threshold": Setting("probability of the surface, 0..1", _THRESHOLD),
        "points": Setting("points that the encoder is given", _PUBLISHED_POINTS),
        "noise": Setting("standard deviation of the noise on points, box units", 0.005),
        "leaky": Setting("whether the decoder's last ReLU is a leaky one", False),
    },
    from_file=_from_file,
)
