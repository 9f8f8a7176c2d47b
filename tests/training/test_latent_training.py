"""Training the bottleneck of a small network on solids."""

import json
from dataclasses import replace

import pytest
import torch

from occviewer.errors import Cancelled, DataError
from occviewer.training.dataset import ShapeSet
from occviewer.training.latent_examples import FeaturePool
from occviewer.training.latent_finish import train_finish
from occviewer.training.latent_losses import finish_loss
from occviewer.training.latent_training import LatentSettings, LatentTrainer, latent_loss
from occviewer.training.recipe import Optimisation

from ..networks.small import small_network
from .solids import BALL, BOX, EGG, save

NETWORK = {
    "plane_sizes": (8, 8, 8, 16),
    "grid_sizes": (8, 8, 16),
    "plane_code": 1,
    "grid_code": 3,
    "outline": 6,
    "hidden": 16,
}
CPU = torch.device("cpu")


def small_settings(**options):
    optimisation = Optimisation(
        **{"minutes": 60.0, "batch": 4, "warmup": 3, "steps": 4, "learning_rate": 5e-3, **options}
    )
    return LatentSettings(optimisation, NETWORK, queries=64, fresh=1, memory=1 << 20)


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    folder = tmp_path_factory.mktemp("data") / "set"
    counts = {"uniform": 500, "near": 500, "surface": 300}
    for name, solid in (("ball", BALL), ("egg", EGG), ("box", BOX)):
        save(folder, name, solid, **counts)
    save(folder, "held back", EGG, "val", **counts)
    return folder


def trainer(data, run, settings=None, network=None, **options):
    return LatentTrainer(
        network or small_network(),
        0.0,
        settings or small_settings(),
        ShapeSet([data], "train"),
        ShapeSet.if_any([data], "val"),
        {},
        run,
        CPU,
        **options,
    )


@pytest.mark.slow
def test_it_learns_and_the_model_does_not_change(data, tmp_path):
    lines = []
    network = small_network()
    before = {name: tensor.clone() for name, tensor in network.state_dict().items()}
    run = trainer(data, tmp_path, small_settings(steps=60), network, report=lines.append)
    pool = FeaturePool(run.network, run.train_shapes, {}, 1 << 20, [9])
    pool.add(8)
    run.train()
    batch = pool.draw(8, 64, 0.5)
    untrained = trainer(data, tmp_path / "other").bottleneck
    untrained.learn_scale(pool.features(0, 8))
    with torch.no_grad():
        after = latent_loss(run.network, run.averaged(), batch, run.settings)
        start = latent_loss(run.network, untrained, batch, run.settings)
    assert after < 0.8 * start
    assert all(torch.equal(t, before[name]) for name, t in network.state_dict().items())
    assert {"val_iou", "val_full_iou"} <= lines[-1].keys()
    assert [json.loads(line) for line in (tmp_path / "curves.jsonl").read_text().splitlines()]


@pytest.mark.slow
def test_the_last_part_sharpens_shapes_and_leaves_vectors_as_they_are(data, tmp_path):
    run = trainer(data, tmp_path, small_settings(steps=30))
    pool = FeaturePool(run.network, run.train_shapes, {}, 1 << 20, [9])
    pool.add(8)
    run.train()
    batch, bottleneck = pool.draw(8, 64, 0.5), run.averaged()
    before, vectors = finish_loss(run.network, bottleneck, batch, run.settings), {}
    vectors["before"] = bottleneck.encode(batch.features)
    longer = small_settings(steps=80, learning_rate=2e-2)
    train_finish(run.network, bottleneck, pool, longer, 60.0)
    assert finish_loss(run.network, bottleneck, batch, run.settings) < 0.95 * before
    assert torch.equal(bottleneck.encode(batch.features), vectors["before"])
    assert not any(p.requires_grad for p in bottleneck.parameters())


def test_a_run_that_ended_during_the_last_part_keeps_its_outline(data, tmp_path, monkeypatch):
    def killed(*_):
        raise Cancelled("killed")

    run = trainer(data, tmp_path)
    with monkeypatch.context() as patched:
        patched.setattr("occviewer.training.latent_training.train_finish", killed)
        with pytest.raises(Cancelled):
            run.train()
    outline = run.averaged().to_outline.state_dict()
    again = trainer(data, tmp_path)
    assert not again.finished
    again.train()
    assert again.finished
    kept = again.averaged().to_outline.state_dict()
    assert all(torch.equal(tensor, kept[name]) for name, tensor in outline.items())


