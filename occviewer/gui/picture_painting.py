"""Lays the colours of a picture on meshes, in the compute thread. No Qt here."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from occviewer.cameras import PictureCamera
from occviewer.document.picture_source import PictureSource
from occviewer.document.shape import Shape
from occviewer.errors import MeshError
from occviewer.meshes import Mesh
from occviewer.observations.image import Image
from occviewer.observations.masking import Mask

if TYPE_CHECKING:
    from occviewer.meshes.colouring import PointColours
    from occviewer.models import Code


@dataclass(frozen=True)
class Paint:
    """Whose colours a mesh gets; two are equal where they give the same."""

    image: Image
    mask: Mask
    camera: PictureCamera


def paint_of(shape: Shape) -> Paint | None:
    """Whose colours a shape gets; None where it gets none."""
    source = shape.picture
    return None if source is None or not source.textured else paint_with(source, shape.code)


def paint_with(source: PictureSource, code: Code | None) -> Paint | None:
    """Colours of a picture of which a code was made; None while mask or camera are missing."""
    camera = source.camera_with(code)
    if source.mask is None or camera is None:
        return None
    return Paint(source.image, source.mask, camera)


class PicturePainting:
    """Paints meshes; coarse ones while something moves take the colours of the last fine one."""

    def __init__(self) -> None:
        self._last: tuple[Paint, Mesh] | None = None
        self._near: PointColours | None = None

    def applied(
        self, mesh: Mesh, paint: Paint, *, live: bool, cancel: Callable[[], bool]
    ) -> tuple[Mesh, str]:
        """Paint a mesh of the box frame.

        Returns
        -------
        mesh : Mesh
            The one that was given where it cannot be painted.
        remark : str
            Why it cannot, for the person; empty where it can, or is no more than a preview.

        Raises
        ------
        Cancelled
            `cancel` said true.
        """
        if live:
            near = self._colours_of_last(paint)
            return (mesh if near is None else near.laid_on(mesh, cancel)), ""
        try:
            painted = painted_by(mesh, paint)
        except MeshError as error:
            return mesh, str(error)
        self._last, self._near = (paint, painted), None
        return painted, ""

    def _colours_of_last(self, paint: Paint) -> PointColours | None:
        from occviewer.meshes.colouring import PointColours

        if self._last is None or self._last[0].image is not paint.image:
            return None
        if self._near is None:
            painted = self._last[1]
            assert painted.colors is not None
            self._near = PointColours(painted.vertices, painted.colors[:, :3])
        return self._near


def painted_by(mesh: Mesh, paint: Paint) -> Mesh:
    """Project a picture onto a mesh of the box frame; takes about a second.

    Raises
    ------
    MeshError
        The mesh is empty, or the camera sees nothing of it.
    """
    from occviewer.meshes.texturing import coloured_by_picture

    return coloured_by_picture(mesh, paint.camera, paint.image.pixels, paint.mask.inside)
