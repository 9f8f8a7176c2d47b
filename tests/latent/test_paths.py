"""Ways from shape to shape."""

import numpy as np
import pytest
import torch

from occviewer.latent import LatentError, Path, latent_space
from occviewer.latent.paths import stretch_weights
from occviewer.latent.placements import blended_placement
from occviewer.models.placing import rotation_of
from occviewer.placement import Placement

from .spaces import code_of, same, small_bottleneck, small_model


@pytest.fixture(params=["house", "local"])
def keyframes(request, tmp_path):
    model = small_model(tmp_path, latent=small_bottleneck() if request.param == "house" else None)
    return latent_space(model), [code_of(model, seed) for seed in range(3)]


@pytest.mark.parametrize("smooth", [True, False])
def test_the_way_goes_through_its_shapes(keyframes, smooth):
    space, codes = keyframes
    way = Path(space, codes, smooth=smooth)
    frames = list(way.frames(5))
    assert len(frames) == 5
    for frame, code in zip(frames[::2], codes, strict=True):
        assert same(frame, code)
    assert not same(frames[1], codes[0], 1e-3)


def test_there_are_no_jumps(keyframes):
    space, codes = keyframes
    way = Path(space, codes)
    for position in (0.0, 1.0, 2.0):
        near = min(max(position, 1e-4), 2 - 1e-4)
        assert same(way.at(position), way.at(near), 1e-2)


def test_a_closed_way_comes_home(keyframes):
    space, codes = keyframes
    way = Path(space, codes, closed=True)
    assert way.length == 3
    assert same(way.at(3.0), codes[0])
    frames = list(way.frames(6))
    assert same(frames[0], codes[0])
    assert not same(frames[-1], codes[0], 1e-3)


def test_too_few_shapes_or_frames_are_refused(keyframes):
    space, codes = keyframes
    with pytest.raises(LatentError, match="two shapes"):
        Path(space, codes[:1])
    with pytest.raises(LatentError, match="2 frames, not 1"):
        list(Path(space, codes).frames(1))


@pytest.mark.parametrize("closed", [True, False])
@pytest.mark.parametrize("smooth", [True, False])
def test_weights_follow_a_straight_line_of_shapes_exactly(smooth, closed):
    line = np.arange(5.0)
    for position in np.linspace(1, 3, 9):  # away from where a closed way turns back
        weights = stretch_weights(5, position, smooth, closed)
        assert weights.sum() == pytest.approx(1)
        assert weights @ line == pytest.approx(position)


def test_a_smooth_way_has_no_kink_at_a_shape():
    corner = np.array([0.0, 1.0, 0.0])
    at, after = (stretch_weights(3, position, True, False) @ corner for position in (1, 1.01))
    assert abs(at - after) < 1e-3
    assert stretch_weights(3, 1.01, False, False) @ corner == pytest.approx(0.99)


def test_placements_turn_on_the_shortest_way_at_even_speed():
    first, last = Placement(), Placement(rotation_of("y", 90.0), 9.0, np.array([4.0, 0, 0]))
    third = blended_placement([first, last], [2, 1])
    assert np.allclose(third.rotation, rotation_of("y", 30.0), atol=1e-9)
    assert third.scale == pytest.approx(9 ** (1 / 3))
    assert third.centre == pytest.approx([4 / 3, 0, 0])


def test_placements_do_not_go_beyond_their_ends():
    first, last = Placement(), Placement(scale=2.0)
    assert blended_placement([first, last], [-0.1, 1.1]).scale == pytest.approx(2.0)


def test_vectors_of_the_same_shape_move_on_a_straight_way(tmp_path):
    model = small_model(tmp_path, latent=small_bottleneck())
    space = latent_space(model)
    start = space.latent_of(code_of(model))
    ends = [start, space.latent_of(space.edited(start, {0: 0.2}))]
    middle = space.latent_of(Path(space, ends, smooth=False).at(0.5))
    outline = (ends[0].vector + ends[1].vector)[:6] / 2
    assert torch.allclose(middle.vector[:6], outline, atol=1e-5)
