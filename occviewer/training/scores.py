"""Score tables: one row a shape and kind of observation, means by class."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

MEASURES = ("iou", "chamfer_l1", "normal_consistency", "f_score")
"""Of a shape; all but the first need a mesh and are missing where none was made."""

ALL = "all"
"""The row of a table that takes the mean over shapes, not over classes."""

_HEADINGS = {
    "iou": "IoU",
    "chamfer_l1": "Chamfer-L1",
    "normal_consistency": "normal consistency",
    "f_score": "F-score at 1 %",
}
_KIND_HEADINGS = {
    "whole": "whole cloud",
    "half": "half cut away",
    "view": "one view",
    "picture": "one picture",
    "refined": "one picture, refined by its silhouette",
}
PICTURE_KINDS = ("picture", "refined")
"""Kinds of observations that are pictures, as `KINDS` are of clouds."""


@dataclass(frozen=True)
class ShapeScore:
    """What a model reached on one observation of one shape.

    Attributes
    ----------
    name, category : str
        Of the shape.
    kind : str
        Of the observation, one of `KINDS` or `PICTURE_KINDS`.
    values : mapping
        Measures by name, those of `MEASURES` that were computed.
    """

    name: str
    category: str
    kind: str
    values: Mapping[str, float]


def summarise(scores: Iterable[ShapeScore]) -> dict[str, Any]:
    """Take means by class, and over all shapes under `ALL`.

    Raises
    ------
    ValueError
        When there are no scores.

    Returns
    -------
    ``{class: {"shapes": number, kind: {measure: mean}}}``, rounded to four digits.
    """
    scores = list(scores)
    if not scores:
        raise ValueError("There are no scores to summarise.")
    table: dict[str, Any] = {}
    for category in [*sorted({score.category for score in scores}), ALL]:
        rows = [score for score in scores if category in (ALL, score.category)]
        # By their rows, because shapes of two data sets may have one name.
        entry: dict[str, Any] = {"shapes": max(Counter(score.kind for score in rows).values())}
        for kind in _KIND_HEADINGS:
            of_kind = [score.values for score in rows if score.kind == kind]
            if of_kind:
                measured = [name for name in MEASURES if name in of_kind[0]]
                entry[kind] = {
                    name: round(math.fsum(v[name] for v in of_kind) / len(of_kind), 4)
                    for name in measured
                }
        table[category] = entry
    return table


def format_tables(table: Mapping[str, Any]) -> str:
    """Show what `summarise` made as Markdown: a table for each kind of observation."""
    parts = []
    for kind in _KIND_HEADINGS:
        if kind not in table[ALL]:
            continue
        measured = list(table[ALL][kind])
        heading = " | ".join(_HEADINGS[name] for name in measured)
        lines = [
            f"**{_KIND_HEADINGS[kind].capitalize()}**",
            "",
            f"| class | shapes | {heading} |",
            "|---|---:|" + "---:|" * len(measured),
        ]
        for category, entry in table.items():
            values = " | ".join(
                f"{entry[kind][name]:.4f}" if name == "chamfer_l1" else f"{entry[kind][name]:.3f}"
                for name in measured
            )
            name = "**all**" if category == ALL else category
            lines.append(f"| {name} | {entry['shapes']} | {values} |")
        parts.append("\n".join(lines))
    return "\n\n".join(parts)
