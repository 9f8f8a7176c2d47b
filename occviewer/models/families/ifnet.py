"""IF-Net (Chibane et al., CVPR 2020): for points, for voxels and for single views."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from occviewer.models.families.base import Config, Family, Setting, Settings, Shapes, has, rows


def _configure(shapes: Shapes, settings: Settings) -> Config:
    resolution = 256 if has(shapes, "conv_4.") else 128 if has(shapes, "conv_in.") else 32
    # The networks for fine voxels and for points have the same tensors.
    points = resolution != 32 and settings.get("observes", "points") == "points"
    config: Config = {
        "architecture": "ifnet",
        "resolution": resolution,
        "points": points,
        "hidden": rows(shapes, "fc_2.weight", 256),
        "side": int(settings.get("side", resolution)),
    }
    if points:
        config["point_count"] = int(settings.get("points", 3000))
    return config


def _describe(config: Config, settings: Settings) -> dict[str, Any]:
    side, assumed = config["side"], {}
    if config["resolution"] == 128 and "observes" not in settings:
        assumed["observes"] = "points" if config["points"] else "voxels"
    if config["points"] and "points" not in settings:
        assumed["points"] = config["point_count"]
    what = "point clouds" if config["points"] else "voxel grids"
    return {
        "description": f"IF-Net for {what}, {side}³ voxels",
        "bounds": ((-0.5,) * 3, (0.5,) * 3),
        "noise": 0.0,
        "assumed": assumed,
    }


def _from_name(path: Path) -> dict[str, Any]:
    """Read what names of experiments say: ``ShapeNetVoxels``, ``ShapeNetPoints``, ``SVR``."""
    names = f"{path.parent.parent.name}/{path.parent.name}/{path.stem}".lower()
    names = names.replace("checkpoint", "")
    if "vox" in names and "point" not in names:
        return {"observes": "voxels"}
    return {"observes": "points"} if "point" in names or "pcd" in names else {}


IFNET = Family(
    name="ifnet",
    title="IF-Net (Chibane et al., CVPR 2020)",
    configure=_configure,
    describe=_describe,
    settings={
        "threshold": Setting("probability of the surface, 0..1", 0.5),
        "observes": Setting("points or voxels, for networks of 128³", choices=("points", "voxels")),
        "points": Setting("points that are voxelised: 3,000 or 300"),
        "side": Setting("voxels a side that are encoded"),
    },
    from_name=_from_name,
)
