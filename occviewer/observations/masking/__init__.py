"""Masks: which pixels of a picture are the shape."""

from occviewer.observations.masking.mask import Mask, SeveralObjectsError
from occviewer.observations.masking.saliency import SaliencyModel
from occviewer.observations.masking.steps import find_mask, given_mask, model_mask

__all__ = [
    "Mask",
    "SaliencyModel",
    "SeveralObjectsError",
    "find_mask",
    "given_mask",
    "model_mask",
]
