"""Ways past shapes that were learned from."""

import numpy as np
import pytest
import torch

from occviewer.errors import Cancelled
from occviewer.latent import Path, kinds, latent_space
from occviewer.latent.waypoints import Graph, Route, Surroundings, Way, own_when_moved
from occviewer.models import open_model
from occviewer.models.checkpoint import CheckpointError, load_bottleneck
from occviewer.networks.waypoints import SIDE, Waypoints, distances, samples

from .spaces import code_of, same, small_bottleneck, small_model

REACH = 0.2


def balls(*centres):
    """Occupancies of balls, each moved along x."""
    places = torch.from_numpy(samples())
    return torch.stack(
        [
            ((places - torch.tensor([x, 0.0, 0.0])).norm(dim=1) < REACH)
            .float()
            .reshape(SIDE, SIDE, SIDE)
            for x in centres
        ]
    )


@pytest.fixture
def row():
    """Waypoints that are balls beside each other; their vectors say where, and which."""
    at = torch.linspace(-0.3, 0.3, 7)
    return Waypoints.of(torch.stack([at, torch.arange(7.0)], 1), balls(*at.tolist()))


def test_looks_tell_how_far_shapes_lie_apart(row):
    ends = row.look(balls(-0.3, 0.3))
    apart = row.apart(ends)
    assert (np.diff(apart[:, 0]) > 0).all()
    assert apart[0, 0] == pytest.approx(0, abs=1e-3)
    assert apart[-1, 0] == pytest.approx(1, abs=0.05)  # nothing is in both
    assert distances(ends, ends)[0, 1] == pytest.approx(apart[-1, 0], abs=1e-3)


def test_a_route_takes_short_steps_past_what_lies_between(row):
    route = Graph(row).route(*row.look(balls(-0.35, 0.35)))
    assert route.through == sorted(route.through)
    assert len(route.through) >= 3
    assert len(route.steps) == len(route.through) + 1
    assert route.steps.max() < 0.7


def test_a_route_goes_round_what_is_of_another_kind():
    at = (-0.3, -0.2, -0.1, 0.0, 0.02, 0.1, 0.2, 0.3)
    beside = Waypoints.of(torch.zeros(8, 2), balls(*at))
    ends = beside.look(balls(-0.35, 0.35))
    assert 3 in Graph(beside).route(*ends).through
    beside.kinds[3] = 1
    assert 3 not in Graph(beside).route(*ends).through


def torn(waypoints, *steps):
    """Store that some steps from neighbour to neighbour are torn, and all others are not."""
    neighbours = torch.from_numpy(Graph(waypoints).neighbours(4).copy())
    tears = torch.zeros(neighbours.shape)
    for index, other in steps:
        tears[index][neighbours[index] == other] = 0.5
        tears[other][neighbours[other] == index] = 0.5
    waypoints.keep_tears(neighbours, tears)
    return waypoints


def test_neighbours_are_what_looks_most_alike(row):
    nearest = Graph(row).neighbours(2)
    assert sorted(nearest[3]) == [2, 4]
    assert sorted(nearest[0]) == [1, 2]
    assert Graph(row).neighbours(20).shape == (7, 6)


def test_a_route_keeps_to_steps_whose_middles_hang_together():
    at = (-0.3, -0.2, -0.1, 0.0, 0.02, 0.1, 0.2, 0.3)
    beside = Waypoints.of(torch.zeros(8, 2), balls(*at))
    ends = beside.look(balls(-0.3, 0.3))
    assert 3 in Graph(beside).route(*ends).through
    steps = [(3, other) for other in range(8) if other != 3]
    found = Graph(torn(beside, *steps)).route(*ends)
    assert 3 not in found.through
    assert 4 in found.through
    assert found.steps.max() < 0.7


def test_what_lies_by_the_ends_is_looked_at_only_where_a_route_would_lead(row):
    ends, asked = row.look(balls(-0.32, 0.32)), []

    def tears(end, index):
        asked.append((end, index))
        return 0.4 if index in (0, 6) else 0.0

    graph = Graph(torn(row))
    direct = graph.route(*ends)
    assert (direct.through[0], direct.through[-1]) == (0, 6)
    found = graph.route(*ends, tears)
    assert (found.through[0], found.through[-1]) == (1, 5)
    assert set(asked) == {(0, 0), (0, 1), (1, 6), (1, 5)}
    assert len(asked) == 4
    assert len(found.steps) == len(found.through) + 1


