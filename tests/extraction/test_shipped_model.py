import numpy as np
import pytest

from occviewer.benchmarks.live import slid
from occviewer.benchmarks.samples import sample_code
from occviewer.extraction import Follower
from occviewer.extraction.field import Asker
from occviewer.extraction.hierarchy import evaluate
from occviewer.latent import Path, latent_space
from occviewer.models import open_model

from .fields import dense_signs
from .test_following import signs_of
from .test_hierarchy import signs_of as signs_of_grid


@pytest.fixture(scope="module")
def model():
    return open_model(device="cpu")


@pytest.fixture(scope="module")
def space(model):
    return latent_space(model)


@pytest.fixture(scope="module")
def ends(model):
    return [sample_code(model, name) for name in ("chair", "armchair")]


@pytest.mark.slow
def test_50_shapes_have_the_signs_of_dense_evaluation(model, space):
    wrong = 0
    for code in space.sample(50, seed=1):
        field = model.field(code)
        grid = evaluate(Asker(field, field.level, 64))
        wrong += np.count_nonzero(signs_of_grid(grid) != dense_signs(field, 64))
    assert wrong == 0


@pytest.mark.slow
def test_a_scan_has_the_signs_of_dense_evaluation_also_where_cells_are_finer_than_features(
    model, ends
):
    field = model.field(ends[0])
    grid = evaluate(Asker(field, field.level, 128))
    assert np.count_nonzero(signs_of_grid(grid) != dense_signs(field, 128)) == 0


@pytest.mark.slow
def test_a_new_threshold_has_the_signs_of_dense_evaluation(model, ends):
    field = model.field(ends[0])
    follower = Follower()
    for level in (field.level, field.level + 0.05):
        follower.extract(field, 64, level)
    assert np.count_nonzero(signs_of(follower) != dense_signs(field, 64, level)) == 0


def signs_wrong_along(codes, model):
    """Count the nodes whose sign is wrong in every tenth frame of a way."""
    follower = Follower()
    wrong = 0
    for step, code in enumerate(codes):
        field = model.field(code)
        follower.extract(field, 64)
        if step % 10 == 9:
            wrong += np.count_nonzero(signs_of(follower) != dense_signs(field, 64))
    return wrong


@pytest.mark.slow
def test_200_frames_of_a_slider_have_the_signs_of_dense_evaluation(model, space, ends):
    assert signs_wrong_along(slid(space, ends[0], 200), model) == 0


@pytest.mark.slow
def test_a_morph_has_the_signs_of_dense_evaluation(model, space, ends):
    assert signs_wrong_along(Path(space, ends).frames(50), model) == 0
