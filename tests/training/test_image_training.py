"""Training an image encoder over a small network, on pictures of solids."""

import json
from dataclasses import replace

import numpy as np
import pytest
import torch

from occviewer.errors import Cancelled, DataError
from occviewer.models.checkpoint import load_checkpoint, load_image_encoder, save_checkpoint
from occviewer.models.info import ModelInfo
from occviewer.networks.bottleneck import Bottleneck, bottleneck_config
from occviewer.networks.image_encoder import camera_angles, camera_loss, camera_numbers
from occviewer.training.dataset import ShapeSet
from occviewer.training.image_augmentation import mirrored, plain_input, varied_input
from occviewer.training.image_examples import ImageExamples, NoViewsError, Targets, ViewSet
from occviewer.training.image_export import export_image_encoder, update_image_scores
from occviewer.training.image_scores import symmetry_order
from occviewer.training.image_training import ImageSettings, ImageTrainer
from occviewer.training.recipe import Optimisation

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
        **{"batch": 8, "warmup": 3, "steps": 3, "learning_rate": 2e-3, "average": 0.8, **options}
    )
    settings = ImageSettings(optimisation, pixels=32, decoded=4, queries=64)
    return ImageTrainer(
        network,
        bottleneck,
        0.0,
        settings,
        view_set(data),
        view_set(data, "val"),
        {},
        run,
        CPU,
    )


def test_it_learns_shape_and_camera_and_the_model_does_not_change(
    data, latent, tmp_path, monkeypatch
):
    monkeypatch.setattr("occviewer.training.timed_run.REPORT_EVERY", 0.0)
    before = {name: tensor.clone() for name, tensor in latent[0].state_dict().items()}
    run = trainer(data, latent, tmp_path, steps=30)
    run.train()
    batch = ImageExamples(run.train_views, {}, 32, [7]).draw(16, 4, 64)
    wanted = torch.stack([run._targets.of(*shape) for shape in batch.shapes])
    with torch.no_grad():
        vectors, _ = run.averaged()(batch.images)
    spread = run.encoder.latent_std
    moved = ((vectors - wanted) / spread).square().mean()
    unmoved = ((run.encoder.latent_mean - wanted) / spread).square().mean()
    assert moved < 0.9 * unmoved
    assert all(torch.equal(t, before[name]) for name, t in latent[0].state_dict().items())
    lines = [json.loads(line) for line in (tmp_path / "curves.jsonl").read_text().splitlines()]
    assert {"val_iou", "val_azimuth_error"} <= lines[-1].keys()
    errors = [line["camera"] for line in lines if "camera" in line]
    assert np.mean(errors[-6:]) < 0.9 * np.mean(errors[:3])


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
    export_image_encoder(path, run, {})
    encoder = load_image_encoder(path)
    images = torch.rand(2, 3, 32, 32)
    with torch.no_grad():
        for found, wanted in zip(encoder(images), run.averaged()(images), strict=True):
            torch.testing.assert_close(found, wanted, atol=0.02, rtol=0.02)
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


def test_parameters_have_the_published_names():
    from occviewer.networks.image_encoder import ImageEncoder

    names = set(ImageEncoder(8).state_dict())
    assert {
        "features.conv1.weight",
        "features.bn1.running_mean",
        "features.layer2.0.downsample.0.weight",
        "features.layer4.1.bn2.bias",
    } <= names


def test_a_mirrored_picture_wants_the_mirrored_shape(data, latent):
    views = view_set(data)
    targets = Targets(*latent, views.shapes)
    index = next(i for i in views.usable if views.shapes.records[i].name == "table")
    view = views[index][1]
    flipped = mirrored(view)
    np.testing.assert_array_equal(flipped.mask[:, ::-1], view.mask)
    assert flipped.camera.azimuth == -view.camera.azimuth
    shape = views.shapes[index]
    turned = shape | {"surface": shape["surface"] * np.array([-1, 1, 1], np.float16)}
    wanted = Targets(*latent, {index: turned}).of(index)
    apart = (targets.of(index, mirror=True) - wanted).norm()
    # Only the noise of the clouds keeps them apart.
    assert apart < 0.5 * (targets.of(index) - wanted).norm()


def test_inputs_vary_but_keep_their_size_and_the_plain_one_does_not(data):
    views = view_set(data)
    view = views[views.usable[0]][0]
    rng = np.random.default_rng(0)
    drawn = [varied_input(view, 40, rng) for _ in range(12)]
    assert all(picture.shape == (40, 40, 3) for picture in drawn)
    assert len({picture.tobytes() for picture in drawn}) == 12
    np.testing.assert_array_equal(plain_input(view, 40), plain_input(view, 40))


def test_cameras_survive_their_numbers():
    azimuth = torch.tensor([-170.0, 0.0, 95.0])
    elevation, distance = torch.tensor([-5.0, 20.0, 45.0]), torch.tensor([1.6, 3.0, 6.0])
    found = camera_angles(camera_numbers(azimuth, elevation, distance))
    for one, other in zip(found, (azimuth, elevation, distance), strict=True):
        torch.testing.assert_close(one, other, atol=0.2, rtol=1e-4)


def test_of_two_sides_that_look_alike_a_camera_is_on_one():
    front, back = (camera_numbers(*torch.tensor([[a], [20.0], [3.0]])) for a in (30.0, -150.0))
    cameras = torch.logaddexp(front, back - 0.1)
    azimuth, _, _ = camera_angles(cameras)
    assert azimuth.item() == pytest.approx(30.0, abs=0.5)


def test_a_camera_is_worse_the_farther_it_is_off():
    true = camera_numbers(*torch.tensor([[30.0], [20.0], [3.0]]))
    losses = [
        camera_loss(camera_numbers(*torch.tensor([[30.0 + off], [20.0], [3.0]])), true)
        for off in (0, 10, 40, 120)
    ]
    assert losses == sorted(losses)


def test_symmetric_shapes_are_known(data):
    views = view_set(data)
    orders = {views.shapes.records[i].name: symmetry_order(views, i) for i in views.usable}
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
        ImageTrainer(*latent, 0.0, replace(run.settings), view_set(data), None, {}, tmp_path, CPU)
    (tmp_path / "state.pt").write_bytes(b"no state")
    with pytest.raises(DataError, match="damaged"):
        trainer(data, latent, tmp_path)
