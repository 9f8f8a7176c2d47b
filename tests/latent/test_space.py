"""Editing, sampling and blending codes, for every kind of model."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from occviewer.latent import LatentError, latent_space
from occviewer.models import Code, CodeError
from occviewer.placement import Placement

from ..networks.small import box_points
from .spaces import code_of, same, small_bottleneck, small_model


@pytest.fixture
def model(tmp_path):
    return small_model(tmp_path, latent=small_bottleneck())


@pytest.fixture
def space(model):
    return latent_space(model)


@pytest.fixture
def local(tmp_path):
    return small_model(tmp_path, "convonet planes")


@pytest.fixture
def onet(tmp_path):
    return small_model(tmp_path, "onet")


def test_a_code_that_is_not_moved_stays_as_faithful_as_it_was(model, space):
    code = code_of(model)
    assert space.edited(code) is code
    there = space.edited(code, {1: 0.2})
    back = space.edited(there, {1: -0.2})
    assert not same(there, code, 1e-3)
    assert same(back, code)


def test_moving_along_an_axis_carries_the_detail_along(model, space):
    latent = space.latent_of(code_of(model))
    moved = space.latent_of(space.edited(latent, {0: 0.2, 2: -0.1}))
    for name, tensor in latent.detail.items():
        assert torch.allclose(moved.detail[name], tensor, atol=1e-4)
    step = space.axes.coordinates(moved.vector) - space.axes.coordinates(latent.vector)
    assert torch.allclose(step, torch.tensor([0.2, 0, -0.1, 0, 0, 0]), atol=1e-3)


def test_thin_parts_are_looked_for_where_a_shape_has_left_what_was_seen(tmp_path):
    """A shape as it was encoded is asked for as surely as ever; one far from it less."""
    bottleneck = small_bottleneck()
    bottleneck.leniency = 0.6
    model = small_model(tmp_path, latent=bottleneck)
    space, code = latent_space(model), code_of(model)
    assert code.leniency == space.edited(code, {0: 0.2}).leniency == 0
    near, far = (space.edited(code, {0: offset}) for offset in (0.6, 3.0))
    assert 0 < near.leniency < far.leniency
    assert space.edited(far, {0: 3.0}).leniency == pytest.approx(far.leniency)
    other = code_of(model, seed=7)
    assert space.blend([code, other], [1.0, 0.0]).leniency == pytest.approx(0, abs=1e-6)
    assert space.blend([code, other], [0.5, 0.5]).leniency > 0
    assert far.leniency == pytest.approx(0.6, abs=0.01)
    assert [sample.leniency for sample in space.sample(2)] == [0.6, 0.6]
    points = box_points(1, 50)[0].numpy()
    without = model.field(far.lenient(0.0)).logits(points)
    assert model.field(far).logits(points) == pytest.approx(without + far.leniency, abs=1e-4)


def test_nothing_changes_in_a_latent_space_of_which_no_leniency_is_known(model, space):
    code = code_of(model)
    assert space.edited(code, {0: 3.0}).leniency == space.sample(1)[0].leniency == 0
    assert space.blend([code, code_of(model, seed=7)], [0.5, 0.5]).leniency == 0


def test_far_along_an_axis_little_is_left_of_what_belonged_to_the_old_outline(model, space):
    latent = space.latent_of(code_of(model))
    kept = [
        space.latent_of(space.edited(latent, {0: offset})).detail["grid"].norm()
        / latent.detail["grid"].norm()
        for offset in (0.25, 0.5, 1.0, 2.0)
    ]
    assert kept[0] == pytest.approx(1, abs=1e-3)
    assert kept[0] > kept[1] > kept[2] > kept[3]
    assert kept[3] < 0.01


def test_detail_fades_from_the_scan_to_what_the_vector_says(model, space):
    latent = space.latent_of(code_of(model))
    none, half = space.edited(latent, (), 0.0), space.edited(latent, (), 0.5)
    explained = small_bottleneck().decode(latent.vector[None])
    for name, tensor in none.tensors.items():
        assert torch.allclose(tensor, explained[name][0], atol=2e-2)  # weights are halves
        between = (tensor + latent.code.tensors[name]) / 2
        assert torch.allclose(half.tensors[name], between, atol=1e-5)


def test_what_slides_does_not_change_the_code_it_started_from(model, space):
    code = code_of(model)
    before = {name: tensor.clone() for name, tensor in code.tensors.items()}
    latent = space.latent_of(code)
    first = space.edited(latent, {0: 1.0})
    space.edited(latent, {0: 2.0}, 0.5)
    assert same(space.edited(latent, {0: 1.0}), first)
    assert all(torch.equal(tensor, before[name]) for name, tensor in code.tensors.items())


def test_an_edited_code_makes_a_field_with_gradients(model, space):
    code = space.edited(code_of(model), [0.5, -1.0])
    points = torch.zeros(3, 3, requires_grad=True)
    model.field(code).logits(points).sum().backward()
    assert points.grad.abs().sum() > 0


def test_a_saved_edit_goes_on_from_its_place(model, space, tmp_path):
    edited = space.edited(code_of(model), {0: 1.0}, 0.5)
    edited.save(tmp_path / "code.npz")
    again = latent_space(model).latent_of(Code.load(tmp_path / "code.npz"))
    assert torch.allclose(again.vector, space.latent_of(edited).vector)
    start = space.latent_of(code_of(model)).vector
    assert torch.allclose(again.vector[:6], (start + space.axes.basis[:, 0])[:6])


def test_a_vector_of_other_axes_is_not_believed(model, space, tmp_path):
    edited = space.edited(code_of(model), {0: 1.0})
    (tmp_path / "b").mkdir()
    other = latent_space(small_model(tmp_path / "b", latent=small_bottleneck(seed=5)))
    found = other.latent_of(edited)
    encoded = small_bottleneck(seed=5).encode({n: t[None] for n, t in edited.tensors.items()})
    assert torch.allclose(found.vector, encoded[0], atol=2e-2)


@pytest.mark.parametrize("vector", [None, "lost", [1.0], [float("nan")] * 6, [[1.0]] * 6])
def test_a_damaged_vector_is_told(model, space, vector):
    edited = space.edited(code_of(model), {0: 1.0})
    facts = {"latent": {**edited.facts["latent"], "vector": vector}}
    with pytest.raises(CodeError, match="latent vector of the code is damaged"):
        space.latent_of(replace(edited, facts=facts))


def test_samples_are_repeatable_differ_and_have_no_detail(space):
    some, more = space.sample(3, seed=4), space.sample(5, seed=4)
    assert all(same(*pair) for pair in zip(some, more, strict=False))
    assert not same(some[0], some[1], 1e-3)
    assert not same(some[0], space.sample(1, seed=5)[0], 1e-3)
    assert same(space.edited(some[0], (), 0.0), some[0])


def test_temperature_zero_is_the_mean_shape(space):
    one, other = space.sample(2, seed=0, temperature=0.0)
    assert same(one, other)
    assert torch.allclose(space.latent_of(one).vector, space.axes.mean)


def test_samples_spread_as_the_training_shapes_do(space):
    vectors = torch.stack([space.latent_of(code).vector for code in space.sample(400, seed=1)])
    expected = space.axes.basis @ space.axes.basis.T
    assert torch.allclose(vectors.T.cov(), expected, atol=0.25 * float(expected.max()))


def test_sliders_are_bounded_and_ordered_by_importance(space):
    assert space.axes.ranges.tolist() == [[-2.0, 2.5]] * 6
    assert (space.axes.shares.diff() <= 0).all()
    assert space.why_no_axes == ""


def test_a_blend_at_its_end_is_that_code(model, space):
    codes = [code_of(model, seed) for seed in range(3)]
    assert same(space.blend(codes, [0, 2, 0]), codes[1])
    half = space.blend(codes[:2], [1, 1])
    swapped = space.blend(codes[1::-1], [1, 1])
    assert same(half, swapped)


def test_halfway_between_strangers_there_is_an_outline_and_nothing_of_either(model, space):
    one, other = (space.latent_of(code_of(model, seed)) for seed in (0, 1))
    opposite = other.vector.clone()
    opposite[6:] = -one.vector[6:]
    middle = space.latent_of(space.blend([one, replace(other, vector=opposite)], [1, 1]))
    assert middle.vector[6:].abs().max() < 1e-5
    assert max(tensor.abs().max() for tensor in middle.detail.values()) < 1e-4


def test_a_blend_of_a_shape_with_itself_is_that_shape(model, space):
    code = code_of(model)
    assert same(space.blend([code, code, code], [1, 1, 1]), code, 1e-4)


def test_a_blend_lies_between(model, space):
    here = Placement(scale=1.0, centre=np.zeros(3))
    there = Placement(scale=4.0, centre=np.array([2.0, 0.0, 6.0]))
    blended = space.blend([code_of(model, 0, here), code_of(model, 1, there)], [0.5, 0.5])
    assert blended.placement.scale == pytest.approx(2.0)
    assert blended.placement.centre == pytest.approx([1.0, 0.0, 3.0])


@pytest.mark.parametrize("weights", [[1.0], [1.0, -1.0], [0.0, 0.0]])
def test_weights_that_do_not_fit_are_refused(model, space, weights):
    with pytest.raises(LatentError, match="a weight for each code"):
        space.blend([code_of(model), code_of(model)], weights)


@pytest.mark.parametrize("detail", [-0.1, 1.5, float("nan")])
def test_detail_out_of_range_is_refused(model, space, detail):
    with pytest.raises(LatentError, match="between 0 and 1"):
        space.edited(code_of(model), {}, detail)


def test_an_axis_that_is_none_is_named(model, space):
    with pytest.raises(LatentError, match="no axis 6 .* 0 … 5"):
        space.edited(code_of(model), {6: 1.0})


def test_a_code_of_another_model_is_refused(space, local):
    with pytest.raises(CodeError, match="does not fit"):
        space.latent_of(code_of(local))


def test_a_local_model_blends_but_says_why_it_has_no_sliders(local):
    space = latent_space(local)
    assert space.axes is None
    assert "local features" in space.why_no_axes
    codes = [code_of(local, seed) for seed in (0, 1)]
    blended = space.blend(codes, [0.25, 0.75])
    for name, tensor in blended.tensors.items():
        expected = 0.25 * codes[0].tensors[name] + 0.75 * codes[1].tensors[name]
        assert torch.allclose(tensor, expected, atol=1e-6)
    local.field(blended)
    for attempt in (lambda: space.sample(1), lambda: space.edited(codes[0], {0: 1.0})):
        with pytest.raises(LatentError, match="local features"):
            attempt()


def test_a_house_model_without_a_bottleneck_blends_too(tmp_path):
    model = small_model(tmp_path)
    space = latent_space(model)
    assert space.axes is None
    assert same(space.blend([code_of(model), code_of(model, 1)], [1, 0]), code_of(model))


def test_a_model_of_vectors_gets_axes_from_codes(onet):
    codes = [code_of(onet, seed) for seed in range(5)]
    assert "at least 3 codes" in latent_space(onet, codes[:2]).why_no_axes
    space = latent_space(onet, codes)
    assert len(space.axes) == 4
    latent = space.latent_of(codes[0])
    assert torch.equal(latent.vector, codes[0].tensors["c"])
    moved = space.edited(latent, {0: 1.0}).tensors["c"]
    assert torch.allclose(moved, latent.vector + space.axes.basis[:, 0])
    onet.field(space.sample(1)[0])


def test_a_model_of_vectors_can_take_random_axes_but_not_sample(onet):
    space = latent_space(onet, [code_of(onet)], random_seed=3)
    lengths = space.axes.basis.T @ space.axes.basis
    assert torch.allclose(lengths, lengths.diagonal().diag(), atol=1e-6)
    onet.field(space.edited(code_of(onet), {2: 3.0}))
    with pytest.raises(LatentError, match="Random axes"):
        space.sample(1)
    with pytest.raises(LatentError, match="encode a scan first"):
        latent_space(onet, random_seed=3)


def test_a_model_of_vectors_without_axes_blends(onet):
    codes = [code_of(onet, seed) for seed in (0, 1)]
    blended = latent_space(onet).blend(codes, [0.5, 0.5]).tensors["c"]
    assert torch.allclose(blended, (codes[0].tensors["c"] + codes[1].tensors["c"]) / 2)
