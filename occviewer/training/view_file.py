"""The views of one shape on disk: pictures, masks and cameras in a safetensors file.

Pictures are JPEG, masks PNG of one bit a pixel, each after the other in one tensor of bytes
with the ends of all in another; the header holds the `ShapeRecord`. Read with numpy,
safetensors and Pillow alone.
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

from occviewer.arrays import BoolArray, Float64Array, UInt8Array
from occviewer.cameras import PictureCamera
from occviewer.errors import DataError
from occviewer.files import write_whole
from occviewer.training.shape_file import ShapeRecord

FORMAT = "occviewer-views-1"
QUALITY = 88
"""Of the JPEGs."""


@dataclass(frozen=True, eq=False)
class View:
    """One picture of a shape.

    Attributes
    ----------
    picture : (S, S, 3) uint8
    mask : (S, S) bool
        Where the shape is seen.
    camera : PictureCamera
    """

    picture: UInt8Array
    mask: BoolArray
    camera: PictureCamera


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

    def __len__(self) -> int:
        return len(self.cameras)

    @property
    def nbytes(self) -> int:
        """Memory that the packed views take."""
        return int(self._pictures.nbytes + self._masks.nbytes)

    def camera(self, number: int) -> PictureCamera:
        """Camera of one view."""
        azimuth, elevation, distance, focal, across, down = map(float, self.cameras[number])
        size = (self.pixels, self.pixels)
        return PictureCamera(azimuth, elevation, distance, focal, (across, down), size)

    def __getitem__(self, number: int) -> View:
        picture = self._unpacked(self._pictures, self._picture_ends, number, "RGB")
        mask = self._unpacked(self._masks, self._mask_ends, number, "L") > 127
        return View(picture, mask, self.camera(number))

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
    }
    about = {"format": FORMAT, "pixels": len(views[0].picture), "record": asdict(record)}
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
    try:
        with safe_open(path, "np") as file:
            metadata = file.metadata() or {}
            arrays = {key: file.get_tensor(key) for key in file.keys()}  # noqa: SIM118
    except (SafetensorError, OSError) as error:
        raise _damaged(path, error) from error
    pixels, record = _about(path, metadata)
    return ShapeViews(path, arrays, pixels, record)


def read_view_record(path: Path) -> tuple[int, int, ShapeRecord]:
    """Read only the header: number of views, pixels a side, and the record.

    Raises
    ------
    DataError
        When the file holds no views, or is cut off.
    """
    try:
        with safe_open(path, "np") as file:
            metadata = file.metadata() or {}
            count = file.get_slice("cameras").get_shape()[0]
    except (SafetensorError, OSError) as error:
        raise _damaged(path, error) from error
    return count, *_about(path, metadata)


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
