"""What the source panel says of a scan: points, extent, and what was done to it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from occviewer.arrays import BoolArray
from occviewer.document.source import Source
from occviewer.gui.panels.source_panel import SourceFacts, SourcePanel

if TYPE_CHECKING:
    from occviewer.models import Code


def show_source(panel: SourcePanel, source: Source, code: Code | None, counting: BoolArray) -> None:
    """Bring the panel in step with a source and the code that was made of it.

    Parameters
    ----------
    panel : SourcePanel
    source : Source
    code : Code, optional
    counting : (N,) bool
        Points of the source that count.
    """
    placing = source.placing
    align = "manual" if placing.placement is not None else placing.align
    found = {} if code is None else code.facts.get("alignment") or {}
    # Where the model found the place, the slider begins at what it found.
    yaw = placing.yaw if placing.yaw is not None else found.get("yaw")
    panel.show_facts(_facts(source, code, int(np.count_nonzero(counting))))
    panel.show_placement(align, placing.up, yaw, found_up=found.get("up"))
    panel.show_field_of_view(source.depth_angle, has_camera=source.depth_camera is not None)
    panel.show_sampling(source.count or 0, source.noise, len(source.cloud))


def _facts(source: Source, code: Code | None, counting: int) -> SourceFacts:
    """Sum up a source of which so many points count, and how it was encoded."""
    total = len(source.cloud)
    kept = total if source.kept is None else int(np.count_nonzero(source.kept))
    left_out = []
    if kept < total:
        left_out.append(f"{total - kept:,} deleted")
    if counting < kept:
        left_out.append(f"{kept - counting:,} outside the crop box")
    if source.count is not None and source.count < counting:
        left_out.append(f"{counting - source.count:,} left out at random")
    extent = source.cloud.extent
    return SourceFacts(
        name=source.path.name if source.path else "Scan",
        points=total,
        used=None if code is None else int(code.facts["points_used"]),
        left_out=tuple(left_out),
        extent=(float(extent[0]), float(extent[1]), float(extent[2])),
        notes=tuple(source.cloud.notes) if code is None else code.notes,
        held=source.placing.placement is not None,
        can_restore=kept < total or source.crop is not None,
        is_drawn=source.count is not None or source.noise > 0,
    )
