"""Dense storage of one level of the grid, for levels that are not too fine for it.

Nodes are padded as those of `occviewer.extraction.bricks`, and values mean the same. Up to
some twenty million nodes it is quicker to hold all of them than to find out which to hold: a
node's place is arithmetic, and its neighbours are a fixed number of places away.
"""

from __future__ import annotations

from functools import partial

import numpy as np

from occviewer.arrays import Float32Array, IntArray, UInt8Array
from occviewer.extraction.bricks import BRICK, INSIDE, BrickGrid
from occviewer.team import ALONE, Team

# Bits of a node's state. Known: it was asked. Uncertain: its prediction may have the wrong sign.
# Needed: to be asked in any case. Passed: need not be asked for a doubt. Queued: will be asked.
# Asked: on this level, not on a coarser one.
KNOWN, UNCERTAIN, NEEDED, PASSED, QUEUED, ASKED = (np.uint8(1 << bit) for bit in range(6))

# Levels of so many cells a side, and coarser ones, are dense. It takes 90 MB at most.
DENSE_CELLS = 256

# For fewer nodes a thread is not worth its while.
LEAST_NODES = 1 << 17


class DenseGrid:
    """Values at all nodes of a grid of ``cells``³ cells.

    Parameters
    ----------
    cells : int
        Cells a side, without the padding.

    Attributes
    ----------
    side : int
        Nodes a side, with the padding.
    values : (side, side, side) float32
        Logits minus level where a node is known, else what is predicted; -inf in the
        padding. More than 0 is inside. Not initialised.
    state : (side, side, side) uint8
        Bits: `KNOWN` and the others.
    slack : (side, side, side) float32
        By how much the value of a node may be wrong that was passed over in a frame.
    """

    def __init__(self, cells: int) -> None:
        self.cells = cells
        self.side = cells + 3
        self.values = np.empty((self.side,) * 3, np.float32)
        self.state = np.zeros((self.side,) * 3, np.uint8)
        self.slack = np.zeros((self.side,) * 3, np.float32)

    @property
    def flat(self) -> Float32Array:
        """The values by place: a view (side³,)."""
        return self.values.reshape(-1)

    @property
    def least_rows(self) -> int:
        """For fewer rows along x a thread is not worth its while."""
        return LEAST_NODES // self.side**2 + 1

    def offset(self, step: tuple[int, ...]) -> int:
        """How many places the node ``step`` away is further."""
        return (step[0] * self.side + step[1]) * self.side + step[2]

    def places(self, x: IntArray, y: IntArray, z: IntArray) -> IntArray:
        """Turn padded nodes into places."""
        places: IntArray = (x * self.side + y) * self.side + z
        return places

    def nodes_at(self, places: IntArray) -> IntArray:
        """Turn places (N,) into padded nodes (3, N)."""
        row = places // self.side
        x = row // self.side
        return np.stack([x, row - x * self.side, places - row * self.side])

    def own_places(self) -> IntArray:
        """Places of the nodes that are the field's own, not padding; ascending."""
        along = np.arange(1, self.cells + 2)
        return self.places(along[:, None, None], along[:, None], along).reshape(-1)

    def get(self, nodes: IntArray) -> Float32Array:
        """Values at padded nodes (3, …)."""
        values: Float32Array = self.flat[self.places(*nodes)]
        return values

    def asked(self) -> tuple[IntArray, Float32Array]:
        """Find the padded nodes (3, N) that were asked, and their values (N,)."""
        places = np.flatnonzero(self.state.reshape(-1) & KNOWN)
        return self.nodes_at(places), self.flat[places]

    def signs(self) -> UInt8Array:
        """Whether each node (side, side, side) is inside, 0 or 1."""
        return (self.values > 0).view(np.uint8)

    def bricks(self, team: Team = ALONE) -> BrickGrid:
        """Copy into bricks, for a finer level that is stored so."""
        # Here, because what compiles them takes half a second to import.
        from occviewer.extraction import dense_bricks as kernels

        grid = BrickGrid(self.cells)
        kinds = np.empty((grid.side,) * 3, np.uint8)
        parts = team.parts(grid.side, self.least_rows // BRICK + 1)
        team.do(
            [partial(kernels.sort, self.values, self.state, kinds, p.start, p.stop) for p in parts]
        )
        grid.table[1:-1, 1:-1, 1:-1][kinds == INSIDE] = INSIDE
        kept = np.stack(np.nonzero(kinds == kernels.STORED))
        values = np.empty((kept.shape[1], BRICK, BRICK, BRICK), np.float32)
        known = np.zeros((kept.shape[1], BRICK, BRICK), np.uint8)
        kernels.copy(self.values, self.state, kept, values, known)
        grid.fill(grid.add(grid.named(kept)), values, known)
        return grid
