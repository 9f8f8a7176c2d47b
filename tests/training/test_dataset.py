import shutil
from dataclasses import replace

import numpy as np
import pytest
import torch

from occviewer.errors import DataError
from occviewer.training import dataset
from occviewer.training.augmentation import Augmentation, random_transform
from occviewer.training.dataset import (
    Batch,
    EmptySplitError,
    Examples,
    ExampleSettings,
    ShapeSet,
    make_example,
    shape_weights,
    uniform_queries,
)
from occviewer.training.observing import ObservationMix, observe_randomly
from occviewer.training.shape_file import TRAIN_ONLY, read_record, save_shape

from .solids import BALL, BOX, EGG, TABLE, labelled, save, sure

SETTINGS = ExampleSettings(points=300, queries=2000)
STRONG = Augmentation(stretch=0.4, mirror=True, turn=0.5, tilt=10.0, shift=0.05)


@pytest.fixture(scope="module")
def table():
    return vars(labelled(TABLE))


def names(shapes):
    return [record.name for record in shapes.records]


class TestAugmentation:
    @pytest.mark.parametrize("seed", range(12))
    def test_labels_stay_true_however_the_shape_is_varied(self, table, seed):
        settings = replace(SETTINGS, augmentation=STRONG)
        points, queries, inside = make_example(table, settings, np.random.default_rng(seed))
        rng = np.random.default_rng(seed)  # the same draws once more, to know the map
        observed = observe_randomly(table, settings.points, settings.mix, rng)
        linear, offset = random_transform(table, STRONG, rng)
        back = (queries - offset) @ np.linalg.inv(linear).T
        clear = sure(TABLE, back)
        assert clear.mean() > 0.8
        assert np.array_equal(TABLE.inside(back)[clear], inside[clear])
        assert 0.05 < inside.mean() < 0.95
        assert np.abs((points - offset) @ np.linalg.inv(linear).T - observed).max() < 1e-5

    @pytest.mark.parametrize("seed", range(12))
    def test_the_box_holds_the_shape(self, table, seed):
        linear, offset = random_transform(table, STRONG, np.random.default_rng(seed))
        surface = table["surface"].astype(np.float64) @ linear.T + offset
        assert np.abs(surface).max() <= 0.55
        assert 0.8 < np.ptp(surface, axis=0).max() <= 1.0 + 1e-6

    def test_level_shapes_are_centred_with_longest_side_one(self, table):
        level = replace(STRONG, tilt=0.0, shift=0.0)
        for seed in range(10):
            linear, offset = random_transform(table, level, np.random.default_rng(seed))
            surface = table["surface"].astype(np.float64) @ linear.T + offset
            assert np.ptp(surface, axis=0).max() == pytest.approx(1.0)
            assert surface.max(0) == pytest.approx(-surface.min(0))

    def test_without_variation_the_shape_stays_as_it_is(self, table):
        none = Augmentation(stretch=0.0, mirror=False, turn=0.0, tilt=0.0, shift=0.0)
        linear, offset = random_transform(table, none, np.random.default_rng(0))
        assert np.allclose(linear, np.eye(3), atol=5e-3)  # the samples end short of the corners
        assert np.allclose(offset, 0.0, atol=5e-3)

    def test_shapes_are_mirrored_turned_and_stretched(self, table):
        maps = [random_transform(table, STRONG, np.random.default_rng(i))[0] for i in range(60)]
        mirrored = [np.linalg.det(linear) < 0 for linear in maps]
        assert 15 < sum(mirrored) < 45
        sideways = [abs(linear[0, 2]) > abs(linear[0, 0]) for linear in maps]
        assert 5 < sum(sideways) < 35  # a quarter or three quarters of a turn
        sizes = np.array([np.linalg.norm(linear, axis=0) for linear in maps])
        assert (sizes / sizes[:, :1]).std(0)[1:].min() > 0.1

    def test_a_shape_with_few_surface_samples_can_be_varied(self):
        shape = vars(labelled(BOX, surface=100))
        linear, _ = random_transform(shape, STRONG, np.random.default_rng(0))
        assert np.isfinite(linear).all()

    @pytest.mark.parametrize(
        ("wrong", "said"),
        [({"stretch": -0.1}, "stretch"), ({"turn": 1.5}, "turn"), ({"shift": 0.2}, "shift")],
    )
    def test_impossible_settings_are_refused(self, wrong, said):
        with pytest.raises(ValueError, match=said):
            Augmentation(**wrong)


