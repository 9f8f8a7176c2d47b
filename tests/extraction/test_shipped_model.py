import numpy as np
import pytest

from occviewer import assets
from occviewer.extraction import Follower
from occviewer.extraction.field import Asker
from occviewer.extraction.hierarchy import evaluate
from occviewer.models import Code, open_model
from occviewer.observations import PointCloud

from .fields import dense_signs
from .test_following import signs_of
from .test_hierarchy import signs_of as signs_of_grid


def codes_of(model):
    samples = assets.resources() / "samples"
    for name in ("chair_scan.ply", "armchair_scan.txt"):
        yield model.encode(PointCloud.load(samples / name), up="z")


@pytest.mark.slow
def test_the_shipped_model_has_the_signs_of_dense_evaluation():
    model = open_model(device="cpu")
    for code in codes_of(model):
        field = model.field(code)
        dense = dense_signs(field, 64)
        grid = evaluate(Asker(field, field.level, 64))
        assert np.count_nonzero(signs_of_grid(grid) != dense) == 0
        follower = Follower()
        for level in (field.level, field.level + 0.05):
            follower.extract(field, 64, level)
        assert np.count_nonzero(signs_of(follower) != dense_signs(field, 64, level)) == 0


@pytest.mark.slow
def test_along_a_path_of_200_codes_one_sign_in_a_million_may_differ():
    """A lone node that a kink of the network turns, between nodes that are known."""
    model = open_model(device="cpu")
    first, last = codes_of(model)
    follower = Follower()
    wrong = checked = 0
    for step in range(200):
        tensors = {
            name: tensor.lerp(last.tensors[name], step / 199)
            for name, tensor in first.tensors.items()
        }
        field = model.field(Code(tensors, first.placement, first.model))
        follower.extract(field, 64)
        if step % 10 == 0:
            dense = dense_signs(field, 64)
            wrong += np.count_nonzero(signs_of(follower) != dense)
            checked += dense.size
    assert wrong <= 1e-6 * checked
