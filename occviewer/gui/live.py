"""How fine a mesh may be while something moves: measured on this machine, while it runs."""

from __future__ import annotations

LIVE_SECONDS = 1 / 15
"""Time between two updates while something moves."""

_RESOLUTIONS = (24, 32, 40, 48, 64, 80, 96, 128, 160, 192, 256)
_START = 32

# New measurements count so much: one slow frame, while another program was busy, must
# not coarsen the shape for long.
_WEIGHT = 0.3
# Until the window has shown an update and asked for the next one. Longer waits are the hand's.
_MOST_BETWEEN = 0.02  # seconds
# The next update costs more than the last ones where the shape grows: so much of the time is
# to be used.
_USED = 0.95
# A finer resolution is chosen only when it fits with room to spare, so that the
# resolution does not flicker between two.
_ROOM = 0.72


class LiveResolution:
    """Chooses the finest resolution that holds 15 updates a second.

    The time of an update is a part that is the same at every resolution, such as moving the
    code, and one that grows with the surface, that is with N²; both are followed.
    """

    def __init__(self) -> None:
        self._cost: float | None = None  # seconds for one N²
        self._fixed = 0.0
        self._measured = 0
        self._ended = 0.0
        self._current = _START

    def timed(self, resolution: int, began: float, ended: float, fixed: float = 0.0) -> None:
        """Take in when an update began and ended, in seconds of one clock.

        What lies between two updates of a movement counts, too.

        Parameters
        ----------
        resolution : int
        began, ended : float
        fixed : float
            As for `measured`.
        """
        between = began - self._ended
        between = between if 0 <= between <= _MOST_BETWEEN else 0.0
        self._ended = ended
        self.measured(resolution, ended - began + between, fixed + between)

    def measured(self, resolution: int, seconds: float, fixed: float = 0.0) -> None:
        """Take in how long an update took.

        Parameters
        ----------
        resolution : int
        seconds : float
            All of it.
        fixed : float
            The part of it that another resolution would not have changed.
        """
        cost = max(seconds - fixed, 0.0) / resolution**2
        first, self._measured = resolution != self._measured, resolution
        if first and self._cost is not None and seconds < 2 * LIVE_SECONDS:
            # Without a surface of this resolution to start from it takes longer, but not so much
            # that it would hide that the machine has become slow.
            return
        if self._cost is None:
            self._cost, self._fixed = cost, fixed
        self._cost += _WEIGHT * (cost - self._cost)
        self._fixed += _WEIGHT * (fixed - self._fixed)

    def choose(self, wanted: int) -> int:
        """Resolution of the next update, at most what the person wants at rest."""
        if self._cost is not None:
            fits, roomy = (self._within(share * LIVE_SECONDS) for share in (_USED, _ROOM))
            if self._current not in fits:
                self._current = max(fits, default=_RESOLUTIONS[0])
            else:
                self._current = max(self._current, max(roomy, default=self._current))
        return min(self._current, wanted)

    def _within(self, seconds: float) -> list[int]:
        """Resolutions at which an update is expected to take no longer."""
        cost = self._cost or 0.0
        return [n for n in _RESOLUTIONS if self._fixed + cost * n * n <= seconds]
