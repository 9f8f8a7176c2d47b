"""Masks: which pixels of a picture are the shape."""

from occviewer.observations.masking.grabcut import Box
from occviewer.observations.masking.mask import Mask, SeveralObjectsError
from occviewer.observations.masking.saliency import (
    SaliencyModel,
    require_onnxruntime,
    saliency_model,
)
from occviewer.observations.masking.steps import MaskMethod, find_mask, given_mask, model_mask
from occviewer.observations.masking.strokes import Stroke, drawn

__all__ = [
    "Box",
    "Mask",
    "MaskMethod",
    "SaliencyModel",
    "SeveralObjectsError",
    "Stroke",
    "drawn",
    "find_mask",
    "given_mask",
    "model_mask",
    "require_onnxruntime",
    "saliency_model",
]
