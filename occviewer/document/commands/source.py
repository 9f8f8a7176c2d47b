"""Changes of what a shape is made from. The code goes with them: it has to be made anew."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from occviewer.arrays import BoolArray, Float64Array
from occviewer.document.checks import require
from occviewer.document.commands.change import Change, counted, quoted, with_new_shape, with_shape
from occviewer.document.errors import DocumentError
from occviewer.document.shape import Shape
from occviewer.document.source import Corners, Placing, Source
from occviewer.document.state import Document
from occviewer.models.placing import Up
from occviewer.observations import FEWEST_POINTS, PointCloud
from occviewer.observations.depth_camera import DepthCamera, Intrinsics
from occviewer.placement import Placement


def import_cloud(
    document: Document,
    cloud: PointCloud,
    path: Path | None = None,
    placing: Placing | None = None,
    field_of_view: float | None = None,
    depth_camera: DepthCamera | None = None,
) -> Change:
    """Begin a new shape with a cloud; it is encoded afterwards.

    Parameters
    ----------
    document : Document
    cloud : PointCloud
    path : Path, optional
        The file it was read from; the cloud's own by default.
    placing : Placing, optional
    field_of_view : float, optional
        Of a cloud that was made of a depth picture whose camera is guessed: degrees.
    depth_camera : DepthCamera, optional
        With which it was made.
    """
    source = Source(
        cloud,
        path,
        placing=placing or Placing(),
        field_of_view=field_of_view,
        depth_camera=depth_camera,
    )
    _need_points(source)
    title = f"Import {quoted(source.name)}" if source.name else "Import cloud"
    return Change(title, with_new_shape(document, Shape(source)))


def set_alignment(
    document: Document,
    align: Literal["auto", "none"] = "auto",
    up: Up | None = None,
    yaw: float | None = None,
) -> Change:
    """Let the model find the cloud's place, or what of it is left open."""
    said = [f"up {up}"] if up else []
    said += [f"turned {yaw:g}°"] if yaw is not None else []
    title = "Align automatically" if align == "auto" else "Take axes as they come"
    title += f" ({', '.join(said)})" if said else ""
    placing, now = Placing(align, up, yaw), _source(document).placing
    if now.placement is None and (now.align, now.up, now.yaw) == (align, up, placing.yaw):
        return Change(title, document)
    return Change(title, _changed(document, placing=placing))


def set_placement(document: Document, placement: Placement, title: str = "Move cloud") -> Change:
    """Put the cloud where a person moved, turned or scaled it to."""
    now = _source(document).placing.placement
    if now is not None and now.as_dict() == placement.as_dict():
        return Change(title, document)
    return Change(title, _changed(document, placing=Placing.by_hand(placement)))


def delete_points(document: Document, points: npt.ArrayLike) -> Change:
    """Leave points out: a mask (N,) bool over the whole cloud, or indices into it."""
    source = _source(document)
    chosen = np.asarray(points)
    is_mask = chosen.dtype == bool and chosen.shape == (len(source.cloud),)
    require(
        is_mask or chosen.dtype.kind in "iu" or chosen.size == 0,
        "Points are named by a mask with a bool for each of the cloud, or by indices.",
    )
    if is_mask:
        marked: BoolArray = chosen.copy()
    else:
        marked = np.zeros(len(source.cloud), bool)
        if chosen.size:
            marked[chosen] = True
    if source.kept is not None:
        marked &= source.kept
    title = f"Delete {counted(int(np.count_nonzero(marked)), 'point')}"
    if not marked.any():
        return Change(title, document)
    return Change(title, _changed(document, kept=_kept(source, marked)))


def set_crop_box(
    document: Document, corners: Corners | None, axes: Float64Array | None = None
) -> Change:
    """Let only what lies in a box count, or everything again.

    Parameters
    ----------
    document : Document
        With a cloud.
    corners : ((float, float, float), (float, float, float)), optional
        Lowest and highest corner, world units; None takes the box away.
    axes : (3, 3) float64, optional
        Rotation from the world's axes to those along which the box lies.
    """
    source = _source(document)
    title = "Remove crop box" if corners is None else "Move crop box"
    if source.crop is None and corners is not None:
        title = "Add crop box"
    changed = replace(source, crop=corners, crop_axes=axes)
    return Change(title, document if _same_box(changed, source) else _put(document, changed))


def apply_crop_box(document: Document) -> Change:
    """Delete what lies outside the crop box, and remove the box."""
    source = _source(document)
    if source.crop is None:
        raise DocumentError("There is no crop box; add one first.")
    counting = source.counted()
    before = len(counting) if source.kept is None else np.count_nonzero(source.kept)
    deleted = before - np.count_nonzero(counting)
    # The same points count as before, so the code of the shape stays the right one.
    changed = with_shape(document, source=replace(source, kept=counting, crop=None))
    return Change(f"Crop: delete {counted(int(deleted), 'point')}", changed)


