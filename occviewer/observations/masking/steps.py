"""From a picture to a mask: by transparency, plain background, GrabCut, or a network."""

from __future__ import annotations

import numpy as np

from occviewer.arrays import BoolArray
from occviewer.errors import ObservationError
from occviewer.observations.image import Image
from occviewer.observations.masking.grabcut import Box, default_box, grabcut_mask
from occviewer.observations.masking.mask import Mask, checked_mask
from occviewer.observations.masking.plain import plain_background_mask
from occviewer.observations.masking.saliency import SaliencyModel

_OPAQUE = 128
_ASPECT = 0.02
_ASSUMED = (
    "what looks like the border of the picture was taken for background: if the border cuts the "
    "object, or something else was found, draw a box around it or give a mask"
)


def find_mask(
    image: Image,
    *,
    box: Box | None = None,
    include: BoolArray | None = None,
    exclude: BoolArray | None = None,
    number: int | None = None,
) -> Mask:
    """Find which pixels of a picture are the shape.

    Without a box or strokes: by the picture's transparency, else by the colour of a plain
    background, else by GrabCut of all but the border. With them: by GrabCut.

    Parameters
    ----------
    box : (left, top, right, bottom), optional
        Pixels; what is outside is background.
    include, exclude : (H, W) bool, optional
        Strokes on the shape and beside it.
    number : int, optional
        Which of several objects is meant, from 1: the largest.

    Raises
    ------
    SeveralObjectsError
        There are several objects and no number says which.
    ObservationError
        No object was found, the picture is transparent everywhere, or box or strokes are
        not of this picture.
    """
    width, height = image.size
    for stroke in (include, exclude):
        if stroke is not None and stroke.shape != (height, width):
            raise ObservationError(
                f"Strokes must be of the picture's size, {width} x {height}, not "
                f"{stroke.shape[::-1]}."
            )
    if box is None and include is None and exclude is None:
        if image.alpha is not None:
            return _by_alpha(image, number)
        plain = plain_background_mask(image.pixels)
        if plain is not None:
            return checked_mask(image, plain, "plain background", number)
    drawn = box or default_box(width, height)
    cut = grabcut_mask(image.pixels, drawn, include, exclude)
    # Without a box of the person the border is background by assumption, and what the picture's
    # edge cuts ends there. The cut is made on fewer pixels, hence two more.
    blind = 0 if box is not None else round(drawn[0]) + 2
    notes = (_ASSUMED,) if box is None else ()
    return checked_mask(image, cut, "GrabCut", number, blind_border=blind, notes=notes)


def model_mask(image: Image, model: SaliencyModel, number: int | None = None) -> Mask:
    """Let a network that the person chose find the shape.

    Raises
    ------
    SeveralObjectsError
        It finds several objects and no number says which.
    ObservationError
        It finds none, or cannot be run.
    """
    notes = (f"background removed by {model.path.name}",)
    return checked_mask(image, model.inside(image), "model", number, notes=notes)


def given_mask(image: Image, mask: Image, number: int | None = None) -> Mask:
    """Take a mask from another picture: its transparency, else what is lighter than grey.

    A mask of another size is scaled, if its sides have the same proportion.

    Raises
    ------
    SeveralObjectsError
        It shows several objects and no number says which.
    ObservationError
        It has other proportions, or shows no object.
    """
    from PIL import Image as Pillow

    values = mask.alpha if mask.alpha is not None else mask.pixels.max(axis=2)
    (width, height), (mask_width, mask_height) = image.size, mask.size
    if abs(mask_width / mask_height - width / height) > _ASPECT * width / height:
        raise ObservationError(
            f"{mask.name} is {mask_width} x {mask_height} and does not fit {image.name}, which is "
            f"{width} x {height}; give a mask of that size."
        )
    if mask.size != image.size:
        values = np.asarray(Pillow.fromarray(values).resize(image.size))
    return checked_mask(image, values >= _OPAQUE, "given", number)


def _by_alpha(image: Image, number: int | None) -> Mask:
    assert image.alpha is not None
    inside = image.alpha >= _OPAQUE
    if not inside.any():
        raise ObservationError(
            f"{image.name} is transparent everywhere; choose a picture that shows the object, or "
            "save it again without transparency."
        )
    return checked_mask(image, inside, "transparency", number)
