"""What a session file holds of a picture source, in both directions."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from occviewer.cameras import PictureCamera
from occviewer.document.archive import Array
from occviewer.document.checks import require
from occviewer.document.picture_source import Masking, Picture, PictureFit, PictureSource
from occviewer.observations.masking import Mask, Stroke

SUFFIXES = (".png", ".jpg", ".webp", ".tif", ".bmp")
"""Suffixes of pictures in a session file."""

_SIGNS = {b"\xff\xd8\xff": ".jpg", b"RIFF": ".webp", b"II*\0": ".tif", b"MM\0*": ".tif"}
_SIGNS[b"BM"] = ".bmp"


def suffix_of(picture: Picture) -> str:
    """Name the kind of file that a picture's content is, as one of `SUFFIXES`."""
    starts = picture.content.startswith
    return next((suffix for sign, suffix in _SIGNS.items() if starts(sign)), ".png")


def picture_row(source: PictureSource, arrays: dict[str, Array]) -> dict[str, Any]:
    """JSON object of a source, but for the pictures themselves; its arrays go into `arrays`."""
    masking, mask, fit = source.masking, source.mask, source.fit
    if mask is not None:
        arrays["inside"] = np.packbits(mask.inside)
    if fit is not None:
        arrays["vector"] = fit.vector
    return {
        "has_arrays": bool(arrays),
        "masking": {
            "method": masking.method,
            "box": masking.box,
            "strokes": [_stroke_row(stroke) for stroke in masking.strokes],
            "object": masking.object,
        },
        "mask": None if mask is None else {"method": mask.method, "notes": list(mask.notes)},
        "camera": None if source.camera is None else source.camera.as_dict(),
        "fit": None if fit is None else _fit_row(fit),
        "textured": source.textured,
    }


def picture_source(
    row: Mapping[str, Any],
    arrays: Mapping[str, Array],
    picture: Picture,
    given: Picture | None,
    path: Path | None,
    network: Path | None = None,
) -> PictureSource:
    """Make the source that a row describes.

    Parameters
    ----------
    row : mapping
        From `picture_row`.
    arrays : mapping
        Those that belong to it.
    picture, given : Picture
        The picture, and the one that is its mask if there is one.
    path : Path, optional
        The file it was read from.
    network : Path, optional
        The file of the network that finds its mask.

    Raises
    ------
    Exception
        Of any kind, where something is not as it must be.
    """
    masking, mask, fit = row["masking"], row.get("mask"), row.get("fit")
    camera = row.get("camera")
    strokes = tuple(_stroke(each) for each in masking.get("strokes", []))
    box = masking.get("box")
    return PictureSource(
        picture,
        path,
        Masking(
            masking["method"],
            None if box is None else tuple(box),
            strokes,
            masking.get("object"),
            given,
            network,
        ),
        None if mask is None else _mask(mask, arrays["inside"], picture),
        None if camera is None else PictureCamera.from_dict(camera),
        None if fit is None else _fit(fit, arrays["vector"]),
        row.get("textured", False),
    )


def _stroke_row(stroke: Stroke) -> dict[str, Any]:
    return {"points": stroke.points, "radius": stroke.radius, "include": stroke.include}


def _stroke(row: Mapping[str, Any]) -> Stroke:
    require(isinstance(row["include"], bool), "a stroke is no stroke")
    points = tuple((across, down) for across, down in row["points"])
    return Stroke(points, row["radius"], row["include"])


def _mask(row: Mapping[str, Any], bits: Array, picture: Picture) -> Mask:
    width, height = picture.image.size
    count = width * height
    require(bits.shape == (-(-count // 8),) and bits.dtype == np.uint8, "a mask does not fit")
    notes = row.get("notes", [])
    require(
        isinstance(row["method"], str)
        and isinstance(notes, list)
        and all(isinstance(note, str) for note in notes),
        "a mask without its texts",
    )
    inside = np.unpackbits(bits, count=count).astype(bool).reshape(height, width)
    inside.setflags(write=False)
    return Mask(inside, row["method"], tuple(notes))


def _fit_row(fit: PictureFit) -> dict[str, Any]:
    return {
        "camera": fit.camera.as_dict(),
        "rounds": fit.rounds,
        "before": fit.before,
        "overlap": fit.overlap,
    }


def _fit(row: Mapping[str, Any], vector: Array) -> PictureFit:
    return PictureFit(
        vector,
        PictureCamera.from_dict(row["camera"]),
        row["rounds"],
        row["before"],
        row["overlap"],
    )
