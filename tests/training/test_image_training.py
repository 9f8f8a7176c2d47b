"""Training an image encoder over a small network, on pictures of solids."""

import json
from dataclasses import replace

import numpy as np
import pytest
import torch
import trimesh
from scipy.spatial import cKDTree

from occviewer.cutouts import Crop
from occviewer.errors import Cancelled, DataError
from occviewer.models.checkpoint import load_checkpoint, load_image_encoder, save_checkpoint
from occviewer.models.info import ModelInfo
from occviewer.networks.bottleneck import Bottleneck, bottleneck_config
from occviewer.networks.image_encoder import ImageEncoder, cloud_settings
from occviewer.networks.surface_maps import turned
from occviewer.training.dataset import ShapeSet
from occviewer.training.image_augmentation import mirrored, plain_input, varied_input
from occviewer.training.image_examples import NoViewsError, ViewSet, shown_surface
from occviewer.training.image_export import export_image_encoder, update_image_scores
from occviewer.training.image_losses import shape_loss
from occviewer.training.image_training import ImageSettings, ImageTrainer
from occviewer.training.live.examples import LiveSource
from occviewer.training.live.meshes import live_mesh
from occviewer.training.recipe import Optimisation
from occviewer.training.rendering.parts import Part
from occviewer.training.timed_run import part_means

from ..networks.small import small_network
from .pictures import save_pictures
from .solids import BALL, BOX, EGG, TABLE, save

CPU = torch.device("cpu")


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    """A data set of solids, and their pictures."""
    folder = tmp_path_factory.mktemp("data")
    counts = {"uniform": 4000, "near": 500, "surface": 3000}
    for name, solid in (("ball", BALL), ("egg", EGG), ("box", BOX), ("table", TABLE)):
        save(folder / "set", name, solid, **counts)
    save(folder / "set", "held back", EGG, "val", **counts)
    save_pictures(folder / "set", folder / "views")
    save(folder / "set", "never seen", BOX, **counts)
    return folder


def view_set(data, split="train"):
    return ViewSet([data / "views"], ShapeSet([data / "set"], split))


@pytest.fixture(scope="module")
def latent():
    network = small_network()
    features = network.encode(torch.rand(6, 200, 3) - 0.5)
    with torch.no_grad(), torch.random.fork_rng():
        torch.manual_seed(0)
        bottleneck = Bottleneck(
            **bottleneck_config(features),
            plane_sizes=(8, 8, 8, 16),
            grid_sizes=(8, 8, 16),
            plane_code=1,
            grid_code=3,
            outline=6,
            hidden=16,
        )
        bottleneck.learn_scale(features)
        # Random layers tell shapes apart hardly at all.
        for layer in (bottleneck.planes_narrow, bottleneck.grid_narrow, bottleneck.to_outline[-1]):
            layer.weight *= 30
    return network, bottleneck.eval()


def trainer(data, latent, run, **options):
    network, bottleneck = latent
    optimisation = Optimisation(
        **{"batch": 6, "warmup": 3, "steps": 3, "learning_rate": 2e-3, "average": 0.8, **options}
    )
    settings = ImageSettings(optimisation, pixels=32, clouds=4, queries=64)
    views = view_set(data), view_set(data, "val")
    return ImageTrainer(network, bottleneck.size, 0.0, settings, *views, {}, run, CPU)


def test_time_for_which_the_process_stood_still_is_no_training(data, latent, tmp_path, monkeypatch):
    monkeypatch.setattr("occviewer.training.timed_run._LONGEST_STEP", 0.0)
    training = trainer(data, latent, tmp_path)
    training.train()
    assert training.step == 3
    assert training.seconds == 0


def curves(run):
    return [json.loads(line) for line in (run / "curves.jsonl").read_text().splitlines()]


