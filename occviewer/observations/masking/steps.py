"""From a picture to a mask: by transparency, plain background, GrabCut, or a network."""

from __future__ import annotations

from typing import Literal, TypeAlias

import numpy as np

from occviewer.arrays import BoolArray
from occviewer.errors import ObservationError
from occviewer.observations.image import Image
from occviewer.observations.masking.grabcut import Box, default_box, grabcut_mask
from occviewer.observations.masking.mask import Mask, checked_mask
from occviewer.observations.masking.plain import plain_background_mask
from occviewer.observations.masking.room import room_mask
from occviewer.observations.masking.saliency import SaliencyModel

MaskMethod: TypeAlias = Literal["auto", "transparency", "plain", "grabcut", "given", "model"]
"""How a mask is found."""

_NAMES = {"transparency": "transparency", "plain": "plain background", "given": "given"}
_NAMES["model"] = "model"
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
    method: MaskMethod = "auto",
    given: Image | None = None,
    network: SaliencyModel | None = None,
) -> Mask:
    """Find which pixels of a picture are the shape.

    Without a box or strokes: by the picture's transparency, else by the colours of a plain
    background or of a wall and a floor, else by GrabCut of all but the border. With them: by
    GrabCut.

    Parameters
    ----------
    method : {"auto", "transparency", "plain", "grabcut", "given", "model"}
        One of these alone; what is in the box and in the strokes then counts as it is, but
        for GrabCut, which learns from them.
    given : Image, optional
        For "given": the mask, see `given_mask`.
    network : SaliencyModel, optional
        For "model": what finds the shape.
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
    if method not in ("auto", "grabcut"):
        found = _found(image, method, given, network)
        inside = _corrected(found, box, include, exclude)
        notes = () if network is None else (f"background removed by {network.path.name}",)
        return checked_mask(image, inside, _NAMES[method], number, notes=notes)
    if method == "auto" and box is None and include is None and exclude is None:
        if image.alpha is not None:
            return _by_alpha(image, number)
        plain = _plain_background(image)
        if plain is not None:
            return checked_mask(image, plain, _NAMES["plain"], number)
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
    return find_mask(image, number=number, method="model", network=model)


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
    return checked_mask(image, _given_of(image, mask), _NAMES["given"], number)


def _found(
    image: Image, method: MaskMethod, given: Image | None, network: SaliencyModel | None
) -> BoolArray:
    if method == "transparency":
        return _alpha_of(image)
    if method == "plain":
        return _plain_of(image)
    if method == "model":
        if network is None:
            raise ValueError("A mask that a network finds needs one.")
        return network.inside(image)
    if given is None:
        raise ValueError("A mask that is given has to be given.")
    return _given_of(image, given)


def _given_of(image: Image, mask: Image) -> BoolArray:
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
    inside: BoolArray = values >= _OPAQUE
    return inside


def _by_alpha(image: Image, number: int | None) -> Mask:
    return checked_mask(image, _alpha_of(image), _NAMES["transparency"], number)


def _alpha_of(image: Image) -> BoolArray:
    if image.alpha is None:
        raise ObservationError(
            f"{image.name} has no transparent pixels; choose another way to find its object."
        )
    inside: BoolArray = image.alpha >= _OPAQUE
    if not inside.any():
        raise ObservationError(
            f"{image.name} is transparent everywhere; choose a picture that shows the object, or "
            "save it again without transparency."
        )
    return inside


def _plain_of(image: Image) -> BoolArray:
    inside = _plain_background(image)
    if inside is None:
        raise ObservationError(
            f"The background of {image.name} is not of one colour; draw a box around the object."
        )
    return inside


def _corrected(
    inside: BoolArray, box: Box | None, include: BoolArray | None, exclude: BoolArray | None
) -> BoolArray:
    """Apply what a person drew, as it is."""
    corrected = inside.copy()
    if box is not None:
        left, top, right, bottom = (max(0, round(edge)) for edge in box)
        outside = np.ones(inside.shape, bool)
        outside[top:bottom, left:right] = False
        corrected[outside] = False
    if include is not None:
        corrected |= include
    if exclude is not None:
        corrected &= ~exclude
    return corrected


def _plain_background(image: Image) -> BoolArray | None:
    room = room_mask(image.pixels)
    return plain_background_mask(image.pixels) if room is None else room
