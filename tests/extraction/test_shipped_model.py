import numpy as np
import pytest

from occviewer import assets
from occviewer.extraction import Follower
from occviewer.extraction.field import Asker
from occviewer.extraction.hierarchy import evaluate
from occviewer.models import open_model
from occviewer.observations import PointCloud

from .fields import dense_signs
from .test_following import signs_of
from .test_hierarchy import signs_of as signs_of_grid


@pytest.mark.slow
def test_the_shipped_model_has_the_signs_of_dense_evaluation():
    model = open_model(device="cpu")
    samples = assets.resources() / "samples"
    for name, up in (("chair_scan.ply", "z"), ("armchair_scan.txt", "z")):
        code = model.encode(PointCloud.load(samples / name), up=up)
        field = model.field(code)
        dense = dense_signs(field, 64)
        grid = evaluate(Asker(field, field.level, 64))
        assert np.count_nonzero(signs_of_grid(grid) != dense) == 0
        follower = Follower()
        for level in (field.level, field.level + 0.05):
            follower.extract(field, 64, level)
        assert np.count_nonzero(signs_of(follower) != dense_signs(field, 64, level)) == 0
