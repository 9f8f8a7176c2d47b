"""Convolutional Occupancy Networks (Peng et al., ECCV 2020) in all published configurations."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
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
from occviewer.networks.coordinates import PLANES

_UNET3D = "encoder.unet3d.encoders.0.basic_module.SingleConv2.conv.weight"
_UNET = "encoder.unet.down_convs.0.conv1.weight"


def _configure(shapes: Shapes, settings: Settings) -> Config:
    decoder = {
        "c_dim": columns(shapes, "decoder.fc_c.0.weight", 32),
        "decoder_blocks": count(shapes, r"decoder\.fc_c\.(\d+)\.") or 5,
        "decoder_hidden": rows(shapes, "decoder.fc_p.weight", 32),
    }
    if has(shapes, "encoder.sa1."):
        return {
            "architecture": "pointconv",
            "c_dim": decoder["c_dim"],
            "hidden_size": decoder["decoder_hidden"],
            "blocks": decoder["decoder_blocks"],
            "gaussian": float(settings.get("gaussian", 0.2)),
            "point_count": int(settings.get("points", 3000)),
        }
    depth = count(shapes, r"encoder\.unet\.down_convs\.(\d+)\.")
    levels = count(shapes, r"encoder\.unet3d\.encoders\.(\d+)\.")
    common = {
        **decoder,
        "hidden_dim": columns(shapes, "encoder.fc_c.weight", 32),
        "unet3d_levels": levels,
        "f_maps": rows(shapes, _UNET3D, 32),
        "blocks": count(shapes, r"encoder\.blocks\.(\d+)\.") or 5,
    }
    sines = columns(shapes, "encoder.fc_pos.weight", 3) != 3
    if levels and (sines or settings.get("crop")):
        local = "linear" if settings.get("local", True) else "none"
        return {
            "architecture": "convonet_crop",
            **common,
            "unit_size": float(settings.get("unit_size", 0.005)),
            "window": int(settings.get("window", 25)),
            "encoding": "sin_cos" if sines else local,
            "point_count": int(settings.get("points", 10_000)),
        }
    voxels = has(shapes, "encoder.conv_in.")
    grid = int(settings.get("grid_resolution", 32 if voxels else 4 * 2**levels)) if levels else 0
    plane = int(settings.get("plane_resolution", 64 if voxels else 4 * 2**depth)) if depth else 64
    config: Config = {
        "architecture": "convonet",
        **common,
        "planes": _planes(settings) if depth else [],
        "plane_resolution": plane,
        "grid_resolution": grid,
        "unet_depth": depth,
        "start_filters": rows(shapes, _UNET, 32),
        "padding": float(settings.get("padding", 0.1)),
        "voxels": voxels,
    }
    if voxels:
        kernel = shapes.get("encoder.conv_in.weight", (32, 1, 3, 3, 3))
        config["kernel"] = kernel[-1]
    else:
        config["point_count"] = int(settings.get("points", _points(depth, levels)))
    if not depth and not levels:
        config.update(planes=_planes(settings), unet_depth=4)
    return config


def _planes(settings: Settings) -> list[str]:
    wanted = settings.get("planes") or tuple(PLANES)
    names = wanted.replace(",", " ").split() if isinstance(wanted, str) else list(wanted)
    return [name for name in PLANES if name in names] or [str(name) for name in names]


def _points(depth: int, levels: int) -> int:
    """Points of the published rooms, which have deeper networks, and of single shapes."""
    return 10_000 if depth >= 5 or levels >= 4 else 3000


def _describe(config: Config, settings: Settings) -> dict[str, Any]:
    kind = config["architecture"]
    if kind == "pointconv":
        return {"description": "Convolutional Occupancy Network on the features of points"}
    assumed: dict[str, Any] = {}
    if kind == "convonet_crop":
        for name in ("unit_size", "window"):
            if name not in settings:
                assumed[name] = config[name]
        what = f"scenes, in windows of {config['window']} cells"
    else:
        parts = [", ".join(config["planes"])] if config["planes"] else []
        parts += [f"a grid of {config['grid_resolution']}³"] if config["grid_resolution"] else []
        what = f"{'voxel grids' if config['voxels'] else 'point clouds'}: {' and '.join(parts)}"
        if config["planes"] and "planes" not in settings:
            assumed["planes"] = " ".join(config["planes"])
        for name in ("plane_resolution", "grid_resolution"):
            used = config["planes"] if name.startswith("plane") else config["grid_resolution"]
            if used and name not in settings:
                assumed[name] = config[name]
    if "points" not in settings and config.get("point_count"):
        assumed["points"] = config["point_count"]
    return {"description": f"Convolutional Occupancy Network for {what}", "assumed": assumed}


def _from_file(config: Mapping[str, Any]) -> dict[str, Any]:
    data, model = section(config, "data"), section(config, "model")
    encoder, decoder = section(model, "encoder_kwargs"), section(model, "decoder_kwargs")
    kind = data.get("input_type")
    planes = encoder.get("plane_type")
    names = [planes] if isinstance(planes, str) else list(planes or [])
    crop = kind == "pointcloud_crop"
    return chosen(
        threshold=section(config, "test").get("threshold"),
        points=data.get("pointcloud_n") if kind in ("pointcloud", "pointcloud_crop") else None,
        noise=data.get("pointcloud_noise") if kind in ("pointcloud", "pointcloud_crop") else None,
        padding=data.get("padding"),
        planes=" ".join(name for name in names if name in PLANES) or None,
        plane_resolution=encoder.get("plane_resolution"),
        grid_resolution=encoder.get("grid_resolution"),
        crop=crop or None,
        unit_size=data.get("unit_size") if crop else None,
        window=data.get("query_vol_size") if crop else None,
        local=bool(model.get("local_coord")) if crop else None,
        gaussian=decoder.get("gaussian_val") if decoder.get("sample_mode") == "gaussian" else None,
    )


def _from_name(path: Path) -> dict[str, Any]:
    """Read what the published names say, such as ``shapenet_1plane.pt``."""
    name = path.stem.lower()
    return chosen(
        planes="xz" if "1plane" in name else "xz xy yz" if "3plane" in name else None,
        crop=True if "crop" in f"{path.parent.name}/{name}".lower() else None,
        points=10_000 if "room" in name else 3000 if "shapenet" in name else None,
    )


CONVONET = Family(
    name="convonet",
    title="Convolutional Occupancy Networks (Peng et al., ECCV 2020)",
    licence="MIT",
    configure=_configure,
    describe=_describe,
    settings={
        "threshold": Setting("probability of the surface, 0..1", 0.2),
        "points": Setting("points that the encoder is given: 3,000, for rooms 10,000"),
        "noise": Setting("standard deviation of the noise on points, box units", 0.005),
        "planes": Setting("feature planes, such as xz or xz xy yz"),
        "plane_resolution": Setting("cells a side of the planes: 64, for rooms 128"),
        "grid_resolution": Setting("cells a side of the grid: 32 or 64"),
        "padding": Setting("of the box, which is 1 + padding wide", 0.1),
        "crop": Setting("whether the network slides over scenes in windows", False),
        "unit_size": Setting("side of a cell of a sliding window, box units; 0.005 for rooms"),
        "window": Setting("cells a side of a sliding window that are asked; 25"),
        "local": Setting("whether a sliding network is given places in cells"),
        "gaussian": Setting("width of the Gaussian between points and queries; 0.2"),
    },
    from_file=_from_file,
    from_name=_from_name,
)
