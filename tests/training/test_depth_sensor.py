import numpy as np
import pytest

from occviewer.errors import DataError
from occviewer.training.depth_sensor import DepthSensor, axial_sigma

SIDE = 200


def flat(depth=1.5):
    return np.full((SIDE, SIDE), depth)


def step():
    """Near on the left, far on the right."""
    depth = flat(1.0)
    depth[:, SIDE // 2 :] = 2.0
    return depth


def measure(depth, degrees=0.0, seed=0, **settings):
    angle = np.full(depth.shape, np.radians(degrees))
    return DepthSensor(**settings).measured(depth, angle, np.random.default_rng(seed))


@pytest.mark.parametrize(("depth", "millimetres"), [(0.4, 1.2), (1.4, 3.1), (2.4, 8.8)])
def test_noise_straight_on_is_the_published_one(depth, millimetres):
    reported = measure(flat(depth))
    assert reported.std() == pytest.approx(millimetres / 1000, rel=0.03)
    assert reported.mean() == pytest.approx(depth, abs=1e-4)


def test_noise_grows_at_grazing_angles():
    # 0.0012 + 0.0019 * 0.36 + 0.0001 * (75 / 15)² at one metre
    reported = measure(flat(1.0), degrees=75, grazing=(80, 90))
    assert reported.std() == pytest.approx(0.004384, rel=0.03)
    assert axial_sigma(np.array(1.0), np.array(np.pi / 2)) < 0.01


def test_the_factor_scales_all_noise():
    assert (measure(flat(), noise=0) == 1.5).all()
    assert measure(flat(), noise=3).std() == pytest.approx(3 * measure(flat()).std(), rel=0.03)
    rng = np.random.default_rng(0)
    assert not DepthSensor(noise=0).lateral_shift(np.zeros(5), rng).any()


@pytest.mark.parametrize(("degrees", "pixels"), [(0, 0.8), (45, 0.835)])
def test_lateral_noise_is_the_published_one(degrees, pixels):
    angle = np.full(50_000, np.radians(degrees))
    shift = DepthSensor().lateral_shift(angle, np.random.default_rng(0))
    assert (shift * 585).std(axis=0) == pytest.approx([pixels] * 2, rel=0.03)


@pytest.mark.parametrize("share", [0, 0.3, 1])
def test_a_share_of_the_pixels_at_depth_edges_is_lost(share):
    lost = np.isnan(measure(step(), edge_dropout=share))
    edge = lost[:, SIDE // 2 - 1 : SIDE // 2 + 1]
    assert edge.mean() == pytest.approx(share, abs=0.08)
    assert lost.sum() == edge.sum()


def test_the_outline_before_nothing_is_an_edge():
    depth = flat()
    depth[:, :50] = np.inf
    lost = np.isnan(measure(depth, edge_dropout=1))
    assert lost[:, :51].all()
    assert not lost[:, 51:].any()


@pytest.mark.parametrize(("degrees", "share"), [(60, 0), (75, 0.5), (86, 1)])
def test_more_is_lost_at_grazing_angles(degrees, share):
    lost = np.isnan(measure(flat(), degrees=degrees))
    assert lost.mean() == pytest.approx(share, abs=0.02)


def test_flying_pixels_lie_between_near_and_far():
    reported = measure(step(), noise=0, edge_dropout=0, flying=1)
    near_side = reported[:, SIDE // 2 - 1]
    assert ((near_side > 1) & (near_side < 2)).all()
    assert near_side.std() > 0.1
    assert (np.delete(reported, SIDE // 2 - 1, axis=1) == np.delete(step(), 0, axis=1)).all()


def test_flying_pixels_trail_off_where_nothing_is_behind():
    depth = flat()
    depth[:, 50:] = np.inf
    reported = measure(depth, noise=0, edge_dropout=0, flying=1)
    assert ((reported[:, 49] > 1.5) & (reported[:, 49] <= 1.6)).all()
    assert np.isnan(reported[:, 50:]).all()


def test_quantised_depth_comes_in_steps_of_disparity():
    reported = measure(flat(2.0), quantised=True)
    steps = 351.3 / reported
    np.testing.assert_allclose(steps, np.round(steps), atol=1e-6)
    assert 3 <= len(np.unique(np.round(steps))) <= 20


def test_the_seed_decides():
    settings = {"flying": 0.2, "edge_dropout": 0.5}
    first, again = measure(step(), seed=4, **settings), measure(step(), seed=4, **settings)
    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first, measure(step(), seed=5, **settings), equal_nan=True)


@pytest.mark.parametrize(
    "settings",
    [{"noise": -1}, {"edge_dropout": 1.5}, {"flying": float("nan")}, {"grazing": (80, 70)}],
)
def test_values_out_of_range_are_named(settings):
    with pytest.raises(DataError, match=r"-1|1\.5|nan|80"):
        DepthSensor(**settings)
