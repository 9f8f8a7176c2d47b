"""Which waypoints are left out, and which steps between the others are stored as torn."""

import pytest
import torch

from occviewer.models.checkpoint import load_bottleneck
from occviewer.networks.waypoints import SIDE, Waypoints
from occviewer.training import latent_steps
from occviewer.training.latent_steps import measure_steps

from ..latent.spaces import small_bottleneck, small_model

COUNT = 20


def bottleneck_with(count):
    bottleneck, generator = small_bottleneck(), torch.Generator().manual_seed(2)
    vectors = torch.randn(count, bottleneck.size, generator=generator)
    looks = torch.rand(count, SIDE, SIDE, SIDE, generator=generator)
    bottleneck.keep_waypoints(Waypoints.of(vectors, looks) if count else None)
    bottleneck.leniency = 0.5
    return bottleneck


def test_each_step_is_looked_at_once_and_stored_for_both_its_ends(tmp_path, monkeypatch):
    bottleneck, told, looked = bottleneck_with(COUNT), [], []
    model = small_model(tmp_path, latent=bottleneck)

    def tear(fields):
        if len(fields := list(fields)) == 1:
            return 0.0
        looked.append(len(fields))
        return float(len(looked))

    monkeypatch.setattr(latent_steps, "tear", tear)
    measure_steps(model, bottleneck, lambda *done: told.append(done))
    waypoints = bottleneck.waypoints
    assert bottleneck.config["neighbours"] == waypoints.tears.shape[1] == 16
    assert set(looked) == {3}
    assert told == [(n + 1, len(looked)) for n in range(len(looked))]
    known = {}
    for index in range(COUNT):
        for other, torn in zip(waypoints.neighbours[index], waypoints.tears[index], strict=True):
            assert other != index
            known.setdefault(frozenset((index, int(other))), set()).add(float(torn))
    assert len(known) == len(looked)
    assert all(len(values) == 1 for values in known.values())
    small_model(tmp_path, latent=bottleneck)
    again = load_bottleneck(model.path).waypoints
    assert torch.equal(again.neighbours, waypoints.neighbours)
    assert torch.allclose(again.tears, waypoints.tears)


def test_what_is_measured_is_what_lies_between(tmp_path, monkeypatch):
    bottleneck, seen = bottleneck_with(2), []
    model = small_model(tmp_path, latent=bottleneck)
    first, last = bottleneck.waypoints.vectors.clone()

    def field(code):
        seen.append((torch.tensor(code.facts["latent"]["vector"]), code.leniency))
        return code

    monkeypatch.setattr(model, "field", field)
    monkeypatch.setattr(latent_steps, "tear", lambda fields: float(len(list(fields)) > 1))
    measure_steps(model, bottleneck)
    assert bottleneck.waypoints.tears.tolist() == [[1.0], [1.0]]
    (one, one_leniency), (other, other_leniency), *seen = seen
    assert torch.allclose(one, first, atol=1e-5)
    assert torch.allclose(other, last, atol=1e-5)
    assert one_leniency == other_leniency == 0
    for (vector, leniency), share in zip(seen, (0.25, 0.5, 0.75), strict=True):
        assert torch.allclose(vector, torch.lerp(first, last, share), atol=1e-5)
        assert 0 < leniency <= 0.5
    assert seen[1][1] > seen[0][1] == pytest.approx(seen[2][1])


def test_waypoints_in_pieces_are_left_out_before_steps_are_looked_at(tmp_path, monkeypatch):
    bottleneck, told = bottleneck_with(COUNT), []
    model = small_model(tmp_path, latent=bottleneck)
    before, alone = bottleneck.waypoints, []

    def tear(fields):
        if len(list(fields)) > 1:
            return 0.3
        alone.append(1)
        return 0.02 if len(alone) in (1, 4) else 0.01

    monkeypatch.setattr(latent_steps, "tear", tear)
    measure_steps(model, bottleneck, lambda *done: told.append(done))
    whole = [n for n in range(COUNT) if n not in (0, 3)]
    assert bottleneck.config["waypoints"] == len(bottleneck.waypoints) == COUNT - 2
    for name in ("vectors", "looks", "kinds"):
        kept = getattr(bottleneck.waypoints, name)
        assert torch.equal(kept, getattr(before, name)[whole])
    assert int(bottleneck.waypoints.neighbours.max()) < COUNT - 2
    assert told[-1][0] == told[-1][1]


def test_where_all_are_in_pieces_there_are_none(tmp_path, monkeypatch):
    bottleneck = bottleneck_with(3)
    model = small_model(tmp_path, latent=bottleneck)
    monkeypatch.setattr(latent_steps, "tear", lambda fields: 1.0)
    measure_steps(model, bottleneck)
    assert bottleneck.waypoints is None
    assert bottleneck.config["waypoints"] == bottleneck.config["neighbours"] == 0


@pytest.mark.parametrize("count", [0, 1])
def test_without_two_waypoints_there_is_nothing_to_look_at(count, tmp_path, monkeypatch):
    bottleneck = bottleneck_with(count)
    monkeypatch.setattr(latent_steps, "tear", lambda fields: 0.0)
    measure_steps(small_model(tmp_path, latent=bottleneck), bottleneck)
    assert bottleneck.config["neighbours"] == 0
    assert bottleneck.config["waypoints"] == count
