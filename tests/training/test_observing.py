import numpy as np
import pytest
from scipy.optimize import linprog

from occviewer.training.observing import (
    FEWEST_SEEN,
    KINDS,
    ObservationMix,
    observe,
    observe_randomly,
)

from .solids import BALL, BOX, TABLE, labelled


@pytest.fixture(scope="module")
def shape():
    return vars(labelled(TABLE, surface=6000))


@pytest.fixture
def rng():
    return np.random.default_rng(3)


def numbers(shape, points):
    """Which surface samples the points are."""
    places = as_keys(shape["surface"].astype(np.float32))
    order = np.argsort(places)
    found = order[np.minimum(np.searchsorted(places[order], as_keys(points)), len(order) - 1)]
    assert (places[found] == as_keys(points)).all()
    return found


def as_keys(points):
    halves = np.ascontiguousarray(points.astype(np.float16)).view(np.uint16).astype(np.int64)
    assert np.array_equal(points.astype(np.float16), points)
    return halves @ np.array([1 << 32, 1 << 16, 1])


def only(kind, **others):
    return ObservationMix(**{**dict.fromkeys(KINDS, 0.0), kind: 1.0, "noise": 0.0, **others})


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("count", [1, 300, 9000])
def test_an_observation_has_as_many_points_as_were_asked_for(shape, kind, count, rng):
    points = observe(shape, kind, count, 0.0, rng)
    assert points.shape == (count, 3)
    assert points.dtype == np.float32
    assert len(numbers(shape, points)) == count  # all of them samples of the surface


@pytest.mark.parametrize("kind", ["whole", "half"])
def test_no_point_comes_twice_where_there_are_enough(shape, kind, rng):
    points = observe(shape, kind, 1000, 0.0, rng)
    assert len(np.unique(numbers(shape, points))) == 1000


def test_the_same_generator_gives_the_same_observation(shape):
    for kind in KINDS:
        first, again, other = (
            observe(shape, kind, 100, 0.01, np.random.default_rng(seed)) for seed in (5, 5, 6)
        )
        assert np.array_equal(first, again)
        assert not np.array_equal(first, other)


def test_half_keeps_the_half_of_the_samples_on_one_side_of_a_plane(shape, rng):
    surface = shape["surface"].astype(np.float64)
    for _ in range(5):
        kept = np.unique(numbers(shape, observe(shape, "half", 20_000, 0.0, rng)))
        assert abs(len(kept) / len(surface) - 0.5) < 0.01
        cut = np.setdiff1d(np.arange(len(surface)), kept)
        assert gap_between(surface[kept[::4]], surface[cut[::4]]) > 1e-6


def gap_between(one, other):
    """Width of the widest slab between two sets of points; 0 where no plane divides them."""
    rows = np.concatenate([one, -other])
    signs = np.concatenate([-np.ones(len(one)), np.ones(len(other))])
    system = np.column_stack([rows, signs, np.ones(len(rows))])  # direction, offset, gap
    bounds = [(-1, 1)] * 3 + [(None, None), (0, None)]
    found = linprog([0, 0, 0, 0, -1], A_ub=system, b_ub=np.zeros(len(rows)), bounds=bounds)
    assert found.success
    return found.x[-1]


def test_half_cuts_in_ever_new_directions(rng):
    shape = vars(labelled(BALL))
    centres = [observe(shape, "half", 500, 0.0, rng).mean(0) for _ in range(40)]
    for axis in range(3):
        sides = np.sign(np.array(centres)[:, axis])
        assert 5 < (sides > 0).sum() < 35


def test_a_view_holds_only_what_one_camera_sees(shape, rng):
    used = set()
    for _ in range(20):
        chosen = np.unique(numbers(shape, observe(shape, "view", 500, 0.0, rng)))
        seeing = np.flatnonzero(shape["visible"][:, chosen].all(1))
        assert len(seeing) == 1
        used.add(int(seeing[0]))
    assert len(used) > 3


def test_a_view_is_denser_where_the_surface_faces_the_camera_and_is_near(rng):
    shape = vars(labelled(BALL, surface=20_000, cameras=1))
    towards = shape["cameras"][0] - shape["surface"].astype(np.float64)
    distance = np.linalg.norm(towards, axis=1)
    facing = (towards * shape["normals"]).sum(1) / distance
    drawn = np.bincount(numbers(shape, observe(shape, "view", 40_000, 0.0, rng)), minlength=20_000)
    frontal, slanting = (facing > 0.9), (facing > 0.15) & (facing < 0.25)
    ratio = drawn[frontal].mean() / drawn[slanting].mean()
    # Pixels on a patch: its cosine over its distance squared.
    expected = (facing / distance**2)[frontal].mean() / (facing / distance**2)[slanting].mean()
    assert ratio == pytest.approx(expected, rel=0.1)