def test_where_all_is_torn_by_an_end_it_looks_only_so_often(row):
    asked = []
    ends, graph = row.look(balls(-0.32, 0.32)), Graph(torn(row))
    found = graph.route(*ends, lambda *step: asked.append(step) or 0.4)
    assert 2 < len(set(asked)) == len(asked) <= 20
    assert found.through == graph.route(*ends).through


def test_what_nothing_is_like_is_no_waypoint(row):
    everything = balls(-0.3, -0.25, -0.2, 0.2, 0.25, 0.3)
    everything[2] = everything[2].rot90(1, (0, 1)).roll(9, 1)
    all_of_them = Waypoints.of(torch.arange(12.0).reshape(6, 2), everything, torch.arange(6))
    kept = all_of_them.without_strangers(0.4)
    assert kept.kinds.tolist() == [0, 1, 3, 4, 5]
    assert torch.equal(kept.vectors, all_of_them.vectors[kept.kinds])


def test_what_lies_close_together_needs_no_waypoint(row):
    assert Graph(row).route(*row.look(balls(0.02, 0.04))).through == []


def test_a_way_keeps_the_detail_of_its_ends_and_goes_at_even_speed(row):
    first, last = torch.tensor([-1.0, 0.0]), torch.tensor([1.0, 0.0])
    way = Way(first, last, row, Route([2, 4], np.array([0.05, 0.15, 0.8])))
    start, end = way.at(0.0), way.at(1.0)
    assert torch.equal(start.vector, first)
    assert torch.equal(end.vector, last)
    assert (tuple(start.kept), tuple(end.kept)) == ((1, 0), (0, 1))
    assert start.unsure == end.unsure == 0
    assert torch.allclose(way.at(0.05).vector, row.vectors[2])
    assert torch.allclose(way.at(0.2).vector, row.vectors[4])
    assert torch.allclose(way.at(0.125).vector, row.vectors[[2, 4]].mean(0))
    assert tuple(way.at(0.125).kept) == (0, 0)
    assert way.at(0.025).kept[0] == pytest.approx(0.5)
    # Thin parts are the less sure the longer the step.
    assert way.at(0.025).unsure < way.at(0.125).unsure < way.at(0.6).unsure <= 1


def test_a_way_between_two_shapes_that_are_the_same_stands_still(row):
    here = torch.tensor([0.5, 0.5])
    way = Way(here, here, row, Route([], np.array([0.0])))
    assert torch.equal(way.at(0.3).vector, here)


@pytest.fixture
def known(tmp_path):
    """A model whose bottleneck knows some shapes, its space, and their vectors."""
    model = small_model(tmp_path, latent=small_bottleneck())
    space = latent_space(model)
    generator = torch.Generator().manual_seed(1)
    places = 2 * torch.randn(8, 6, generator=generator)
    vectors = space.axes.mean + places @ space.axes.basis.T
    vectors[:, 6:] = torch.randn(8, 6, generator=generator)
    bottleneck = small_bottleneck()
    drawn = torch.rand(len(vectors), SIDE, SIDE, SIDE, generator=generator)
    bottleneck.keep_waypoints(Waypoints.of(vectors, drawn))
    bottleneck.leniency = 0.6
    model = small_model(tmp_path, latent=bottleneck)
    return model, latent_space(model), vectors


def test_waypoints_are_stored_with_the_model(known):
    model, space, vectors = known
    again = latent_space(open_model(model.path, "cpu"))
    first, last = (space.latent_of(code_of(model, seed)) for seed in (0, 1))
    way, other = space.way(first, last), again.way(first, last)
    for share in (0.0, 0.3, 0.8):
        assert torch.equal(way.at(share).vector, other.at(share).vector)


