"""Changes of how meshes are made and shapes are drawn, and of the model."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from occviewer.document.commands.change import Change, counted, quoted
from occviewer.document.errors import DocumentError
from occviewer.document.model_reference import ModelReference, Setting
from occviewer.document.shape import Shape
from occviewer.document.state import Document

MODEL_SETTING = "Model: "
"""With which the titles of such changes begin."""


def set_threshold(document: Document, threshold: float | None) -> Change:
    """Put the surface at another probability; None is the model's own."""
    changed = _extraction(document, threshold=threshold)
    value = changed.extraction.threshold
    return Change("Model's threshold" if value is None else f"Threshold {value:.3g}", changed)


def set_resolution(document: Document, resolution: int) -> Change:
    """Extract with another number of cells a side, 16 … 512."""
    changed = _extraction(document, resolution=resolution)
    return Change(f"Resolution {changed.extraction.resolution}", changed)


def set_largest_only(document: Document, largest_only: bool) -> Change:
    """Leave out all separate parts but the largest, or none."""
    title = "Keep largest part only" if largest_only else "Keep all parts"
    return Change(title, _extraction(document, largest_only=largest_only))


def set_smoothing(document: Document, rounds: int) -> Change:
    """Smooth the mesh more or less."""
    title = f"Smoothing {rounds}" if rounds else "No smoothing"
    return Change(title, _extraction(document, smoothing=rounds))


def set_face_target(document: Document, faces: int | None) -> Change:
    """Simplify the mesh to about so many triangles, or not at all."""
    title = "Keep every triangle" if faces is None else f"Simplify to {counted(faces, 'triangle')}"
    return Change(title, _extraction(document, face_target=faces))


def set_sampling(
    document: Document, *, seed: int | None = None, temperature: float | None = None
) -> Change:
    """Draw new shapes with another seed or temperature; what is None stays."""
    now = document.sampling
    changed = replace(
        now,
        seed=now.seed if seed is None else seed,
        temperature=now.temperature if temperature is None else temperature,
    )
    parts = [] if seed is None else [f"seed {changed.seed}"]
    parts += [] if temperature is None else [f"temperature {changed.temperature:.2f}"]
    title = f"Sampling {' and '.join(parts)}" if parts else "Sampling"
    return Change(title, document if changed == now else replace(document, sampling=changed))


def change_model(document: Document, model: ModelReference) -> Change:
    """Work with another model.

    Codes of one model mean nothing to another: the shape keeps its source, from which it
    is encoded again, and loses its code, its sliders and their locks; a sample, which has
    no source, is gone. The threshold becomes the new model's. The shelf, the track and
    the pad stay; `Document.unusable` names the entries that wait for their own model.
    """
    title = f"Model {quoted(model.label)}"
    if model == document.model:
        return Change(title, document)
    if model.is_same_model(document.model):
        return Change(title, replace(document, model=model))
    extraction = replace(document.extraction, threshold=None)
    source = document.shape.source
    shape = Shape(None if source is None else source.for_another_model())
    return Change(title, replace(document, model=model, shape=shape, extraction=extraction))


def set_model_settings(document: Document, settings: Mapping[str, Setting | None]) -> Change:
    """Say what the file of another project does not say of its network; None is the default.

    Where codes change by it, the shape is encoded anew; see `change_model`.
    """
    model = document.model
    if model is None:
        raise DocumentError("There is no model to set; open one first.")
    said = [f"{name} {'default' if v is None else v}" for name, v in settings.items()]
    together = {**dict(model.settings), **settings}
    kept = {name: value for name, value in together.items() if value is not None}
    changed = replace(model, settings=tuple(kept.items()), digest=model.known_sha256)
    return Change(MODEL_SETTING + ", ".join(said), change_model(document, changed).document)


def _extraction(document: Document, **changes: Any) -> Document:  # noqa: ANN401 - any field
    extraction = replace(document.extraction, **changes)
    same = extraction == document.extraction
    return document if same else replace(document, extraction=extraction)
