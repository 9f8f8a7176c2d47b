import numpy as np
import pytest

from occviewer.extraction import hierarchy
from occviewer.extraction.field import Asker
from occviewer.extraction.hierarchy import evaluate

from .fields import ALL, Blobs, Sheet, Sphere, dense_signs, ends_of


@pytest.fixture(autouse=True, params=["dense", "bricks after coarse levels"])
def storage(request, monkeypatch):
    """Levels are stored in two ways; what they promise is the same."""
    if request.param != "dense":
        monkeypatch.setattr(hierarchy, "DENSE_CELLS", 20)


def signs_of(grid):
    """Signs (N + 1, N + 1, N + 1) of all nodes, without the padding."""
    ticks = np.arange(1, grid.cells + 2)
    return grid.get(np.stack(np.meshgrid(ticks, ticks, ticks, indexing="ij"))) > 0


@pytest.mark.parametrize("resolution", [64, 75, 96])
@pytest.mark.parametrize("name", ALL)
def test_every_sign_equals_dense_evaluation(name, resolution):
    field = ALL[name]
    grid = evaluate(Asker(field, field.level, resolution))
    assert grid.cells == resolution
    assert np.count_nonzero(signs_of(grid) != dense_signs(field, resolution)) == 0


@pytest.mark.parametrize("level", [-3.0, -0.7, 0.9])
def test_every_sign_equals_dense_evaluation_at_other_levels(level):
    field = ALL["bowl"] if abs(level) < 1 else ALL["torus"]
    level = level / 2 if field is ALL["bowl"] else level
    grid = evaluate(Asker(field, level, 64))
    assert np.count_nonzero(signs_of(grid) != dense_signs(field, 64, level)) == 0


@pytest.mark.parametrize("offset", np.linspace(0, 1.1 / 32, 5))
def test_thin_sheets_are_found_wherever_they_lie_in_the_coarse_cells(offset):
    class Moved(Sheet):
        def inside(self, points):
            return super().inside(points - np.array([0, offset, 0]))

    field = Moved(thickness=0.009, tilt=0.0)  # about a quarter of a coarse cell
    grid = evaluate(Asker(field, field.level, 128))
    assert np.count_nonzero(signs_of(grid) != dense_signs(field, 128)) == 0


@pytest.mark.parametrize("seed", range(3))
def test_balls_of_half_a_coarse_cell_are_found(seed):
    field = Blobs(a_side=6, radius=0.0172, seed=seed)
    grid = evaluate(Asker(field, field.level, 64))
    assert np.count_nonzero(signs_of(grid) != dense_signs(field, 64)) == 0


@pytest.mark.parametrize("resolution", [50, 72])
def test_thorough_knows_every_sign(resolution):
    field = ALL["noise"]
    asker = Asker(field, field.level, resolution)
    grid = evaluate(asker, thorough=True)
    assert asker.asked >= (resolution + 1) ** 3
    assert np.count_nonzero(signs_of(grid) != dense_signs(field, resolution)) == 0


@pytest.mark.parametrize("name", ["sheet", "noise"])
@pytest.mark.parametrize("thorough", [False, True])
def test_all_ends_of_edges_that_are_crossed_hold_answers_of_the_field(name, thorough):
    field, resolution = ALL[name], 96
    grid = evaluate(Asker(field, field.level, resolution), thorough=thorough)
    ticks = np.arange(1, resolution + 2)
    nodes = np.stack(np.meshgrid(ticks, ticks, ticks, indexing="ij"))
    values = grid.get(nodes)
    at = np.nonzero(ends_of(values > 0))
    assert len(at[0]) > 1000
    low, high = field.bounds[:, 0]
    axis = np.linspace(low, high, resolution + 1).astype(np.float32)
    points = np.stack([axis[n] for n in at], axis=1)
    answers = [field.logits(points[i : i + 65536]) for i in range(0, len(points), 65536)]
    np.testing.assert_array_equal(values[at], np.concatenate(answers))


def test_no_point_is_asked_twice_in_the_finest_grid():
    class Remembering(Sphere):
        seen = []

        def logits(self, points):
            self.seen.append(points)
            return super().logits(points)

    field = Remembering()
    evaluate(Asker(field, field.level, 64))
    points = np.concatenate(field.seen)
    # Coarse nodes beside the surface may come again on the finer level, no more.
    assert len(np.unique(points, axis=0)) > 0.97 * len(points)
