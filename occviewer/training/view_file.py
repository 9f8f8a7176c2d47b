"""The views of one shape on disk: pictures, masks, depths and cameras in a safetensors file.

Pictures are JPEG, masks PNG of one bit a pixel, depths PNG of a byte a pixel, each after the
other in one tensor of bytes with the ends of all in another; the header holds the
`ShapeRecord`. Read with numpy, safetensors and Pillow alone.
"""

from __future__ import annotations

import io
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save

from occviewer.arrays import BoolArray, Float32Array, Float64Array, UInt8Array
from occviewer.cameras import PictureCamera
from occviewer.errors import DataError
from occviewer.files import write_whole
from occviewer.training.shape_file import ShapeRecord

FORMAT = "occviewer-views-1"
QUALITY = 88
"""Of the JPEGs."""

DEPTH_PIXELS = 96
"""Side of the maps of depths: they are for feature maps, which are coarser than pictures."""

_DEPTH_REACH = 0.9  # box units before and behind the origin; half the box's diagonal is 0.87
_DEPTH_STEPS = 254  # of a byte; 0 is where nothing is


@dataclass(frozen=True, eq=False)
class View:
    """One picture of a shape.

    Attributes
    ----------
    picture : (S, S, 3) uint8
    mask : (S, S) bool
        Where the shape is seen.
    camera : PictureCamera
    depths : (2, D, D) float32
        Of the first and the last surface in box units along the line of sight, over the whole
        picture; NaN where there is none.
    """

    picture: UInt8Array
    mask: BoolArray
    camera: PictureCamera
    depths: Float32Array