@pytest.mark.slow
def test_it_learns_to_see_then_to_complete_and_the_model_does_not_change(
    data, latent, tmp_path, monkeypatch
):
    monkeypatch.setattr("occviewer.training.timed_run.REPORT_EVERY", 0.0)
    before = {name: tensor.clone() for name, tensor in latent[0].state_dict().items()}
    run = trainer(data, latent, tmp_path, steps=30)
    run.train()
    lines = curves(tmp_path)
    seeing = [line for line in lines if "entry" in line]
    completing = [line for line in lines if "occupancy" in line]
    assert (len(seeing), len(completing)) == (18, 12)
    for part in ("shown", "entry", "exit", "camera"):
        values = [line[part] for line in seeing]
        assert np.mean(values[-6:]) < np.mean(values[:3]), part
    occupancy = [line["occupancy"] for line in completing]
    assert np.mean(occupancy[-6:]) < np.mean(occupancy[:3])
    assert {"val_iou", "val_azimuth_error", "val_entry", "val_exit"} <= lines[-1].keys()
    assert all(torch.equal(t, before[name]) for name, t in latent[0].state_dict().items())


def test_the_overlap_is_measured_by_queries_all_over_the_box():
    inside = torch.tensor([[1.0, 0.0, 1.0, 1.0, 0.0, 0.0]])
    sure = 40 * (2 * inside - 1)
    assert shape_loss(sure, inside, 0.0)["overlap"] == pytest.approx(0, abs=1e-6)
    # One of two is missed, and one beside them is taken for inside.
    other = torch.tensor([[-40.0, 40.0, -40.0, 40.0, 40.0, -40.0]])
    inside = torch.tensor([[0.0, 0.0, 0.0, 1.0, 0.0, 1.0]])
    assert shape_loss(other, inside, 0.0)["overlap"] == pytest.approx(2 / 3)
    # All of the box is inside where the level lies below every logit.
    assert shape_loss(other, inside, -1000.0)["overlap"] == pytest.approx(1 / 3)


def test_what_was_seen_is_fixed_while_the_cloud_encoder_learns(data, latent, tmp_path):
    run = trainer(data, latent, tmp_path, steps=5)
    states = []
    step = run._step

    def watched(batch):
        result = step(batch)
        states.append({name: t.clone() for name, t in run.encoder.state_dict().items()})
        return result

    run._step = watched
    run.train()
    seen, first, last = states[2], states[3], states[-1]
    moved = {name.split(".")[0] for name in last if not torch.equal(first[name], last[name])}
    assert moved == {"cloud"}
    assert not torch.equal(seen["maps.out.weight"], first["maps.out.weight"])  # the average's


@pytest.mark.slow
def test_a_stopped_run_goes_on_where_it_was(data, latent, tmp_path):
    run = trainer(data, latent, tmp_path, steps=4)
    run._report_line = lambda line: None
    step = run._step

    def one_step(batch):
        run.stop()
        return step(batch)

    run._step = one_step
    with pytest.raises(Cancelled, match="step 1"):
        run.train()
    again = trainer(data, latent, tmp_path, steps=4)
    assert again.step == 1
    for name, tensor in run.encoder.state_dict().items():
        torch.testing.assert_close(again.encoder.state_dict()[name], tensor)
    again.train()
    assert again.finished


