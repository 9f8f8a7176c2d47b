"""The furniture model as it ships, and a sample picture of a chair."""

import numpy as np
import pytest

from occviewer import assets
from occviewer.models import open_model
from occviewer.observations.image import Image
from occviewer.observations.masking import find_mask
from occviewer.pictures import open_picture_door


@pytest.fixture(scope="session")
def door():
    return open_picture_door(open_model("furniture", "cpu"))


@pytest.fixture(scope="session")
def chair():
    """A picture, and the mask of the chair in it."""
    image = Image.load(assets.resources() / "samples" / "photographs" / "chair.jpg")
    return image, find_mask(image)


@pytest.fixture(scope="session")
def guess(door, chair):
    return door.guess(*chair)


@pytest.fixture(scope="session")
def squashed(chair):
    """The mask of a chair that is lower and wider."""
    inside = chair[1].inside
    rows, columns = np.flatnonzero(inside.any(1)), np.flatnonzero(inside.any(0))
    foot, middle = rows[-1], (columns[0] + columns[-1]) / 2
    at = [
        (np.arange(side) - fixed) / scale + fixed
        for side, fixed, scale in zip(inside.shape, (foot, middle), (0.8, 1.1), strict=True)
    ]
    at = [np.round(v).astype(int) for v in at]
    within = np.logical_and.outer(
        *[(v >= 0) & (v < side) for v, side in zip(at, inside.shape, strict=True)]
    )
    clipped = [v.clip(0, side - 1) for v, side in zip(at, inside.shape, strict=True)]
    return inside[np.ix_(*clipped)] & within
