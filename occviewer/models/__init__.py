"""Models: checkpoints, the model interface, codes and fields."""

from typing import TYPE_CHECKING, Any

__all__ = [
    "Alignment",
    "Code",
    "CodeError",
    "Model",
    "ModelInfo",
    "NetworkField",
    "load_checkpoint",
    "open_model",
    "read_info",
    "save_checkpoint",
    "shipped_models",
]

if TYPE_CHECKING:
    from occviewer.models.align import Alignment
    from occviewer.models.checkpoint import load_checkpoint, read_info, save_checkpoint
    from occviewer.models.codes import Code, CodeError
    from occviewer.models.fields import NetworkField
    from occviewer.models.info import ModelInfo
    from occviewer.models.model import Model
    from occviewer.models.opening import open_model
    from occviewer.models.shipped import shipped_models

# Looked up when first used: the training loop imports `occviewer.models.checkpoint` on
# servers that have none of the libraries that the rest needs.
_HOMES = {
    "Alignment": "align",
    "Code": "codes",
    "CodeError": "codes",
    "Model": "model",
    "ModelInfo": "info",
    "NetworkField": "fields",
    "load_checkpoint": "checkpoint",
    "open_model": "opening",
    "read_info": "checkpoint",
    "save_checkpoint": "checkpoint",
    "shipped_models": "shipped",
}


def __getattr__(name: str) -> Any:  # noqa: ANN401 - a module attribute can be anything
    if name in _HOMES:
        from importlib import import_module

        return getattr(import_module(f"occviewer.models.{_HOMES[name]}"), name)
    raise AttributeError(f"module 'occviewer.models' has no attribute {name!r}")
