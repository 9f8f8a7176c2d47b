"""How closely a level is watched where its surface is not expected."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Guard:
    """Which nodes are asked although the surface does not seem to need them.

    Attributes
    ----------
    middle, between : float
        A node is uncertain when its predicted value is not farther from the level than
        this times the sum over the axes of the second differences around it. A kink asks
        for a half, and is watched for in the middle of the coarse cells, farthest from
        what is known; between two or four coarse nodes less does.
    climb : float
        A node is asked when its predicted value is not farther from the level than this
        times the surprise at a neighbour.
    fade : float
        By which that shrinks for each more axis along which the two differ.
    """

    middle: float
    between: float
    climb: float
    fade: float

    def caution(self, axes: int) -> np.float32:
        """How many second differences a node between coarse ones along some axes may be off."""
        return np.float32(self.middle if axes == 3 else self.between)

    def reach(self, axes: int) -> np.float32:
        """How much a surprise counts at a node that differs along so many axes."""
        return np.float32(self.climb * self.fade ** (axes - 1))


# Measured on networks: they leave no sign of 76 shapes and of the frames of slider paths wrong;
# a little less caution does, in specks of one node. In a frame, what the last one knew is not
# asked again, and what is asked must tell more.
ALONE = Guard(middle=0.6, between=0.3, climb=2.5, fade=0.8)
IN_A_FRAME = Guard(middle=0.6, between=0.3, climb=3.0, fade=1.0)

# A field that is interpolated between stored features has its kinks where they lie, its
# grain. In coarse cells of about that size a kink hides best; half of it, it shows.
_AT_THE_GRAIN = Guard(middle=0.5, between=0.25, climb=4.0, fade=1.0)
_BELOW_THE_GRAIN = Guard(middle=0.35, between=0.2, climb=2.5, fade=0.8)


def guard_for(cell: float, grain: float) -> Guard:
    """Choose how closely to watch a level that is predicted from coarse cells of some size.

    Parameters
    ----------
    cell : float
        Size of a coarse cell.
    grain : float
        Of the field, in the same unit; 0 where it has none.
    """
    if cell > 1.75 * grain:
        return ALONE
    return _AT_THE_GRAIN if cell > grain / 2 else _BELOW_THE_GRAIN
