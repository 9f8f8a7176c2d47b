"""Lookups in planes and grids, computed again one value at a time."""

import numpy as np
import pytest
import torch

from occviewer.networks.coordinates import (
    PLANES,
    grid_cells,
    normalised_grid,
    normalised_plane,
    plane_cells,
    sample_channels_last,
    sample_grid,
    sample_plane,
)

RESOLUTION = 5
RNG = np.random.default_rng(0)
POINTS = np.concatenate(
    [RNG.uniform(-0.55, 0.55, (30, 3)), [[0.55] * 3, [-0.55] * 3, [0.6, -0.6, 0], [-9, 9, 9]]]
)


def linear(values, at):
    """Multilinear interpolation of values (n, ..., C) at indices `at`, last axis first."""
    if not at:
        return values
    index = min(max(at[-1], 0.0), len(values) - 1.0)
    low = min(int(np.floor(index)), len(values) - 2)
    share = index - low
    rest = at[:-1]
    return (1 - share) * linear(values[low], rest) + share * linear(values[low + 1], rest)


def published(at, highest):
    """What is 1 or more becomes a number below 1; what lies just below 1 stays."""
    return np.maximum(np.where(at >= 1, highest, at), 0)


@pytest.mark.parametrize("plane", PLANES)
def test_plane_lookup(plane):
    features = RNG.normal(size=(2, 3, RESOLUTION, RESOLUTION))
    points = torch.from_numpy(np.stack([POINTS, -POINTS]))
    found = sample_plane(torch.from_numpy(features), normalised_plane(points, plane, 0.1))
    first, second = (("xyz".index(letter)) for letter in plane)
    for batch in range(2):
        for number, point in enumerate(points[batch].numpy()):
            # Corners of the box are the centres of the outermost cells (align_corners).
            u, v = (
                published(point[axis] / (1.1 + 1e-5) + 0.5, 1 - 1e-5) * (RESOLUTION - 1)
                for axis in (first, second)
            )
            expected = linear(features[batch].transpose(1, 2, 0), [u, v])
            np.testing.assert_allclose(found[batch, number], expected, atol=1e-9)


@pytest.mark.parametrize("sample", [sample_grid, sample_channels_last])
def test_grid_lookup(sample):
    features = RNG.normal(size=(2, 3, RESOLUTION, RESOLUTION, RESOLUTION))
    points = torch.from_numpy(np.stack([POINTS, -POINTS]))
    found = sample(torch.from_numpy(features), normalised_grid(points, 0.1))
    for batch in range(2):
        for number, point in enumerate(points[batch].numpy()):
            at = published(point / (1.1 + 1e-3) + 0.5, 1 - 1e-3) * (RESOLUTION - 1)
            expected = linear(features[batch].transpose(1, 2, 3, 0), list(at))
            np.testing.assert_allclose(found[batch, number], expected, atol=1e-9)


@pytest.mark.parametrize("plane", PLANES)
def test_points_are_put_into_the_cell_that_the_lookup_reads(plane):
    """Rows of a plane run along its second axis, for writing as for reading."""
    first, second = PLANES[plane]
    point = torch.zeros(1, 1, 3)
    point[..., first] = 0.5
    at = normalised_plane(point, plane, 0.1)
    image = torch.zeros(1, 1, 8 * 8)
    image[0, 0, plane_cells(at, 8)[0, 0]] = 1.0
    image = image.view(1, 1, 8, 8)
    here = sample_plane(image, at).item()
    point[..., [first, second]] = point[..., [second, first]]
    there = sample_plane(image, normalised_plane(point, plane, 0.1)).item()
    assert here > 0.1
    assert there == 0.0


def test_points_are_put_into_the_grid_cell_that_the_lookup_reads():
    point = torch.tensor([[[0.5, -0.1, -0.5]]])
    at = normalised_grid(point, 0.1)
    grid = torch.zeros(1, 1, 8**3)
    grid[0, 0, grid_cells(at, 8)[0, 0]] = 1.0
    grid = grid.view(1, 1, 8, 8, 8)
    assert sample_grid(grid, at).item() > 0.1
    assert sample_grid(grid, normalised_grid(point[..., [2, 1, 0]], 0.1)).item() == 0.0


def test_cells_cover_the_box():
    corners = torch.tensor([[-0.55, -0.55, -0.55], [0.55, 0.55, 0.55], [2.0, 2.0, 2.0]])
    assert grid_cells(normalised_grid(corners, 0.1), 4).tolist() == [0, 63, 63]
    assert plane_cells(normalised_plane(corners, "xy", 0.1), 4).tolist() == [0, 15, 15]