def test_the_encoder_travels_in_the_models_file(data, latent, tmp_path):
    network, bottleneck = latent
    path = tmp_path / "toy.safetensors"
    save_checkpoint(path, network, ModelInfo(name="toy"), latent=bottleneck)
    assert load_image_encoder(path) is None
    run = trainer(data, latent, tmp_path / "run", steps=1)
    run.train()
    run.learn_spread(bottleneck)
    export_image_encoder(path, run, {})
    encoder = load_image_encoder(path)
    assert encoder.latent_std.shape == (bottleneck.size,)
    assert (encoder.latent_std != 1).all()
    images = torch.rand(2, 3, 32, 32)
    with torch.no_grad():
        for found, wanted in zip(encoder.see(images), run.averaged().see(images), strict=True):
            torch.testing.assert_close(found, wanted, atol=0.03, rtol=0.03)
    opened, info = load_checkpoint(path)
    assert all(
        torch.equal(tensor, network.state_dict()[name])
        for name, tensor in opened.state_dict().items()
    )
    assert info.training["image"]["shapes"] == 4
    card = path.with_suffix(".md").read_text()
    assert "- Image encoder: ResNet-18 from scratch on pictures of 32²" in card
    table = {"all": {"shapes": 2, "picture": {"iou": 0.5}, "refined": {"iou": 0.6}}}
    scores = {"pictures": 48, "views": 24, "azimuth_error": 12.3, "table": table}
    update_image_scores(path, scores)
    card = path.with_suffix(".md").read_text()
    assert "median error of the azimuth 12.3°" in card
    assert "**One picture, refined by its silhouette**" in card
    assert load_image_encoder(path) is not None


def test_how_lenient_to_be_is_found_on_other_shapes_and_travels_along(
    data, latent, tmp_path, monkeypatch
):
    network, bottleneck = latent
    run = trainer(data, latent, tmp_path / "run", steps=1)
    run.train()
    found = []
    # The more it may cost, the more lenient.
    for cost in (0.0, 0.01, 2.0):
        monkeypatch.setattr("occviewer.training.image_scores._COST", cost)
        run.learn_leniency()
        found.append(run.encoder.leniency)
    assert found == sorted(found)
    assert found[-1] == 1.0
    path = tmp_path / "toy.safetensors"
    save_checkpoint(path, network, ModelInfo(name="toy"), latent=bottleneck)
    export_image_encoder(path, run, {})
    assert load_image_encoder(path).leniency == 1.0
    assert "up to 1 logits below the threshold" in path.with_suffix(".md").read_text()
    again = trainer(data, latent, tmp_path / "run", steps=1)
    assert again.finished, "the state of a run is one whatever was found since"


def test_parameters_have_the_published_names():
    names = set(ImageEncoder(cloud_settings(small_network().config)).state_dict())
    assert {
        "features.conv1.weight",
        "features.bn1.running_mean",
        "features.layer2.0.downsample.0.weight",
        "features.layer4.1.bn2.bias",
    } <= names


def test_a_mirrored_picture_shows_the_mirrored_surface(data):
    views = view_set(data)
    index = next(i for i in views.usable if views.shapes.records[i].name == "table")
    view = views[index][1]
    flipped = mirrored(view)
    np.testing.assert_array_equal(flipped.mask[:, ::-1], view.mask)
    assert flipped.camera.azimuth == -view.camera.azimuth
    whole = Crop(0.0, 0.0, 48.0)
    surface = shown_surface(view, whole, 16)[:, :, ::-1].reshape(2, 3, 16, 16)
    found = shown_surface(flipped, whole, 16).reshape(2, 3, 16, 16)
    np.testing.assert_allclose(found[:, 1:], surface[:, 1:], atol=1e-5)
    np.testing.assert_allclose(found[:, 0], -surface[:, 0], atol=1e-5)


def test_the_surface_shown_is_that_of_the_shape_under_its_pixels(data):
    views = view_set(data)
    index = next(i for i in views.usable if views.shapes.records[i].name == "box")
    view, shape = views[index][2], views.shapes[index]
    in_front = replace(view.camera, azimuth=0.0)
    angle = torch.tensor([view.camera.azimuth])
    crop = Crop(5.0, 3.0, 40.0)
    entry, leaving = shown_surface(view, crop, 20).reshape(2, 3, -1)
    shown = np.isfinite(entry[0])
    rows, columns = np.divmod(np.flatnonzero(shown), 20)
    for places in (entry, leaving):
        pixels, _ = in_front.project(places[:, shown].T)
        wanted = np.stack([5 + 2 * (columns + 0.5), 3 + 2 * (rows + 0.5)], 1)
        np.testing.assert_allclose(pixels, wanted, atol=0.01)
        (points,) = turned(torch.from_numpy(places[:, shown].T[None].copy()), angle)
        apart = cKDTree(shape["surface"].astype(float)).query(points)[0]
        assert np.median(apart) < 0.04
    depth = [in_front.project(places[:, shown].T)[1] for places in (entry, leaving)]
    assert np.median(depth[1] - depth[0]) > 0.1
    outside = shown_surface(view, Crop(-40.0, 0.0, 40.0), 20)
    assert np.isnan(outside).all()


