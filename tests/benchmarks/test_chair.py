"""The chair, and the decoder that is fitted to it."""

import pytest
import torch

from occviewer.benchmarks.chair import chair_distance, fitted_onet, overlap
from occviewer.errors import CheckpointError


def test_the_chair_has_a_seat_a_back_and_legs():
    points = torch.tensor(
        [[0, 0, 0], [0, 0.4, -0.2], [0.2, -0.3, 0.2], [0, 0.4, 0.1], [0, -0.3, 0], [0.34, 0, 0]]
    )
    assert (chair_distance(points) < 0).tolist() == [True, True, True, False, False, False]
    assert chair_distance(points)[5].item() == pytest.approx(0.1, abs=1e-6)


@pytest.mark.slow
def test_fitting_makes_the_chair_and_can_be_kept(tmp_path):
    path = tmp_path / "chair.safetensors"
    network, features = fitted_onet(120, width=16, weights=path)
    assert overlap(network, features) > 0.25
    kept, same = fitted_onet(120, width=16, weights=path)
    queries = torch.rand(1, 50, 3) - 0.5
    assert (network.decode(queries, features) == kept.decode(queries, same)).all()


def test_the_code_matters():
    network, features = fitted_onet(1, width=16)
    queries = torch.rand(1, 50, 3) - 0.5
    other = {"c": -features["c"]}
    assert (network.decode(queries, features) != network.decode(queries, other)).all()


def test_other_files_are_refused(tmp_path):
    path = tmp_path / "chair.safetensors"
    path.write_bytes(b"not these")
    with pytest.raises(CheckpointError, match=r"chair\.safetensors does not hold"):
        fitted_onet(1, width=16, weights=path)
    fitted_onet(1, width=8, weights=tmp_path / "narrow.safetensors")
    with pytest.raises(CheckpointError, match="does not hold"):
        fitted_onet(1, width=16, weights=tmp_path / "narrow.safetensors")
    with pytest.raises(CheckpointError, match="cannot be written"):
        fitted_onet(1, width=8, weights=tmp_path / "nowhere" / "chair.safetensors")
