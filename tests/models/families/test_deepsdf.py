"""DeepSDF: published files, stored codes, and codes found by optimisation."""

from __future__ import annotations

import json

import numpy as np
import pytest
import torch

from occviewer.errors import Cancelled, CheckpointError
from occviewer.models import Code, load_checkpoint, open_model, save_checkpoint
from occviewer.models.known_codes import drawn_codes, stored_codes, stored_names
from occviewer.observations import PointCloud
from occviewer.placement import Placement

from .published import Weights, assert_logits, random_state
from .test_onet import QUERIES

Z, WIDTH, LAYERS = 8, 32, 9
RADIUS = 1 / 1.03


def published_state(width=WIDTH, z=Z, layers=LAYERS, seed=0):
    """The published layout: code and query come once more at layer 4; weight norms."""
    shapes, size = {}, z + 3
    for i in range(layers):
        size = size + z + 3 if i == 4 else size
        out = 1 if i == layers - 1 else width - z - 3 if i == 3 else width
        if i == layers - 1:
            shapes |= {f"lin{i}.weight": (out, size), f"lin{i}.bias": (out,)}
        else:
            shapes |= {f"lin{i}.weight_v": (out, size), f"lin{i}.weight_g": (out, 1)}
            shapes[f"lin{i}.bias"] = (out,)
        size = out
    return random_state(shapes, seed)


def write_experiment(folder, state, codes, as_embedding=False):
    (folder / "ModelParameters").mkdir(parents=True)
    (folder / "LatentCodes").mkdir()
    (folder / "specs.json").write_text(
        json.dumps({"NetworkArch": "deep_sdf_decoder", "NetworkSpecs": {"use_tanh": False}})
    )
    wrapped = {f"module.{name}": tensor for name, tensor in state.items()}
    torch.save(
        {"epoch": 2000, "model_state_dict": wrapped}, folder / "ModelParameters" / "latest.pth"
    )
    stored = {"weight": codes} if as_embedding else codes[:, None]
    torch.save({"epoch": 2000, "latent_codes": stored}, folder / "LatentCodes" / "latest.pth")


def distances(state, z, points):
    """Signed distances (M,), negative inside, as section 4 and its figure 3 have them."""
    w = Weights(state)
    given = torch.cat([z.double().expand(len(points), -1), points.double()], 1)
    x = given
    for i in range(LAYERS):
        x = torch.cat([x, given], 1) if i == 4 else x
        if w.has(f"lin{i}.weight_v"):
            direction = w(f"lin{i}.weight_v")
            weight = w(f"lin{i}.weight_g") * direction / direction.norm(dim=1, keepdim=True)
        else:
            weight = w(f"lin{i}.weight")
        x = x @ weight.T + w(f"lin{i}.bias")
        x = x.clamp(min=0) if i < LAYERS - 1 else torch.tanh(x)
    return x[:, 0]


@pytest.mark.parametrize("as_embedding", [False, True])
def test_an_experiment_opens_with_the_codes_of_its_shapes(as_embedding, tmp_path):
    state, codes = published_state(), torch.randn(5, Z)
    write_experiment(tmp_path / "chairs", state, codes, as_embedding)
    for path in (tmp_path / "chairs", tmp_path / "chairs" / "ModelParameters" / "latest.pth"):
        model = open_model(path, "cpu")
        assert (model.name, model.info.family) == ("chairs", "deepsdf")
        assert (model.info.values, model.level) == ("distance", 0)
        found = stored_codes(model)
        assert torch.equal(torch.stack([code.tensors["z"] for code in found]), codes)
    queries = QUERIES[0] * 0.9
    field = model.field(found[3])
    # The published network is asked in units of the sphere, and is negative inside.
    assert_logits(-field.logits(queries), distances(state, codes[3], queries * 2 * RADIUS))
    assert model.field(found[3], 0.2).level < 0 < model.field(found[3], 0.8).level


def test_layers_of_other_specifications_are_recognised(tmp_path):
    """Layer norms in the place of weight norms, the query at every layer, a tanh more."""
    shapes = {}
    for i, (size_in, out) in enumerate([(Z + 3, 13), (16, 13), (16, 13), (16, 1)]):
        shapes |= {f"lin{i}.weight": (out, size_in), f"lin{i}.bias": (out,)}
        if i < 3:
            shapes |= {f"bn{i}.weight": (out,), f"bn{i}.bias": (out,)}
    state = random_state(shapes)
    torch.save({"model_state_dict": state}, tmp_path / "latest.pth")
    model = open_model(tmp_path / "latest.pth", "cpu", settings={"tanh": True})
    z, w = torch.randn(1, Z), Weights(state)
    with torch.no_grad():
        found = model.network.decode(QUERIES, {"z": z})[0]
    xyz = QUERIES[0].double() * 2 * RADIUS
    x = torch.cat([z.double().expand(len(xyz), -1), xyz], 1)
    for i in range(3):
        x = w.linear(f"lin{i}", torch.cat([x, xyz], 1) if i else x)
        x = (x - x.mean(1, keepdim=True)) / (x.var(1, keepdim=True, unbiased=False) + 1e-5).sqrt()
        x = (x * w(f"bn{i}.weight") + w(f"bn{i}.bias")).clamp(min=0)
    x = torch.tanh(torch.tanh(w.linear("lin3", torch.cat([x, xyz], 1))))
    assert_logits(found, -x[:, 0])


def test_codes_come_along_when_it_is_saved_as_safetensors(tmp_path):
    write_experiment(tmp_path / "chairs", published_state(), torch.randn(4, Z))
    model = open_model(tmp_path / "chairs", "cpu")
    save_checkpoint(tmp_path / "m.safetensors", model.network, model.info)
    again = open_model(tmp_path / "m.safetensors", "cpu")
    assert load_checkpoint(tmp_path / "m.safetensors")[1].values == "distance"
    first, second = stored_codes(model)[1], stored_codes(again)[1]
    points = QUERIES[0].numpy()
    assert np.array_equal(model.field(first).logits(points), again.field(second).logits(points))


