"""How fine a mesh may be while something moves: measured on this machine, while it runs."""

from __future__ import annotations

LIVE_SECONDS = 1 / 15
"""Time between two updates while something moves."""

_RESOLUTIONS = (24, 32, 40, 48, 64, 80, 96, 128, 160, 192, 256)
_START = 32

# New measurements count so much: one slow frame, while another program was busy, must
# not coarsen the shape for long.
_WEIGHT = 0.3
# A finer resolution is chosen only when it fits with room to spare, so that the
# resolution does not flicker between two.
_ROOM = 0.8


class LiveResolution:
    """Chooses the finest resolution that holds 15 updates a second.

    The time of an extraction grows with the surface, that is with N²; the seconds for
    one N² are followed.
    """

    def __init__(self) -> None:
        self._cost: float | None = None
        self._current = _START

    def measured(self, resolution: int, seconds: float) -> None:
        """Take in how long an update took."""
        cost = seconds / resolution**2
        self._cost = cost if self._cost is None else self._cost + _WEIGHT * (cost - self._cost)

    def choose(self, wanted: int) -> int:
        """Resolution of the next update, at most what the person wants at rest."""
        if self._cost is not None:
            fits = [n for n in _RESOLUTIONS if self._cost * n * n <= LIVE_SECONDS]
            roomy = [n for n in _RESOLUTIONS if self._cost * n * n <= _ROOM * LIVE_SECONDS]
            if self._current not in fits:
                self._current = max(fits, default=_RESOLUTIONS[0])
            else:
                self._current = max(self._current, max(roomy, default=self._current))
        return min(self._current, wanted)