class TestQueries:
    @pytest.mark.parametrize("solid", [EGG, TABLE], ids=["egg", "table"])
    def test_are_uniform_in_the_box_with_true_labels(self, solid):
        shape = vars(labelled(solid, uniform=30_000))
        queries, inside = uniform_queries(shape, 40_000, np.random.default_rng(1))
        assert queries.shape == (40_000, 3)
        assert queries.dtype == np.float32
        assert np.abs(queries).max() <= 0.55 + 1e-3
        counts = np.histogramdd(queries, bins=5, range=[(-0.55, 0.55)] * 3)[0]
        assert np.abs(counts / 320 - 1).max() < 0.3  # 40,000 over 125 cells
        clear = sure(solid, queries.astype(np.float64))
        assert np.array_equal(solid.inside(queries)[clear], inside[clear])
        volume = solid.inside(np.random.default_rng(2).uniform(-0.55, 0.55, (100_000, 3))).mean()
        assert inside.mean() == pytest.approx(volume, abs=0.01)

    def test_stored_points_are_used_once_as_long_as_they_last(self, table):
        queries, _ = uniform_queries(table, 4000, np.random.default_rng(1))
        assert len(np.unique(queries, axis=0)) > 3990

    def test_more_than_are_stored_can_be_had(self):
        shape = vars(labelled(BALL, uniform=50))
        queries, inside = uniform_queries(shape, 1000, np.random.default_rng(1))
        assert queries.shape == (1000, 3)
        assert inside.any()

    def test_near_and_uniform_ones_are_mixed_as_asked(self, table):
        far = []
        for share in (0.0, 1.0):
            settings = replace(SETTINGS, near_share=share)
            _, queries, _ = make_example(table, settings, np.random.default_rng(0))
            assert queries.shape == (2000, 3)
            far.append((np.abs(queries) > 0.5).any(1).mean())
        assert far[0] > 0.2
        assert far[1] < 0.15


class TestShapeSet:
    def test_gives_the_shapes_of_a_split(self, tiny_set):
        assert names(ShapeSet([tiny_set], "test")) == ["test-box", "test-egg"]
        shapes = ShapeSet([tiny_set], "val")
        assert names(shapes) == ["val-ball", "val-table"]
        assert len(shapes) == 2
        assert shapes[0]["surface"].shape == (3000, 3)
        assert shapes[0] is shapes[0]

    def test_holds_one_in_twenty_back_where_there_is_no_validation(self, tmp_path):
        for i in range(60):
            save(tmp_path, f"s{i}", BALL, uniform=8, near=8, surface=8)
        save(tmp_path, "t", BALL, "test", uniform=8, near=8, surface=8)
        train, val = (set(names(ShapeSet([tmp_path], split))) for split in ("train", "val"))
        assert not train & val
        assert len(train | val) == 60
        assert 1 <= len(val) <= 8
        assert set(names(ShapeSet([tmp_path], "val"))) == val
        # A shape that is added moves none from one side to the other.
        save(tmp_path, "new", BALL, uniform=8, near=8, surface=8)
        assert val <= set(names(ShapeSet([tmp_path], "val"))) <= val | {"new"}

    def test_test_shapes_are_never_trained_on_or_validated_with(self, tiny_set):
        for split in ("train", "val"):
            assert not any("test" in name for name in names(ShapeSet([tiny_set], split)))

    def test_a_few_shapes_are_enough_to_train_and_validate(self, tmp_path):
        for i in range(2):
            save(tmp_path, f"s{i}", BALL, uniform=8, near=8, surface=8)
        train, val = (names(ShapeSet([tmp_path], split)) for split in ("train", "val"))
        assert len(train) == len(val) == 1
        assert train != val

    def test_shapes_for_training_only_are_never_held_back(self, tmp_path):
        for i in range(60):
            save(tmp_path, f"s{i}", BALL, TRAIN_ONLY, uniform=8, near=8, surface=8)
        assert len(ShapeSet([tmp_path], "train")) == 60
        assert ShapeSet.if_any([tmp_path], "val") is None

    def test_a_single_shape_is_trained_on(self, tmp_path):
        save(tmp_path, "only", BALL, uniform=8, near=8, surface=8)
        assert names(ShapeSet([tmp_path], "train")) == ["only"]
        assert ShapeSet.if_any([tmp_path], "val") is None

    def test_joins_several_data_sets(self, tiny_set, tmp_path):
        save(tmp_path / "more", "extra", BALL, uniform=8, near=8, surface=8)
        shapes = ShapeSet([tiny_set, tmp_path / "more"], "train")
        assert len(shapes) == 9
        assert names(shapes)[-1] == "extra"
        assert len(shapes[8]["surface"]) == 8

    def test_says_which_splits_there_are(self, tmp_path):
        save(tmp_path, "one", BALL, "test", uniform=8, near=8, surface=8)
        with pytest.raises(EmptySplitError, match=r"'train'.*there is test\.") as raised:
            ShapeSet([tmp_path], "train")
        assert str(tmp_path) in str(raised.value)

    def test_a_folder_without_shapes_is_named(self, tmp_path):
        with pytest.raises(DataError, match=r"nowhere does not exist.*occviewer data prepare"):
            ShapeSet([tmp_path / "nowhere"], "train")
        with pytest.raises(DataError, match="holds no prepared shapes"):
            ShapeSet.if_any([tmp_path], "train")

    def test_a_damaged_shape_is_named(self, tmp_path):
        save(tmp_path, "one", BALL, uniform=8, near=8, surface=8)
        path = tmp_path / "shapes" / "one.safetensors"
        path.write_bytes(path.read_bytes()[:-9])
        with pytest.raises(DataError, match=r"one\.safetensors is damaged"):
            ShapeSet([tmp_path], "train")

    def test_keeps_in_memory_what_there_is_room_for(self, tiny_set, monkeypatch):
        size = sum(array.nbytes for array in ShapeSet([tiny_set], "train")[0].values())
        monkeypatch.setattr(dataset, "CACHED_BYTES", int(2.5 * size))
        shapes = ShapeSet([tiny_set], "train")
        kept = [shapes[i] for i in range(3)]
        assert shapes[0] is kept[0]
        assert shapes[1] is kept[1]
        assert shapes[2] is not kept[2]
        assert np.array_equal(shapes[2]["near"], kept[2]["near"])


