"""What a model's card says of its latent space."""

from __future__ import annotations

from collections.abc import Mapping


def latent_facts(latent: object) -> list[str]:
    """Lines for the card from what the checkpoint notes under ``latent``; none without it."""
    if not isinstance(latent, Mapping):
        return []
    lines = [
        f"- Latent space: {latent['size']} numbers, {latent['minutes']} minutes, "
        f"{latent['steps']} steps, {latent['device']}, {latent['shapes']} shapes of "
        f"{', '.join(latent['provenance'])}"
    ]
    if latent.get("leniency"):
        lines.append(
            "- Of shapes between others and of new ones, whose thin parts are unsure, what lies up "
            f"to {latent['leniency']:g} logits below the threshold is inside too"
        )
    if latent.get("waypoints"):
        lines.append(
            f"- Ways between shapes lead past {latent['waypoints']:,} of those that it was trained "
            f"on{_by_steps(latent)}, and sliders and blends are drawn to them"
        )
    for split, score in latent.get("scores", {}).items():
        line = (
            f"- From the latent vector alone, {split} split, {score['shapes']} whole clouds: IoU "
            f"{score['iou']:.3f} (from all features {score['full_iou']:.3f})"
        )
        if "thin" in score:
            line += f", {score['thin']:.0%} of the points in thin parts kept"
        lines.append(line)
    return lines


def _by_steps(latent: Mapping[str, object]) -> str:
    known = latent.get("neighbours")
    return f" where what lies between hangs together (looked at for {known} each)" if known else ""
