"""Codes of the scans that come with the program."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from occviewer import assets
from occviewer.models import Code, Model
from occviewer.observations import PointCloud
from occviewer.observations.reading import read_point_cloud


def sample_code(model: Model, name: str) -> Code:
    """Read a sample's scan and encode it in the pose that is found for it."""
    cloud, up = read_sample(name)
    return model.encode(cloud, align="auto", up=up)


def read_sample(name: str) -> tuple[PointCloud, Any]:
    """Scan of a sample, and which of its axes points up."""
    folder = assets.resources() / "samples"
    for about in json.loads((folder / "samples.json").read_text(encoding="utf-8")):
        if about["name"] == name:
            return read_point_cloud(Path(folder / about["scan"])), about["up"]
    raise ValueError(f"There is no sample {name!r}.")