class TestExamples:
    def batches(self, shapes, count=1, weights=None, **options):
        options = {"batch": 4, "seed": 0, "rank": 0, **options}
        settings = ExampleSettings(points=50, queries=20, mix=ObservationMix(noise=0.0))
        stream = iter(Examples(shapes, settings, weights=weights or {}, **options))
        return [next(stream) for _ in range(count)]

    @pytest.fixture
    def shapes(self, tiny_set):
        return ShapeSet([tiny_set], "train")

    def test_come_in_batches_of_float32(self, shapes):
        (batch,) = self.batches(shapes)
        assert [tensor.shape for tensor in batch] == [(4, 50, 3), (4, 20, 3), (4, 20)]
        assert all(tensor.dtype == torch.float32 for tensor in batch)
        assert set(batch[2].unique().tolist()) == {0.0, 1.0}

    def test_are_a_function_of_seed_and_rank(self, shapes):
        def same(one: Batch, other: Batch) -> bool:
            return all(torch.equal(a, b) for a, b in zip(one, other, strict=True))

        (first,), (again,) = self.batches(shapes), self.batches(shapes)
        assert same(first, again)
        # A run that goes on at step 7 begins its stream with seed + 7.
        for others in ({"seed": 7}, {"rank": 1}):
            assert not same(first, self.batches(shapes, **others)[0])

    def test_weights_say_how_often_a_category_is_drawn(self, tmp_path):
        # Two categories that can be told apart by their share of inside points.
        save(tmp_path, "full", BALL, category="full", surface=50)
        save(tmp_path, "empty", BALL, category="empty", surface=50)
        save(tmp_path, "held", BALL, "val", surface=50)
        path = tmp_path / "shapes" / "empty.safetensors"
        shape = labelled(BALL, surface=50)
        shape.uniform_inside[:], shape.near_inside[:] = False, False
        save_shape(path, shape, read_record(path))
        shapes = ShapeSet([tmp_path], "train")
        cases = (({}, 0.4, 0.6), ({"empty": 0.25}, 0.7, 0.9), ({"empty": 0.0}, 0.99, 1.0))
        for weights, low, high in cases:
            labels = [batch[2] for batch in self.batches(shapes, 60, weights)]
            share = torch.cat(labels).any(1).float().mean()
            assert low <= share <= high

    def test_a_librarys_weight_multiplies_the_categorys(self, shapes):
        weights = shape_weights(shapes.records, {"ball": 0.5, "tests": 0.2})
        of_ball = [record.category == "ball" for record in shapes.records]
        assert weights == pytest.approx(np.where(of_ball, 0.1, 0.2))

    def test_weights_that_leave_nothing_are_refused(self, shapes):
        weights = dict.fromkeys(("ball", "egg", "box", "table"), 0.0)
        with pytest.raises(DataError, match="leave no shape"):
            self.batches(shapes, weights=weights)

    def test_a_shape_that_cannot_be_read_comes_as_the_error_that_names_it(self, tiny_set, tmp_path):
        copy = tmp_path / "set"
        shutil.copytree(tiny_set, copy)
        shapes = ShapeSet([copy], "train")
        for path in (copy / "shapes").iterdir():
            path.write_bytes(b"")
        (item,) = self.batches(shapes)
        assert isinstance(item, DataError)
        assert "is damaged" in str(item)

    @pytest.mark.parametrize(
        ("wrong", "said"), [({"points": 0}, "points"), ({"near_share": 1.1}, "near_share")]
    )
    def test_impossible_settings_are_refused(self, wrong, said):
        with pytest.raises(ValueError, match=said):
            ExampleSettings(**wrong)