def test_inputs_vary_but_keep_their_size_and_the_plain_one_does_not(data):
    views = view_set(data)
    view = views[views.usable[0]][0]
    rng = np.random.default_rng(0)
    drawn = [varied_input(view, 40, rng) for _ in range(12)]
    assert all(picture.shape == (40, 40, 3) for picture, _ in drawn)
    assert len({picture.tobytes() for picture, _ in drawn}) == 12
    assert len({crop.left for _, crop in drawn}) == 12
    (one, crop), (other, again) = plain_input(view, 40), plain_input(view, 40)
    np.testing.assert_array_equal(one, other)
    assert crop == again


def test_symmetric_shapes_are_known(data):
    views = view_set(data)
    orders = {views.shapes.records[i].name: views.symmetry(i) for i in views.usable}
    assert orders["ball"] == 8
    assert orders["egg"] == orders["box"] == orders["table"] == 2


def test_shapes_without_views_are_left_out_and_none_is_said(data, tmp_path):
    views = view_set(data)
    names = {views.shapes.records[index].name for index in views.usable}
    assert names == {"ball", "egg", "box", "table"}
    with pytest.raises(NoViewsError, match="occviewer data render"):
        ViewSet([tmp_path], ShapeSet([data / "set"], "train"))
    assert ViewSet.if_any([tmp_path], ShapeSet([data / "set"], "train")) is None


def test_a_run_of_another_network_and_damaged_states_are_refused(data, latent, tmp_path):
    run = trainer(data, latent, tmp_path, steps=1)
    run._save_state()
    run.settings = replace(run.settings, pixels=40)
    with pytest.raises(DataError, match="another network"):
        ImageTrainer(
            latent[0], 6, 0.0, replace(run.settings), view_set(data), None, {}, tmp_path, CPU
        )
    (tmp_path / "state.pt").write_bytes(b"no state")
    with pytest.raises(DataError, match="damaged"):
        trainer(data, latent, tmp_path)


def test_curves_average_each_part_over_the_steps_that_have_it():
    steps = [{"shown": 1.0, "entry": 2.0}, {"shown": 3.0, "entry": 4.0}, {"occupancy": 5.0}]
    assert part_means(steps) == {"shown": 2.0, "entry": 3.0, "occupancy": 5.0}


def test_pictures_may_be_drawn_while_it_learns(data, latent, tmp_path):
    shapes = ShapeSet([data / "set"], "train")
    ball = trimesh.creation.icosphere(2, 0.5)
    part = Part(np.float32(ball.vertices), ball.faces, None, None, None, (0.5, 0.4, 0.3))
    number = [record.name for record in shapes.records].index("ball")
    source = LiveSource(shapes, {number: live_mesh([part])})
    network, bottleneck = latent
    settings = ImageSettings(
        Optimisation(batch=4, warmup=1, steps=4), pixels=32, clouds=2, queries=64, seeing=0.5
    )
    views = view_set(data)
    run = ImageTrainer(
        network, bottleneck.size, 0.0, settings, views, None, {}, tmp_path, CPU, source=source
    )
    run.train()
    assert run.step == 4
    run.learn_spread(bottleneck)
    path = tmp_path / "model.safetensors"
    save_checkpoint(path, network, ModelInfo(name="toy"), latent=bottleneck)
    export_image_encoder(path, run, {})
    card = path.with_suffix(".md").read_text()
    assert "a new picture each time of 1 shapes" in card
