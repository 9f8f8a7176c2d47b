"""What the model panel says of the open model. No Qt here."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from occviewer.models import Model


def about(model: Model, takes_pictures: bool) -> str:
    """Say in a few lines of rich text what a model is, and what it takes.

    Parameters
    ----------
    model : Model
    takes_pictures : bool
        Whether it has an image encoder beside its own.
    """
    from occviewer.models.families import FAMILIES
    from occviewer.models.observed import taken

    info, network = model.info, model.network
    weights = sum(parameter.numel() for parameter in network.parameters())
    stored = len(network.stored_codes())
    takes = taken(network) + (" and pictures" if takes_pictures else "")
    family = next((each.title for each in FAMILIES if each.name == info.family), "")
    lines = [
        f"<b>{escape(family)}</b>" if family else "",
        escape(info.description) if info.family else escape(network.architecture),
        f"{_counted(weights)} weights on {model.device}",
        f"Takes {escape(takes)}",
        f"{stored:,} stored shapes" if stored > 1 else "",
        f"Gives {_VALUES[info.values]}",
        *(f"<i>{escape(warning[:1].upper() + warning[1:])}.</i>" for warning in info.warnings),
    ]
    return "<br>".join(line for line in lines if line)


def _counted(weights: int) -> str:
    return f"{weights / 1e6:.1f} million" if weights >= 100_000 else f"{weights:,}"


_VALUES = {
    "logits": "logits; the threshold is a probability",
    "occupancy": "occupancies; the threshold is one, too",
    "distance": "signed distances, drawn at 0 for the threshold 0.5",
}
