"""The card of a model: a Markdown file beside the checkpoint, for people."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from occviewer.errors import CheckpointError
from occviewer.files import write_whole
from occviewer.models.info import ModelInfo
from occviewer.training.image_card import image_facts, image_tables
from occviewer.training.latent_card import latent_facts
from occviewer.training.scores import format_tables
from occviewer.training.validation import NOISE, POINTS

_START = "<!-- scores: written by the program -->"
_END = "<!-- end of scores -->"


def write_card(path: Path, info: ModelInfo) -> None:
    """Write the part of a model's card that the program knows; the rest is kept.

    A card that exists is only changed between its two marks, so that what people wrote
    about limits and pictures stays.

    Raises
    ------
    CheckpointError
        When the card cannot be read or written.
    """
    body = f"{_START}\n\n{_facts(info)}\n\n{_END}"
    try:
        text = path.read_text(encoding="utf-8") if path.exists() else f"# {info.name}\n"
    except (OSError, UnicodeDecodeError) as error:
        raise CheckpointError(
            f"The card {path} cannot be read ({getattr(error, 'strerror', None) or error}); "
            "check the file, or move it away."
        ) from error
    head, start, rest = text.partition(_START)
    _, end, tail = rest.partition(_END)
    if start and end:
        text = head + body + tail
    else:  # without both marks nothing tells what people wrote from the rest
        text = f"{text.replace(_START, '').rstrip()}\n\n{body}\n"
    write_whole(path, text.encode(), CheckpointError)


def _facts(info: ModelInfo) -> str:
    training = info.training
    lines = [
        f"- Threshold: {info.threshold:g}",
        f"- Trained: {training.get('minutes', '?')} minutes, {training.get('steps', '?')} steps, "
        f"{training.get('device', '?')}",
        f"- Licence of the weights: {info.licence or 'not stated'}",
    ]
    if "shapes" in training:
        split = training["shapes"]
        lines.append(
            f"- Shapes: {split['train']} to train, {split['val']} to choose the threshold, "
            f"{split['test']} to test"
        )
    lines += _pose_facts(training.get("pose"))
    lines += latent_facts(training.get("latent"))
    lines += image_facts(training.get("image"))
    if info.scores:
        title = f"Test split, {POINTS:,} points with noise {NOISE:g}:"
        lines += ["", title, "", format_tables(info.scores)]
    lines += image_tables(training.get("image"))
    # Last, because it is long: who made the shapes.
    data = [
        f"- {_library(name, about)}"
        for name, about in info.provenance.items()
        if isinstance(about, Mapping) and {"shapes", "licences", "creators"} <= about.keys()
    ]
    for key, what in (
        ("pose", "the pose network"),
        ("latent", "the latent space"),
        ("image", "the image encoder"),
    ):
        beside = training.get(key)
        if isinstance(beside, Mapping):
            data += [
                f"- for {what}: {_library(name, about)}"
                for name, about in beside["provenance"].items()
                if not _credited(about, info.provenance.get(name))
            ]
    if data:
        lines += ["", "Shapes that it was trained on:", "", *data]
    return "\n".join(lines)


def _pose_facts(pose: object) -> list[str]:
    """Say what the pose network was trained on, and how well it does."""
    if not isinstance(pose, Mapping):
        return []
    line = (
        f"- Pose network: {pose['minutes']} minutes, {pose['steps']} steps, {pose['device']}, "
        f"{pose['shapes']} shapes of {', '.join(pose['provenance'])}"
    )
    if "accuracy" in pose:
        found = pose["accuracy"]
        line += (
            f"; of {found['scans']} one-sided scans of {found['shapes']} validation shapes in "
            f"random poses, the up axis was right for {found['up']:.0%}, up axis and heading "
            f"for {found['pose']:.0%}"
        )
    return [line]


def _credited(about: Mapping[str, Any], known: object) -> bool:
    """Whether everybody who made these shapes is named already, with the same licences."""
    return isinstance(known, Mapping) and (
        set(about["creators"]) <= set(known.get("creators", ()))
        and set(about["licences"]) <= set(known.get("licences", ()))
    )


def _library(name: str, about: Mapping[str, Any]) -> str:
    licences = ", ".join(f"{number} {licence}" for licence, number in about["licences"].items())
    creators = f", by {', '.join(about['creators'])}" if about["creators"] else ""
    shapes = "1 shape" if about["shapes"] == 1 else f"{about['shapes']} shapes"
    return f"{name}, {shapes} ({licences}){creators}"