def restore_points(document: Document) -> Change:
    """Take back every deleted point and the crop box."""
    source = _source(document)
    if source.kept is None and source.crop is None:
        return Change("Restore points", document)
    back = len(source.cloud) - int(np.count_nonzero(source.counted()))
    title = f"Restore {counted(back, 'point')}"
    return Change(title, _changed(document, kept=None, crop=None))


def subsample(document: Document, count: int | None) -> Change:
    """Let only so many points count, drawn at random; None takes all again."""
    title = "Use all points" if count is None else f"Use {counted(count, 'point')}"
    if _source(document).count == count:
        return Change(title, document)
    return Change(title, _changed(document, count=count))


def add_noise(document: Document, noise: float) -> Change:
    """Add noise of a standard deviation in box units; 0 takes it away."""
    title = f"Noise {noise:.4g}" if noise else "No noise"
    if _source(document).noise == noise:
        return Change(title, document)
    return Change(title, _changed(document, noise=noise))


def set_source_seed(document: Document, seed: int) -> Change:
    """Draw the subsample and the noise anew."""
    title = f"Source seed {seed}"
    if _source(document).seed == seed:
        return Change(title, document)
    return Change(title, _changed(document, seed=seed))


def set_field_of_view(document: Document, degrees: float) -> Change:
    """Say how wide the depth camera saw; the cloud grows or shrinks across its line of sight.

    A camera matrix that was given is guessed anew.
    """
    source, camera = _source(document), _source(document).depth_camera
    title = f"Field of view {degrees:.4g}°"
    if source.field_of_view == degrees:
        return Change(title, document)
    if camera is not None:
        guessed = Intrinsics.guessed(*camera.size, degrees)
        return Change(title, _seen_by(document, guessed, degrees))
    if source.field_of_view is None:
        raise DocumentError("The cloud is not of a depth picture.")
    now, before = (math.tan(math.radians(angle / 2)) for angle in (degrees, source.field_of_view))
    points = source.cloud.points * [now / before, now / before, 1.0]
    points.setflags(write=False)
    cloud = replace(source.cloud, points=points)
    return Change(title, _changed(document, cloud=cloud, field_of_view=degrees))


def set_intrinsics(document: Document, intrinsics: Intrinsics) -> Change:
    """Give the camera matrix of a depth picture; its cloud moves across the line of sight."""
    source, title = _source(document), "Camera matrix"
    if source.depth_camera is None:
        raise DocumentError(
            "The camera of this cloud is not known to be that of a depth picture; open the depth "
            "picture again."
        )
    given = source.field_of_view is None and source.depth_camera.intrinsics == intrinsics
    return Change(title, document if given else _seen_by(document, intrinsics, None))


def _seen_by(document: Document, intrinsics: Intrinsics, degrees: float | None) -> Document:
    """With the cloud as another camera would have seen it."""
    source = _source(document)
    assert source.depth_camera is not None
    points = source.depth_camera.retold(source.cloud.points, intrinsics)
    points.setflags(write=False)
    return _changed(
        document,
        cloud=replace(source.cloud, points=points),
        field_of_view=degrees,
        depth_camera=replace(source.depth_camera, intrinsics=intrinsics),
    )


def _same_box(one: Source, other: Source) -> bool:
    if one.crop != other.crop or (one.crop_axes is None) != (other.crop_axes is None):
        return False
    return one.crop_axes is None or np.array_equal(one.crop_axes, np.asarray(other.crop_axes))


def _kept(source: Source, deleted: BoolArray) -> BoolArray:
    kept: BoolArray = ~deleted if source.kept is None else source.kept & ~deleted
    kept.setflags(write=False)
    return kept


def _source(document: Document) -> Source:
    scan = document.shape.scan
    if scan is None:
        raise DocumentError("There is no cloud to change; open a scan first.")
    return scan


def _changed(document: Document, **changes: Any) -> Document:  # noqa: ANN401 - any field
    return _put(document, replace(_source(document), **changes))


def _put(document: Document, source: Source) -> Document:
    before = _source(document)
    if source.kept is not before.kept or not _same_box(source, before):
        _need_points(source)
    return with_shape(document, source=source, code=None)


def _need_points(source: Source) -> None:
    left = int(np.count_nonzero(source.counted()))
    if left < FEWEST_POINTS:
        raise DocumentError(
            f"This leaves {left:,} of {counted(len(source.cloud), 'point')}, and a shape needs "
            f"at least {FEWEST_POINTS}; keep more of the cloud."
        )
