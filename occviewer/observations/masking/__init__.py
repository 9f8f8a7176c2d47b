"""Masks: which pixels of a picture are the shape."""

from occviewer.observations.masking.mask import Mask, SeveralObjectsError
from occviewer.observations.masking.steps import find_mask, given_mask

__all__ = ["Mask", "SeveralObjectsError", "find_mask", "given_mask"]
