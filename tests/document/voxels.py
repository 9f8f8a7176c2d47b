"""Small voxel grids to test with."""

import numpy as np

from occviewer.observations import VoxelGrid


def volume():
    """Values from 0 to 2.5, in a volume that is turned in the world."""
    values = np.random.default_rng(3).integers(0, 6, (5, 4, 3)).astype(np.float32) / 2
    values[2, 2, 1] = 2.5
    turn = np.array([[0.8, -0.6, 0], [0.6, 0.8, 0], [0, 0, 1.0]])
    return VoxelGrid(values, (0.5, 1, 2), (1, 2, 3), turn, source="/scans/head.nii.gz", up="z")


def block():
    cells = np.zeros((6, 7, 5), bool)
    cells[1:5, 2:6, 1:4] = True
    return VoxelGrid(cells, (0.1,) * 3, source="/scans/block.binvox")


GRIDS = [volume(), block()]