def test_codes_are_drawn_as_the_stored_ones_are_spread(tmp_path):
    codes = torch.randn(300, Z) * 0.1 + 2
    write_experiment(tmp_path / "chairs", published_state(), codes)
    drawn = drawn_codes(open_model(tmp_path / "chairs", "cpu"), 300, seed=1)
    values = torch.stack([code.tensors["z"] for code in drawn])
    assert values.mean() == pytest.approx(2, abs=0.02)
    assert values.std(0).mean() == pytest.approx(0.1, abs=0.02)


def test_a_file_of_codes_without_codes_is_said(tmp_path):
    write_experiment(tmp_path / "chairs", published_state(), torch.randn(4, Z))
    torch.save({"epoch": 3}, tmp_path / "chairs" / "LatentCodes" / "latest.pth")
    with pytest.raises(CheckpointError, match=r"LatentCodes.*latent_codes"):
        open_model(tmp_path / "chairs", "cpu")


@pytest.fixture
def spheres(tmp_path):
    """A decoder that knows spheres of the radius 0.5 plus the first number of the code.

    The mean over all directions of what reaches into them is a quarter of the length.
    """
    count = 400
    turns = torch.arange(count) * torch.pi * (3 - 5**0.5)
    height = 1 - (2 * torch.arange(count) + 1) / count
    round_ = (1 - height**2).sqrt()
    state = {"lin0.weight": torch.zeros(count + 2, 4), "lin0.bias": torch.zeros(count + 2)}
    around = torch.stack([round_ * turns.cos(), height, round_ * turns.sin()], 1)
    state["lin0.weight"][:count, 1:] = around
    state["lin0.weight"][count, 0], state["lin0.weight"][count + 1, 0] = 1, -1
    last = torch.full((1, count + 2), 4 / count)
    last[0, count], last[0, count + 1] = -1, 1
    state |= {"lin1.weight": last, "lin1.bias": torch.full((1,), -0.5)}
    torch.save({"model_state_dict": state}, tmp_path / "spheres.pth")
    return open_model(tmp_path / "spheres.pth", "cpu")


@pytest.mark.parametrize("with_normals", [False, True])
def test_a_cloud_is_encoded_by_optimisation_with_progress_and_previews(spheres, with_normals):
    radius = 0.62  # of the network's units
    directions = np.random.default_rng(0).normal(size=(200, 3))
    directions /= np.linalg.norm(directions, axis=1, keepdims=True)
    where = Placement(scale=0.5 / 7, centre=np.array([1000.0, 5.0, -20.0]))
    points = where.to_world(directions * radius / (2 * RADIUS))
    shares, seen = [], []
    code = spheres.encode(
        PointCloud(points, normals=directions if with_normals else None),
        placement=where,
        steps=120,
        progress=shares.append,
        preview=seen.append,
    )
    assert float(code.tensors["z"][0]) == pytest.approx(radius - 0.5, abs=0.01)
    assert shares == sorted(shares)
    assert shares[-1] == pytest.approx(1)
    assert [type(item) for item in seen] == [Code] * 4  # after 10, 25, 50 and 100 steps
    assert code.facts["steps"] == 120


def test_the_search_for_a_code_can_be_stopped(spheres):
    def stop(share):
        if share > 0.95:
            raise Cancelled

    directions = np.random.default_rng(0).normal(size=(300, 3))
    with pytest.raises(Cancelled):
        spheres.encode(PointCloud(directions), progress=stop)


def test_a_search_that_is_stopped_keeps_what_it_reached(spheres):
    shares = []
    code = spheres.encode(
        PointCloud(np.random.default_rng(0).normal(size=(300, 3))),
        progress=shares.append,
        stopped=lambda: len(shares) > 12,
    )
    assert 5 < code.facts["steps"] < 20
    assert f"the search was stopped after {code.facts['steps']} of 800 steps" in code.notes


def test_shapes_are_named_as_the_training_split_has_them(tmp_path):
    folder = tmp_path / "examples" / "chairs"
    write_experiment(folder, published_state(), torch.zeros(3, Z))
    assert stored_names(open_model(folder, "cpu")) == ("Shape 1", "Shape 2", "Shape 3")
    specs = json.loads((folder / "specs.json").read_text())
    specs["TrainSplit"] = "examples/splits/chairs.json"
    (folder / "specs.json").write_text(json.dumps(specs))
    (tmp_path / "examples" / "splits").mkdir()
    split = {"ShapeNetV2": {"03001627": ["a1", "b2"], "04256520": ["c3"]}}
    (tmp_path / "examples" / "splits" / "chairs.json").write_text(json.dumps(split))
    assert stored_names(open_model(folder, "cpu")) == ("a1", "b2", "c3")
    split["ShapeNetV2"]["03001627"].pop()
    (tmp_path / "examples" / "splits" / "chairs.json").write_text(json.dumps(split))
    assert stored_names(open_model(folder, "cpu"))[0] == "Shape 1"


def test_clouds_are_normalised_by_the_sphere_that_holds_them(spheres):
    corners = np.array(np.meshgrid([0.0, 2.0], [0.0, 2.0], [0.0, 1.0])).reshape(3, -1).T
    sides = np.concatenate([corners, corners + [0.001, 0, 0], corners + [0, 0.001, 0]])
    code = spheres.encode(PointCloud(sides), steps=2)
    box = code.placement.to_box(sides)
    assert np.linalg.norm(box, axis=1).max() == pytest.approx(0.5, abs=1e-3)