class ShapeViews:
    """The stored views of one shape; pictures are unpacked when they are asked for.

    Attributes
    ----------
    record : ShapeRecord
    cameras : (V, 6) float64
        Azimuth, elevation, distance, focal length and principal point of each view.
    pixels : int
        Side of the pictures.
    """

    def __init__(
        self, path: Path, arrays: dict[str, Any], pixels: int, record: ShapeRecord
    ) -> None:
        self.record, self.pixels, self._path = record, pixels, path
        self.cameras: Float64Array = arrays["cameras"].astype(np.float64)
        self._pictures, self._picture_ends = arrays["pictures"], arrays["picture_ends"]
        self._masks, self._mask_ends = arrays["masks"], arrays["mask_ends"]
        self._depths, self._depth_ends = arrays.get("depths"), arrays.get("depth_ends")

    def __len__(self) -> int:
        return len(self.cameras)

    @property
    def nbytes(self) -> int:
        """Memory that the packed views take."""
        depths = 0 if self._depths is None else self._depths.nbytes
        return int(self._pictures.nbytes + self._masks.nbytes + depths)

    @property
    def has_depths(self) -> bool:
        """Whether there are depths; pictures of earlier versions have none."""
        return self._depths is not None

    def camera(self, number: int) -> PictureCamera:
        """Camera of one view."""
        azimuth, elevation, distance, focal, across, down = map(float, self.cameras[number])
        size = (self.pixels, self.pixels)
        return PictureCamera(azimuth, elevation, distance, focal, (across, down), size)

    def __getitem__(self, number: int) -> View:
        picture = self._unpacked(self._pictures, self._picture_ends, number, "RGB")
        mask = self._unpacked(self._masks, self._mask_ends, number, "L") > 127
        return View(picture, mask, self.camera(number), self._depth_maps(number))

    def _depth_maps(self, number: int) -> Float32Array:
        if self._depths is None:
            return np.full((2, DEPTH_PIXELS, DEPTH_PIXELS), np.nan, np.float32)
        steps = self._unpacked(self._depths, self._depth_ends, number, "L").astype(np.float32)
        away = (steps - 1) * (2 * _DEPTH_REACH / _DEPTH_STEPS) - _DEPTH_REACH
        depths = np.where(steps > 0, away + np.float32(self.cameras[number, 2]), np.nan)
        return depths.reshape(2, len(steps) // 2, -1).astype(np.float32)

    def _unpacked(self, blob: UInt8Array, ends: Any, number: int, mode: str) -> UInt8Array:  # noqa: ANN401
        begin = int(ends[number - 1]) if number else 0
        content = blob[begin : int(ends[number])].tobytes()
        try:
            return np.asarray(Image.open(io.BytesIO(content)).convert(mode))
        except (OSError, ValueError) as error:
            raise _damaged(self._path, error) from error


def save_views(path: Path, views: Sequence[View], record: ShapeRecord) -> None:
    """Write the views of one shape, all of one size; the file appears whole or not at all.

    Raises
    ------
    DataError
        When it cannot be written.
    """
    pictures = [_packed(Image.fromarray(v.picture), "JPEG", quality=QUALITY) for v in views]
    masks = [_packed(Image.fromarray(v.mask), "PNG", optimize=True) for v in views]
    cameras = [
        (c.azimuth, c.elevation, c.distance, c.focal, *c.centre) for c in (v.camera for v in views)
    ]
    tensors = {
        "pictures": np.frombuffer(b"".join(pictures), np.uint8),
        "picture_ends": np.cumsum([len(part) for part in pictures]),
        "masks": np.frombuffer(b"".join(masks), np.uint8),
        "mask_ends": np.cumsum([len(part) for part in masks]),
        "cameras": np.array(cameras, np.float64),
        **_depth_tensors([(view.camera.distance, view.depths) for view in views]),
    }
    about = {"format": FORMAT, "pixels": len(views[0].picture), "record": asdict(record)}
    _write(path, tensors, about)


def add_depths(path: Path, depths: Sequence[Float32Array]) -> None:
    """Add depths (2, D, D) of every view to a file whose views have none, or replace them.

    Raises
    ------
    DataError
        When the file holds no views, or cannot be written.
    """
    arrays, metadata = _read(path)
    _about(path, metadata)
    distances = arrays["cameras"][:, 2].tolist()
    arrays |= _depth_tensors(list(zip(distances, depths, strict=True)))
    _write(path, arrays, json.loads(metadata["views"]))


def _depth_tensors(depths: Sequence[tuple[float, Float32Array]]) -> dict[str, Any]:
    packed = []
    for distance, maps in depths:
        away = (maps - distance).clip(-_DEPTH_REACH, _DEPTH_REACH) + _DEPTH_REACH
        steps = 1 + np.round(away * (_DEPTH_STEPS / (2 * _DEPTH_REACH)))
        stacked = np.nan_to_num(steps, nan=0).astype(np.uint8).reshape(-1, maps.shape[2])
        packed.append(_packed(Image.fromarray(stacked), "PNG", optimize=True))
    return {
        "depths": np.frombuffer(b"".join(packed), np.uint8),
        "depth_ends": np.cumsum([len(part) for part in packed]),
    }


def _write(path: Path, tensors: dict[str, Any], about: dict[str, Any]) -> None:
    # One entry: the library writes several in no fixed order, and equal views should be
    # equal files.
    write_whole(path, save(tensors, {"views": json.dumps(about, ensure_ascii=False)}), DataError)


def load_views(path: Path) -> ShapeViews:
    """Read the views of one shape.

    Raises
    ------
    DataError
        When the file holds no views, or is cut off.
    """
    arrays, metadata = _read(path)
    pixels, record = _about(path, metadata)
    return ShapeViews(path, arrays, pixels, record)


def _read(path: Path) -> tuple[dict[str, Any], dict[str, str]]:
    """Read the tensors and the header."""
    try:
        with safe_open(path, "np") as file:
            return {key: file.get_tensor(key) for key in file.keys()}, file.metadata() or {}  # noqa: SIM118
    except (SafetensorError, OSError) as error:
        raise _damaged(path, error) from error


@dataclass(frozen=True)
class ViewsHead:
    """What a file of views says of itself: number of views, pixels a side, and the shape."""

    count: int
    pixels: int
    record: ShapeRecord
    has_depths: bool


def read_views_head(path: Path) -> ViewsHead:
    """Read only the header.

    Raises
    ------
    DataError
        When the file holds no views, or is cut off.
    """
    try:
        with safe_open(path, "np") as file:
            metadata = file.metadata() or {}
            count = file.get_slice("cameras").get_shape()[0]
            has_depths = "depths" in file.keys()  # noqa: SIM118
    except (SafetensorError, OSError) as error:
        raise _damaged(path, error) from error
    pixels, record = _about(path, metadata)
    return ViewsHead(count, pixels, record, has_depths)


def _about(path: Path, metadata: dict[str, str]) -> tuple[int, ShapeRecord]:
    known = {field.name for field in fields(ShapeRecord)}
    try:
        about = json.loads(metadata["views"])
        if about["format"] != FORMAT:
            raise ValueError(f"format {about['format']}")
        record = {key: value for key, value in about["record"].items() if key in known}
        return int(about["pixels"]), ShapeRecord(**record)
    except (KeyError, ValueError, TypeError, AttributeError) as error:
        raise DataError(
            f"{path} holds no views ({FORMAT}): delete it and render it again."
        ) from error


def _packed(image: Image.Image, kind: str, **options: Any) -> bytes:  # noqa: ANN401
    content = io.BytesIO()
    image.save(content, kind, **options)
    return content.getvalue()


def _damaged(path: Path, error: Exception) -> DataError:
    return DataError(f"{path} is damaged ({error}): delete it and render it again.")