@pytest.fixture
def measured(tmp_path, monkeypatch):
    """A model that knows a row of balls and the steps between them; its codes look like balls."""
    at = np.linspace(-0.3, 0.3, 7)
    bottleneck = small_bottleneck()
    generator = torch.Generator().manual_seed(1)
    vectors = torch.randn(7, 12, generator=generator)
    bottleneck.keep_waypoints(torn(Waypoints.of(vectors, balls(*at)), (2, 3)))
    model = small_model(tmp_path, latent=bottleneck)
    codes = [code_of(model, seed) for seed in range(3)]
    places = dict(zip(codes, (-0.32, 0.32, 0.05), strict=True))
    monkeypatch.setattr(
        kinds.BottleneckSpace,
        "_look",
        lambda self, waypoints, end: waypoints.look(balls(places[end.code]))[0],
    )
    return model, latent_space(model), codes


def test_what_is_known_of_steps_is_stored_with_the_model(measured):
    model, _, _ = measured
    stored = load_bottleneck(model.path).waypoints
    assert stored.neighbours.shape == stored.tears.shape == (7, 4)
    assert stored.neighbours.dtype == torch.int64
    assert float(stored.tears.max()) == 0.5


@pytest.mark.parametrize(("name", "value"), [("neighbours", 7), ("neighbours", -1), ("tears", -1)])
def test_impossible_steps_in_a_file_are_said(name, value, tmp_path):
    bottleneck = small_bottleneck()
    waypoints = torn(Waypoints.of(torch.randn(7, 12), balls(*np.linspace(-0.3, 0.3, 7))))
    bottleneck.keep_waypoints(waypoints)
    getattr(waypoints, name)[3, 1] = value
    model = small_model(tmp_path, latent=bottleneck)
    with pytest.raises(CheckpointError, match="steps between its waypoints"):
        latent_space(model)


def test_the_steps_by_the_ends_are_looked_at_once_a_shape(measured, monkeypatch):
    _, space, codes = measured
    looked = []

    def tear(fields, told):
        looked.append(len(list(fields)))
        told()
        return 0.0

    monkeypatch.setattr(kinds, "tear", tear)
    told = []
    Path(space, codes[:2]).prepare(told.append)
    assert looked == [3, 3]  # after shares of the step from either end
    assert told == [0, 0, 1]
    Path(space, codes[1::-1]).prepare()
    assert looked == [3, 3]
    Path(space, codes).prepare()
    assert len(looked) > 2


def test_a_search_that_was_stopped_goes_on_where_it_was(measured, monkeypatch):
    _, space, codes = measured
    looked = []

    def tear(fields, told):
        looked.append(1)
        told()
        return 0.4

    def stop(share):
        raise Cancelled

    monkeypatch.setattr(kinds, "tear", tear)
    path = Path(space, codes, closed=True)
    with pytest.raises(Cancelled):
        path.prepare(stop)
    assert len(looked) == 1
    path.prepare()
    once = len(looked)
    path.prepare()
    path.at(0.5)
    assert len(looked) == once > 1


def test_a_way_leads_where_its_ends_are_not_torn(measured, monkeypatch):
    _, space, codes = measured
    bad = []

    def tear(fields, told):
        return 0.5 if len(bad) < 2 and not bad.append(1) else 0.0

    ends = [space.latent_of(code) for code in codes[:2]]
    monkeypatch.setattr(kinds, "tear", lambda fields, told: 0.0)
    straight = space.way(*ends)
    other = latent_space(open_model(measured[0].path, "cpu"))
    monkeypatch.setattr(kinds, "tear", tear)
    round_about = other.way(*ends)
    assert len(bad) == 2
    assert not torch.equal(straight.at(0.1).vector, round_about.at(0.1).vector)


def test_the_stretch_of_a_path_follows_its_way(known):
    model, space, _ = known
    ends = [space.latent_of(code_of(model, seed)) for seed in (0, 1)]
    path, way = Path(space, ends), space.way(*ends)
    found = space.latent_of(path.at(0.4))
    assert torch.allclose(found.vector, way.at(0.4).vector, atol=1e-5)
    assert same(path.at(0.0), ends[0].code)
    assert same(path.at(1.0), ends[1].code)
    assert same(path.at(1e-4), ends[0].code, 1e-2)


def test_a_path_of_several_stretches_is_without_jumps(known):
    model, space, _ = known
    path = Path(space, [code_of(model, seed) for seed in range(3)], closed=True)
    for position in (1.0, 2.0, 3.0):
        assert same(path.at(position), path.at(position - 1e-4), 1e-2)


