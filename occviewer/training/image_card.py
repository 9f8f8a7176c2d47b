"""What a model's card says of its image encoder."""

from __future__ import annotations

from collections.abc import Mapping

from occviewer.training.scores import format_tables


def image_facts(image: object) -> list[str]:
    """Lines for the card from what the checkpoint notes under ``image``; none without it."""
    if not isinstance(image, Mapping):
        return []
    begun = image.get("begun")
    start = f"begun with {begun}," if begun else "from scratch"
    renders = f"{image['views']:,} renders" if image["views"] else "a new picture each time"
    lines = [
        f"- Image encoder: ResNet-18 {start} on pictures of {image['pixels']}², "
        f"{image['minutes']} minutes, {image['steps']} steps, {image['device']}, "
        f"{renders} of {image['shapes']} shapes of {', '.join(image['provenance'])}"
    ]
    if image.get("leniency"):
        lines.append(
            f"- Of shapes of pictures, what lies up to {image['leniency']:g} logits below the "
            "threshold is inside too"
        )
    scores = image.get("scores")
    if isinstance(scores, Mapping) and "azimuth_error" in scores:
        lines.append(
            f"- Camera from one picture, test split, {scores['pictures']:,} pictures: median "
            f"error of the azimuth {scores['azimuth_error']:.1f}° (symmetric shapes modulo their "
            "symmetry)"
        )
    return lines


def image_tables(image: object) -> list[str]:
    """Tables for the card of what pictures of the test split gave; none without scores."""
    scores = image.get("scores") if isinstance(image, Mapping) else None
    if not isinstance(scores, Mapping):
        return []
    title = f"Test split, {scores['views']} renders a shape, means over them:"
    return ["", title, "", format_tables(scores["table"])]
