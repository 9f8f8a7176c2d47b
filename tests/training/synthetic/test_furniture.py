import numpy as np
import pytest
import trimesh

from occviewer.training.shape_file import TRAIN_ONLY
from occviewer.training.synthetic.furniture import KINDS, furniture_sources, make_furniture


@pytest.mark.parametrize("category", KINDS)
def test_every_piece_is_made_of_closed_solids(category):
    for seed in range(12):
        vertices, faces = make_furniture(category, seed)
        assert np.isfinite(vertices).all()
        mesh = trimesh.Trimesh(vertices, faces, process=False)
        assert mesh.is_watertight, seed
        assert mesh.is_winding_consistent, seed
        assert mesh.volume > 0, seed


@pytest.mark.parametrize("category", sorted(set(KINDS) - {"lamp"}))  # some lamps hang
def test_furniture_stands_on_the_ground_and_is_of_a_persons_size(category):
    for seed in range(12):
        vertices, _ = make_furniture(category, seed)
        assert vertices[:, 1].min() == pytest.approx(0, abs=0.06), seed
        assert 0.25 < np.ptp(vertices, axis=0).max() < 4.5, seed


def test_a_chairs_back_is_behind():
    highest = []
    for seed in range(40):
        vertices, _ = make_furniture("chair", seed)
        top = vertices[vertices[:, 1] > vertices[:, 1].max() - 0.02]
        highest.append(top[:, 2].mean())
    # Stools and backless benches have their top in the middle.
    assert max(highest) < 0.1
    assert np.mean(np.array(highest) < -0.1) > 0.6


def test_the_same_seed_makes_the_same_piece_and_another_another():
    same, again, other = (make_furniture("table", seed)[0] for seed in (3, 3, 4))
    assert np.array_equal(same, again)
    assert same.shape != other.shape or not np.allclose(same, other)


def test_a_larger_set_holds_the_smaller_one(tmp_path):
    (tmp_path / "few").mkdir()
    (tmp_path / "more").mkdir()
    few = list(furniture_sources(tmp_path / "few", 4))
    more = list(furniture_sources(tmp_path / "more", 9))
    assert [s.record for s in few] == [s.record for s in more[:4]]
    assert few[2].path.read_bytes() == more[2].path.read_bytes()


def test_a_set_has_every_kind_in_its_share_and_is_only_trained_on(tmp_path):
    sources = list(furniture_sources(tmp_path, 60))
    categories = [source.record.category for source in sources]
    for category, (_, share) in KINDS.items():
        assert categories.count(category) == pytest.approx(60 * share, abs=2)
    assert {source.record.split for source in sources} == {TRAIN_ONLY}
    assert {source.record.licence for source in sources} == {"CC0-1.0"}


def test_the_shares_of_the_kinds_are_a_whole():
    assert sum(share for _, share in KINDS.values()) == pytest.approx(1)
