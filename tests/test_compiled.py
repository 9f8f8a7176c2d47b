import numpy as np
import pytest
import torch

from occviewer import compiled
from occviewer.benchmarks.samples import sample_code
from occviewer.extraction import (
    Follower,
    dense_bricks,
    dense_kernels,
    dense_rounds,
    extract,
    field_kernels,
    surface_kernels,
)
from occviewer.models import house_decoder, neighbours, open_model, tiled_onet
from occviewer.models.fields import NetworkField
from occviewer.networks import ONet
from occviewer.warm_up import warm_up


def functions():
    """Everything that is compiled when it is called."""
    return [
        value
        for module in (
            dense_bricks,
            dense_kernels,
            dense_rounds,
            field_kernels,
            surface_kernels,
            house_decoder,
            neighbours,
            tiled_onet,
        )
        for value in vars(module).values()
        if hasattr(value, "signatures")
    ]


@pytest.mark.slow
def test_after_the_warm_up_the_model_that_ships_has_nothing_compiled():
    warm_up()
    before = [list(function.signatures) for function in functions()]
    assert sum(map(bool, before)) >= 18
    model = open_model("furniture", "cpu")
    code = sample_code(model, "chair")
    follower = Follower()
    for _ in range(3):
        follower.extract(model.field(code), 48)
    for resolution in (40, 128, 300):
        extract(model.field(code.lenient(0.2)), resolution)
    assert [list(function.signatures) for function in functions()] == before


def test_after_the_warm_up_onet_has_nothing_compiled():
    warm_up()
    before = [list(function.signatures) for function in functions()]
    network = ONet(c_dim=4, encoder_hidden=8).eval()
    bounds = np.array([[-0.5] * 3, [0.5] * 3], np.float32)
    field = NetworkField(network, {"c": torch.ones(1, 4)}, 0.0, bounds)
    for count in (1, 3000):
        field.logits(np.zeros((count, 3), np.float32))
    assert [list(function.signatures) for function in functions()] == before


def test_the_warm_up_leaves_the_random_numbers_of_others_alone(monkeypatch):
    def never(*args, **options):
        raise AssertionError("other threads draw from it")

    before = torch.random.get_rng_state()
    for name in ("manual_seed", "seed", "set_rng_state", "random.set_rng_state"):
        monkeypatch.setattr(f"torch.{name}", never)
    warm_up()
    assert torch.equal(torch.random.get_rng_state(), before)


def test_where_nothing_can_be_written_functions_work_all_the_same(monkeypatch):
    plain = compiled.njit

    def refusing(**options):
        if options.get("cache"):
            raise RuntimeError("cannot cache function: no locator available")
        return plain(**options)

    monkeypatch.setattr(compiled, "njit", refusing)

    @compiled.compiled
    def total(values):
        result = 0.0
        for value in values:
            result += value
        return result

    assert total(np.arange(5.0)) == 10.0


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_what_is_no_number_stays_none(value):
    @compiled.compiled
    def doubled(values):
        for at in range(len(values)):
            values[at] = 2 * values[at]

    values = np.array([1.0, value], np.float32)
    doubled(values)
    np.testing.assert_array_equal(values, np.array([2.0, value], np.float32))