def test_cameras_that_see_hardly_anything_are_left_out(rng):
    shape = vars(labelled(BOX))
    shape["visible"][1:] = False
    shape["visible"][1:, : FEWEST_SEEN - 1] = True
    for _ in range(10):
        chosen = numbers(shape, observe(shape, "view", 50, 0.0, rng))
        assert shape["visible"][0, chosen].all()


def test_where_every_camera_sees_little_the_best_one_is_taken(rng):
    shape = vars(labelled(BOX))
    shape["visible"][:] = False
    shape["visible"][:, :3] = True
    shape["visible"][2, 5:25] = True
    chosen = np.unique(numbers(shape, observe(shape, "view", 2000, 0.0, rng)))
    assert set(chosen) <= {0, 1, 2, *range(5, 25)}
    assert len(chosen) > 3


def test_a_shape_that_no_camera_sees_is_taken_as_a_whole(rng):
    shape = vars(labelled(BOX))
    shape["visible"][:] = False
    points = observe(shape, "view", 3000, 0.0, rng)
    assert (points.max(0) > shape["bounds"][1] - 0.1).all()
    assert (points.min(0) < shape["bounds"][0] + 0.1).all()


@pytest.mark.parametrize("kind", KINDS)
def test_noise_has_the_deviation_that_was_asked_for(shape, kind):
    clean, noisy = (
        observe(shape, kind, 4000, noise, np.random.default_rng(1)) for noise in (0.0, 0.02)
    )
    assert (noisy - clean).std() == pytest.approx(0.02, rel=0.05)
    assert abs((noisy - clean).mean()) < 0.001


def test_an_unknown_kind_is_refused(shape, rng):
    with pytest.raises(ValueError, match="'quarter'"):
        observe(shape, "quarter", 10, 0.0, rng)


def test_while_training_clouds_are_thinned_but_never_below_the_fewest(shape, rng):
    mix = only("whole", fewest=100, outliers=0.0)
    counts = [
        len(np.unique(numbers(shape, observe_randomly(shape, 1000, mix, rng)))) for _ in range(60)
    ]
    assert min(counts) >= 100
    assert min(counts) < 500
    assert counts.count(1000) > 15


def test_clouds_of_fewer_points_than_the_fewest_are_not_thinned(shape, rng):
    points = observe_randomly(shape, 50, only("whole", fewest=500, outliers=0.0), rng)
    assert len(np.unique(numbers(shape, points))) == 50


def test_a_cut_keeps_between_a_third_and_most_of_the_shape(shape, rng):
    mix = only("half", outliers=0.0, fewest=5999)
    shares = []
    for _ in range(30):
        chosen = numbers(shape, observe_randomly(shape, 6000, mix, rng))
        shares.append(len(np.unique(chosen)) / 6000)
    assert 0.34 < min(shares) < 0.5
    assert 0.7 < max(shares) < 0.86


def test_some_clouds_have_points_far_from_the_surface(rng):
    shape = vars(labelled(BALL))
    mix = ObservationMix(noise=0.0, outliers=0.2, fewest=1000)
    strays = []
    for _ in range(60):
        points = observe_randomly(shape, 1000, mix, rng)
        assert points.shape == (1000, 3)
        strays.append((np.abs(np.linalg.norm(points, axis=1) - 0.5) > 0.02).mean())
    strays = np.array(strays)
    assert 0.1 < (strays > 0).mean() < 0.5
    assert strays.max() <= 0.2


def test_the_mix_decides_how_often_each_kind_comes(shape, rng):
    mix = ObservationMix(whole=3.0, half=0.0, view=1.0, noise=0.0, outliers=0.0, fewest=2999)
    whole = 0
    for _ in range(100):
        chosen = np.unique(numbers(shape, observe_randomly(shape, 3000, mix, rng)))
        whole += not shape["visible"][:, chosen].all(1).any() and len(chosen) == 3000
    assert 60 <= whole <= 90


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"whole": -1.0}, "whole, half and view"),
        ({"whole": 0.0, "half": 0.0, "view": 0.0}, "not all 0"),
        ({"noise": -0.1}, "noise"),
        ({"fewest": 0}, "fewest"),
        ({"outliers": 2.0}, "outliers"),
    ],
)
def test_impossible_mixes_are_refused(wrong, said):
    with pytest.raises(ValueError, match=said):
        ObservationMix(**wrong)
