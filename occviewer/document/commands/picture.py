"""Changes of a picture's mask and camera, its fit and its colours."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from occviewer.cameras import PictureCamera
from occviewer.document.commands.change import Change, counted, quoted, with_new_shape, with_shape
from occviewer.document.errors import DocumentError
from occviewer.document.picture_source import Masking, Picture, PictureFit, PictureSource
from occviewer.document.shape import Shape
from occviewer.document.state import Document
from occviewer.observations.masking import Box, MaskMethod, Stroke

if TYPE_CHECKING:
    from occviewer.models.codes import Code

_METHODS: dict[MaskMethod, str] = {
    "auto": "Find the object automatically",
    "transparency": "Object by transparency",
    "plain": "Object by the background’s colour",
    "grabcut": "Object by GrabCut",
}


def import_picture(
    document: Document, picture: Picture, path: Path | None = None, *, textured: bool = False
) -> Change:
    """Begin a new shape with a picture; its mask is found and it is encoded afterwards."""
    source = PictureSource(picture, path, textured=textured)
    title = f"Import {quoted(source.name)}" if source.name else "Import picture"
    return Change(title, with_new_shape(document, Shape(source)))


def set_mask_method(document: Document, method: MaskMethod) -> Change:
    """Let the mask be found in another way; box and strokes stay."""
    masking = _source(document).masking
    changed = replace(masking, method=method, given=None, network=None, object=None)
    same = masking.method == method
    return Change(_METHODS[method], document if same else _remasked(document, changed))


def set_mask_network(document: Document, path: Path) -> Change:
    """Let a network in an ONNX file find the mask; box and strokes stay."""
    masking = _source(document).masking
    changed = replace(masking, method="model", network=path, given=None, object=None)
    same = (masking.method, masking.network) == ("model", path)
    title = f"Object by {quoted(path.name)}"
    return Change(title, document if same else _remasked(document, changed))


def give_mask(document: Document, mask: Picture) -> Change:
    """Take another picture as the mask; box and strokes of the one before are gone."""
    name = mask.image.source.name if mask.image.source is not None else ""
    title = f"Mask {quoted(name)}" if name else "Given mask"
    return Change(title, _remasked(document, Masking("given", given=mask)))


def set_box(document: Document, box: Box | None) -> Change:
    """Say where in the picture the object is; None for anywhere."""
    masking = _source(document).masking
    title = "Remove box" if box is None else "Move box" if masking.box else "Draw box"
    changed = replace(masking, box=box, object=None)
    return Change(title, document if changed.box == masking.box else _remasked(document, changed))


def add_stroke(document: Document, stroke: Stroke) -> Change:
    """Say with a brush what is the object, or what is not."""
    masking = _source(document).masking
    title = "Include stroke" if stroke.include else "Exclude stroke"
    changed = replace(masking, strokes=(*masking.strokes, stroke), object=None)
    return Change(title, _remasked(document, changed))


def clear_mask_edits(document: Document) -> Change:
    """Take away box and strokes, and the choice of an object."""
    masking = _source(document).masking
    changed = replace(masking, box=None, strokes=(), object=None)
    return Change("Reset mask", document if changed == masking else _remasked(document, changed))


def choose_object(document: Document, number: int) -> Change:
    """Say which of several objects is meant, from 1: the largest."""
    masking = _source(document).masking
    changed = replace(masking, object=number)
    title = f"Choose object {number}"
    return Change(title, document if changed == masking else _remasked(document, changed))


def set_camera(document: Document, camera: PictureCamera | None) -> Change:
    """Correct the camera by hand; None goes back to the one that was found."""
    source = _source(document)
    title = "Move camera" if camera is not None else "Found camera"
    same = source.camera == camera
    return Change(title, document if same else _put(document, replace(source, camera=camera)))


def set_fit(document: Document, fit: PictureFit, code: Code) -> Change:
    """Take what came of fitting the silhouette: a code, and a camera. Sliders go to rest."""
    source = replace(_source(document), fit=fit, camera=None)
    title = f"Refine ({counted(fit.rounds, 'round')})"
    shape = Shape(source, code, replace(document.shape.edit, offsets=()))
    return Change(title, replace(document, shape=shape))


def set_textured(document: Document, textured: bool) -> Change:
    """Lay the picture's colours on the mesh, or not."""
    source = _source(document)
    title = "Colours of the picture" if textured else "No colours of the picture"
    same = source.textured == textured
    return Change(title, document if same else _put(document, replace(source, textured=textured)))


def _source(document: Document) -> PictureSource:
    picture = document.shape.picture
    if picture is None:
        raise DocumentError("There is no picture to change; open a picture first.")
    return picture


def _remasked(document: Document, masking: Masking) -> Document:
    """With another mask to be found; what was made of the one before is gone."""
    source = replace(_source(document), masking=masking, mask=None, fit=None)
    return with_shape(document, source=source, code=None)


def _put(document: Document, source: PictureSource) -> Document:
    """With the same code: what changed is no part of it."""
    return with_shape(document, source=source)
