"""Lays the colours of the scan on meshes, in the compute thread. No Qt here."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from occviewer.meshes import Mesh

if TYPE_CHECKING:
    from occviewer.document.source import Source
    from occviewer.meshes.colouring import PointColours
    from occviewer.placement import Placement

# More points say nothing more about the colours of a mesh of this size.
_MOST_POINTS = 200_000


class PointColouring:
    """Colours meshes by the scan that they were made of.

    Attributes
    ----------
    source : Source or None
        Whose colours meshes get as they are made; None for none. May be set in the
        window's thread.
    """

    def __init__(self) -> None:
        self.source: Source | None = None
        self._made: tuple[Source, Placement, PointColours] | None = None

    def applied(self, mesh: Mesh, placement: Placement, cancel: Callable[[], bool]) -> Mesh:
        """Colour a mesh of the box frame if that is wanted, else give it back.

        Raises
        ------
        Cancelled
            `cancel` said true.
        """
        source = self.source
        return mesh if source is None else self.laid_on(mesh, source, placement, cancel)

    def laid_on(
        self, mesh: Mesh, source: Source, placement: Placement, cancel: Callable[[], bool]
    ) -> Mesh:
        """Colour a mesh of the box frame by a source that lies there by a placement.

        Raises
        ------
        MeshError
            The source has no colours.
        Cancelled
            `cancel` said true.
        """
        from occviewer.errors import MeshError
        from occviewer.meshes.colouring import PointColours

        if source.cloud.colors is None:
            raise MeshError("The scan has no colours; choose other ones.")
        made = self._made
        if made is None or made[0] is not source or made[1] is not placement:
            cloud = source.working_cloud().subsampled(_MOST_POINTS)
            assert cloud.colors is not None
            colours = PointColours(placement.to_box(cloud.points), cloud.colors[:, :3])
            self._made = made = (source, placement, colours)
        return made[2].laid_on(mesh, cancel)