def test_a_stopped_run_goes_on_where_it_was(data, tmp_path):
    settings = small_settings(steps=6)
    first = trainer(data, tmp_path, settings)
    first.stop()
    with pytest.raises(Cancelled, match="stopped at step"):
        first.train()
    one = trainer(data, tmp_path, replace(settings, optimisation=small_settings().optimisation))
    one.train()
    assert one.step == 4
    again = trainer(data, tmp_path, settings)
    assert again.step == 4
    for name, tensor in one.averaged().state_dict().items():
        assert torch.equal(tensor, again.averaged().state_dict()[name])
    again.train()
    assert again.step == 6
    assert again.finished


def test_a_finished_run_is_not_trained_again(data, tmp_path):
    trainer(data, tmp_path).train()
    state = (tmp_path / "state.pt").read_bytes()
    trainer(data, tmp_path).train()
    assert (tmp_path / "state.pt").read_bytes() == state


def test_the_run_of_another_model_is_refused(data, tmp_path):
    trainer(data, tmp_path).train()
    with pytest.raises(DataError, match="another model"):
        trainer(data, tmp_path, network=small_network(seed=1))


def test_a_damaged_state_is_named(data, tmp_path):
    (tmp_path / "state.pt").write_bytes(b"nothing")
    with pytest.raises(DataError, match="state.pt is damaged"):
        trainer(data, tmp_path)


@pytest.mark.parametrize("kind", ["onet", "convonet planes"])
def test_a_model_without_planes_and_grid_is_refused(data, tmp_path, kind):
    with pytest.raises(DataError, match="no three planes and grid"):
        trainer(data, tmp_path, network=small_network(kind))


def test_thin_parts_weigh_more(data, tmp_path):
    run = trainer(data, tmp_path)
    pool = FeaturePool(run.network, run.train_shapes, {}, 1 << 20, [0])
    pool.add(4)
    batch = pool.draw(4, 64, 0.5)
    # The same error in thin parts only: all queries outside are labelled as the network says.
    marked = replace(batch, thin=batch.inside)
    plain = replace(batch, thin=torch.zeros_like(batch.inside))
    heavy = small_settings()
    torch.manual_seed(0)
    with_weight = latent_loss(run.network, run.bottleneck, marked, heavy)
    torch.manual_seed(0)
    without = latent_loss(run.network, run.bottleneck, plain, heavy)
    torch.manual_seed(0)
    switched_off = latent_loss(
        run.network, run.bottleneck, marked, replace(heavy, thin_inside=0.0, thin_outside=0.0)
    )
    assert switched_off == without
    assert with_weight != without


def test_features_stay_within_their_memory_and_are_renewed(data):
    shapes = ShapeSet([data], "train")
    network = small_network()
    size = 2 * sum(t[0].numel() for t in network.encode(torch.zeros(1, 200, 3)).values())
    pool = FeaturePool(network, shapes, {}, 3 * size, [0])
    pool.add(3)
    before = pool.features(0, 3)
    pool.add(4)
    assert len(pool) == 3
    assert not torch.equal(pool.features(0, 3)["grid"], before["grid"])


def test_labels_belong_to_the_shapes_as_they_were_varied(data):
    pool = FeaturePool(small_network(), ShapeSet([data], "train"), {"tests": 1.0}, 1 << 20, [1])
    pool.add(6)
    batch = pool.draw(6, 400, 0.0)
    # All solids are convex and around the origin: what is inside stays so on its way there.
    radius = batch.queries.norm(dim=-1)
    inside = batch.inside > 0.5
    assert (radius[inside].max() < radius[~inside].max()).all()
    assert batch.queries.abs().max() <= 0.6
    assert set(batch.inside.unique().tolist()) == {0.0, 1.0}


def test_shapes_without_weight_are_refused(data):
    with pytest.raises(DataError, match="leave no shape"):
        FeaturePool(small_network(), ShapeSet([data], "train"), {"tests": 0.0}, 1 << 20, [1])
