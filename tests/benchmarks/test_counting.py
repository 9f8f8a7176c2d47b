"""What is needed and what a mesh says are counted again, node by node."""

from itertools import product

import numpy as np
import pytest

from occviewer.benchmarks.counting import dense_signs, needed_points, signs_of_mesh
from occviewer.extraction import extract

BOX = np.array([[-0.55] * 3, [0.55] * 3], np.float32)


class Ball:
    level = 0.5
    bounds = BOX

    def __init__(self, radius=0.41):
        self.radius = radius

    def logits(self, points):
        return (20 * (self.radius - np.linalg.norm(points, axis=1))).astype(np.float32)


def test_nodes_are_needed_where_a_cell_of_theirs_is_mixed():
    signs = dense_signs(Ball().logits, 12, 0.5, BOX)
    needed = set()
    corners = list(product((0, 1), repeat=3))
    for cell in product(range(12), repeat=3):
        nodes = [tuple(np.add(cell, corner)) for corner in corners]
        if len({bool(signs[node]) for node in nodes}) == 2:
            needed.update(nodes)
    assert needed_points(signs) == len(needed) > 100


def test_nothing_is_needed_where_there_is_no_surface():
    assert needed_points(np.ones((9, 9, 9), bool)) == 0


@pytest.mark.parametrize("radius", [0.41, 0.7])
@pytest.mark.parametrize("resolution", [16, 50])
def test_a_mesh_tells_the_signs_it_was_made_of(radius, resolution):
    """Also where the surface leaves the box."""
    field = Ball(radius)
    mesh = extract(field, resolution)
    expected = dense_signs(field.logits, resolution, field.level, BOX)
    found = signs_of_mesh(mesh, resolution, BOX)
    assert found.tolist() == expected.tolist()


def test_a_missing_part_shows_in_the_signs_of_the_mesh():
    field = Ball(0.1)
    found = signs_of_mesh(extract(field, 32), 32, BOX)
    assert (found != dense_signs(Ball(0.2).logits, 32, field.level, BOX)).sum() > 50
