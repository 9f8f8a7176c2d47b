"""The mask, and what is asked of one before a network sees it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from occviewer.arrays import BoolArray
from occviewer.errors import ObservationError
from occviewer.observations.image import Image

_LEAST_SHARE = 0.001  # of the picture
_LEAST_PIXELS = 64
_OBJECT_SHARE = 0.1  # of the largest object's area; what is smaller is clutter or a part
_GAP = 0.02  # of the picture's longer side: parts that are no farther apart belong together
_CUT = 0.03  # of a side of the picture


@dataclass(frozen=True, eq=False)
class Mask:
    """Which pixels of a picture are the shape.

    Attributes
    ----------
    inside : (H, W) bool
        Cannot be written to.
    method : str
        How it was found: "transparency", "plain background", "GrabCut", "model" or "given".
    notes : tuple of str
        What the person should know, such as that the picture's border cuts the shape.
    """

    inside: BoolArray
    method: str
    notes: tuple[str, ...] = ()

    @property
    def bounds(self) -> tuple[int, int, int, int]:
        """Left, top, right and bottom in pixels; the latter two are just outside."""
        rows, columns = np.flatnonzero(self.inside.any(1)), np.flatnonzero(self.inside.any(0))
        return int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1

    def check_fits(self, image: Image) -> None:
        """Raise `ObservationError` where the mask is not of the size of a picture."""
        if self.inside.shape != image.pixels.shape[:2]:
            raise ObservationError(
                f"The mask is {self.inside.shape[1]} x {self.inside.shape[0]} and does not fit "
                f"{image.name}, which is {image.size[0]} x {image.size[1]}."
            )


class SeveralObjectsError(ObservationError):
    """A mask shows several objects, and somebody has to say which is meant.

    Attributes
    ----------
    candidates : list of Mask
        One object each, the largest first.
    """

    def __init__(self, message: str, candidates: Sequence[Mask]) -> None:
        super().__init__(message)
        self.candidates = list(candidates)


def checked_mask(
    image: Image,
    inside: BoolArray,
    method: str,
    number: int | None = None,
    *,
    blind_border: int = 0,
    notes: Sequence[str] = (),
) -> Mask:
    """Make a mask of pixels (H, W) after a look at what they show.

    Parameters
    ----------
    number : int, optional
        Which of several objects is meant, from 1: the largest.
    blind_border : int
        Pixels along the edges that the method took for background without looking.
    notes : sequence of str
        What else the person should know.

    Raises
    ------
    SeveralObjectsError
        There are several objects and no number says which.
    ObservationError
        There is no object, it fills the picture, or there are fewer than `number`.
    """
    area = int(inside.sum())
    if area < max(_LEAST_PIXELS, _LEAST_SHARE * inside.size):
        if blind_border:
            raise ObservationError(
                f"No object was found in {image.name} away from its border ({area} pixels by "
                f"{method}), so the border may cut it; choose a picture that shows it whole, draw "
                "a box around what is seen of it, or give a mask."
            )
        raise ObservationError(
            f"No object was found in {image.name} ({area} pixels by {method}); draw a box around "
            "it or give a mask, and where the border of the picture cuts it, choose a picture "
            "that shows it whole."
        )
    if area > 0.995 * inside.size:
        raise ObservationError(
            f"In {image.name} nothing but the object was found (by {method}), which the border "
            "cuts on all sides; draw a box around it, or give a picture with some background "
            "around it."
        )
    objects = _objects(inside)
    if number is not None and not 1 <= number <= len(objects):
        raise ObservationError(
            f"There is no object number {number} in {image.name}, only {len(objects)}."
        )
    if number is None and len(objects) > 1:
        raise SeveralObjectsError(
            f"{image.name} shows {len(objects)} objects; choose one (1 is the largest), or draw a "
            "box around it.",
            [_mask(one, method, blind_border, notes) for one in objects],
        )
    return _mask(objects[(number or 1) - 1], method, blind_border, notes)


def _mask(inside: BoolArray, method: str, blind_border: int, notes: Sequence[str]) -> Mask:
    inside = np.ascontiguousarray(inside)
    inside.setflags(write=False)
    edge = blind_border + 1
    lines = {
        "left": inside[:, :edge].any(1),
        "right": inside[:, -edge:].any(1),
        "upper": inside[:edge].any(0),
        "lower": inside[-edge:].any(0),
    }
    cut = [name for name, line in lines.items() if line.mean() > _CUT]
    touched = [name for name, line in lines.items() if line.any() and name not in cut]
    found = list(notes)
    if cut:
        verb = "cut" if cut[1:] else "cuts"
        found.append(
            f"the {_edges(cut)} of the picture {verb} the object: what is beyond is guessed"
        )
    if touched:
        found.append(
            f"the object touches the {_edges(touched)} of the picture: if it goes on beyond, that "
            "is guessed"
        )
    return Mask(inside, method, tuple(found))


def _edges(names: Sequence[str]) -> str:
    return f"{', '.join(names[:-1])} and {names[-1]} edges" if names[1:] else f"{names[0]} edge"


def _objects(inside: BoolArray) -> list[BoolArray]:
    """Split a mask into objects, the largest first; near parts are one, specks are dropped."""
    from scipy import ndimage

    reach = max(1, round(_GAP * max(inside.shape) / 2))
    # By distance, since a large structuring element takes seconds.
    grown = ndimage.distance_transform_edt(~inside) <= reach
    labels, count = ndimage.label(grown, np.ones((3, 3)))
    labels = np.where(inside, labels, 0)
    areas = np.bincount(labels.ravel(), minlength=count + 1)[1:]
    order = np.argsort(-areas, kind="stable")
    kept = [index for index in order if areas[index] >= _OBJECT_SHARE * areas[order[0]]]
    return [labels == index + 1 for index in kept]