def test_a_model_without_waypoints_has_no_way(tmp_path):
    model = small_model(tmp_path, latent=small_bottleneck())
    space = latent_space(model)
    assert space.way(*(space.latent_of(code_of(model, seed)) for seed in (0, 1))) is None


def test_far_along_an_axis_a_shape_goes_over_to_one_that_is_there(known):
    model, space, vectors = known
    latent = space.latent_of(code_of(model))
    for axis in (0, 2):
        found = space.latent_of(space.edited(latent, {axis: 2.5}))
        # The moved axis goes where it was told, the cells are those of shapes nearby.
        start = space.axes.coordinates(latent.vector)[axis]
        told = space.axes.coordinates(found.vector)[axis]
        assert float(told - start) == pytest.approx(2.5, abs=2e-2)
        apart = (torch.stack([*vectors, latent.vector])[:, 6:] - found.vector[6:]).norm(dim=1)
        assert apart[:-1].min() < 0.5 * apart[-1]


def test_thin_parts_are_unsure_only_on_the_way_to_another_shape(known):
    model, space, _ = known
    code = code_of(model)
    near, between, far = (space.edited(code, {0: offset}) for offset in (0.2, 0.65, 3.0))
    assert near.leniency == 0
    assert far.leniency == pytest.approx(0, abs=0.01)
    assert between.leniency > 0.5


def test_a_blend_of_strangers_is_drawn_to_shapes_that_are_there(known):
    _, space, vectors = known
    aside = torch.cat([space.axes.basis[:6, 0], torch.tensor([1.0, 1, 1, -1, -1, -1])])
    away = torch.cat([-space.axes.basis[:6, 0], torch.tensor([-1.0, -1, -1, 1, 1, 1])])
    ends = [space.latent_of(space.code_at(vectors[3] + offset)) for offset in (aside, away)]
    middle = space.latent_of(space.blend(ends, [0.5, 0.5])).vector
    assert torch.allclose(middle, vectors[3], atol=0.05)
    assert same(space.blend(ends, [1.0, 0.0]), ends[0].code)


def test_surroundings_find_the_nearest_and_have_no_edges(known):
    model, space, vectors = known
    around = Surroundings(small_waypoints(vectors), space.axes)
    still = torch.zeros(6)
    for vector in vectors:
        assert torch.allclose(around.drawn_to(vector, still, 0.0).vector, vector, atol=0.1)
    path = torch.lerp(vectors[0], vectors[1], torch.linspace(0, 1, 400)[:, None])
    found = torch.stack([around.drawn_to(vector, still, 0.0).vector for vector in path])
    steps = found.diff(dim=0).norm(dim=1)
    assert steps.max() < 0.2 * steps.sum()


def small_waypoints(vectors):
    return Waypoints.of(vectors, torch.rand(len(vectors), SIDE, SIDE, SIDE))


def test_a_shape_is_itself_nearby_and_leaves_without_a_jump():
    assert own_when_moved(0.0) == own_when_moved(0.25) == 1
    steps = [own_when_moved(0.01 * n) for n in range(300)]
    assert all(0 <= a - b < 0.03 for a, b in zip(steps, steps[1:], strict=False))
    assert steps[-1] < 0.01


def test_new_shapes_are_mixed_of_one_that_is_known_and_its_likes(known):
    _, space, vectors = known
    drawn = torch.stack([space.latent_of(code).vector for code in space.sample(6, seed=3)])
    again = torch.stack([space.latent_of(code).vector for code in space.sample(8, seed=3)])
    assert torch.equal(drawn, again[:6])
    assert not torch.equal(drawn, torch.stack([space.latent_of(c).vector for c in space.sample(6)]))
    apart = torch.cdist(drawn, vectors).sort(dim=1)
    assert (apart.values[:, 0] > 0.05).all()
    for vector in drawn:  # on the line between two of them, nearer to the one
        ways = vectors[:, None] + torch.linspace(0, 0.5, 501)[:, None, None, None] * (
            vectors[None] - vectors[:, None]
        )
        assert (ways - vector).norm(dim=-1).min() < 2e-2


def test_without_temperature_known_shapes_are_drawn_as_they_are(known):
    _, space, vectors = known
    for code in space.sample(4, seed=1, temperature=0.0):
        vector = space.latent_of(code).vector
        assert (vectors - vector).norm(dim=1).min() < 1e-2  # stored as halves
        assert code.leniency == 0
