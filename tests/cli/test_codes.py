"""``occviewer encode``, ``decode``, ``sample`` and ``interpolate``."""

import numpy as np
import pytest
import torch
from PIL import Image

from occviewer import cli
from occviewer.latent import latent_space
from occviewer.meshes import Mesh, film
from occviewer.models import Code, ModelInfo, open_model, save_checkpoint
from occviewer.networks.bottleneck import Bottleneck
from occviewer.observations import PointCloud

from ..models.conftest import with_surface
from ..networks.small import box_points, small_network

CENTRE = np.array([500_000.0, 4_000_000.0, 30.0])
INFO = ModelInfo(name="toy", threshold=0.3)


def fitting_bottleneck(network):
    """A bottleneck whose vectors all decode to about the features of one cloud."""
    features = network.encode(box_points(4, 200))
    torch.manual_seed(0)
    sizes = ((8, 8), (8,), 4, 4)
    bottleneck = Bottleneck(8, 16, 8, 8, *sizes, outline=6, hidden=16).requires_grad_(False)
    bottleneck.learn_scale(features)
    bottleneck.basis.zero_()[:6] = 0.5 * torch.eye(6)
    return bottleneck


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("models")


@pytest.fixture(scope="module")
def model(folder):
    path = folder / "toy.safetensors"
    network = with_surface(small_network())
    with torch.no_grad():
        # A surface whatever the features are: a ball, blurred by them.
        network.decoder.fc_out.bias += 0.5
        save_checkpoint(path, network, INFO, latent=fitting_bottleneck(network))
    return path


@pytest.fixture(scope="module")
def local(folder):
    path = folder / "local.safetensors"
    save_checkpoint(path, with_surface(small_network()), ModelInfo(name="local", threshold=0.3))
    return path


def scan(folder, name, sides):
    directions = np.random.default_rng(0).normal(size=(400, 3))
    directions /= np.linalg.norm(directions, axis=1, keepdims=True)
    PointCloud(directions * sides + CENTRE).save(folder / name)
    return folder / name


@pytest.fixture(scope="module")
def scans(folder):
    sides = {"a.ply": [2.0, 1.0, 0.5], "b.ply": [1.0, 2.0, 0.5], "c.ply": [1.0, 1.0, 1.0]}
    return [scan(folder, name, side) for name, side in sides.items()]


def run(command, model, *arguments):
    given = [command, "--model", model, "--device", "cpu", *arguments]
    if command in ("encode", "interpolate"):
        given += ["--align", "none"]
    if command != "encode":
        given += ["--resolution", "16"]
    return cli.main([str(argument) for argument in given])


@pytest.fixture(scope="module")
def code(model, scans, folder):
    assert run("encode", model, scans[0], "-o", folder / "a.npz") == 0
    return folder / "a.npz"


def sentence(capsys):
    return capsys.readouterr().err.splitlines()[-1]


def test_a_code_decodes_to_the_mesh_that_the_scan_gives(model, scans, code, tmp_path):
    assert run("decode", model, code, "-o", tmp_path / "one.ply") == 0
    assert run("reconstruct", model, scans[0], "-o", tmp_path / "other.ply", "--align", "none") == 0
    one, other = Mesh.load(tmp_path / "one.ply"), Mesh.load(tmp_path / "other.ply")
    assert np.allclose(one.vertices, other.vertices)
    assert np.abs(one.vertices - CENTRE).max() < 4


def test_offsets_and_detail_are_those_of_the_sliders(model, code, tmp_path):
    out = tmp_path / "slid.ply"
    slid = ("--offsets", "0=0.6,3=-0.4", "--detail", "0.7")
    assert run("decode", model, code, "-o", out, *slid) == 0
    opened = open_model(model, "cpu")
    edited = latent_space(opened).edited(Code.load(code), {0: 0.6, 3: -0.4}, 0.7)
    edited.save(tmp_path / "slid.npz")
    assert run("decode", model, tmp_path / "slid.npz", "-o", tmp_path / "again.ply") == 0
    assert run("decode", model, code, "-o", tmp_path / "still.ply") == 0
    found, again, still = (
        Mesh.load(tmp_path / f"{name}.ply").vertices for name in ("slid", "again", "still")
    )
    assert np.allclose(found, again)
    assert found.shape != still.shape or not np.allclose(found, still)


def test_samples_are_written_with_their_codes(model, tmp_path):
    out = tmp_path / "new"
    arguments = [
        "-n",
        2,
        "--seed",
        5,
        "--temperature",
        0.8,
        "--threshold",
        0.02,
        "-o",
        out,
        "--codes",
    ]
    assert run("sample", model, *arguments, "--format", "ply") == 0
    names = sorted(path.name for path in out.iterdir())
    assert names == ["sample-1.npz", "sample-1.ply", "sample-2.npz", "sample-2.ply"]
    again = latent_space(open_model(model, "cpu")).sample(2, 5, 0.8)[1]
    stored = Code.load(out / "sample-2.npz")
    assert all(torch.allclose(stored.tensors[n], t) for n, t in again.tensors.items())


def test_a_sample_without_a_surface_is_told_and_the_others_are_made(model, tmp_path, capsys):
    out = tmp_path / "new"
    assert run("sample", model, "-n", 2, "-o", out, "--threshold", 0.999) == 1
    lines = capsys.readouterr().err.splitlines()
    assert ["sample-1.glb was not written" in lines[0], "sample-2.glb" in lines[1]] == [True, True]
    assert "no surface at threshold 0.999" in lines[0]


def test_a_model_without_latent_space_says_so_in_a_sentence(local, tmp_path, capsys):
    assert run("sample", local, "-o", tmp_path / "new") == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert "'local' keeps shapes in local features without a latent vector" in line
    assert not (tmp_path / "new").exists()


def test_a_way_through_scans_and_codes_becomes_numbered_meshes(model, scans, code, tmp_path):
    out = tmp_path / "way"
    inputs = [code, *scans[1:]]
    assert run("interpolate", model, *inputs, "--frames", 10, "-o", out, "--format", "ply") == 0
    assert sorted(path.name for path in out.iterdir())[::9] == ["frame-01.ply", "frame-10.ply"]
    assert np.abs(Mesh.load(out / "frame-05.ply").vertices - CENTRE).max() < 4
    assert run("decode", model, code, "-o", tmp_path / "a.ply") == 0
    first, a = Mesh.load(out / "frame-01.ply"), Mesh.load(tmp_path / "a.ply")
    assert np.allclose(first.vertices, a.vertices)


@pytest.mark.parametrize("options", [[], ["--straight"], ["--loop"]])
def test_a_way_becomes_one_animated_file_for_any_model(local, scans, tmp_path, options):
    out = tmp_path / "morph.glb"
    assert run("interpolate", local, *scans, "--frames", 4, "-o", out, *options) == 0
    content = out.read_bytes()
    assert content[:4] == b"glTF"
    assert b'"frame 4"' in content
    assert b'"interpolation":"STEP"' in content


def test_a_way_becomes_a_film(model, scans, tmp_path, monkeypatch):
    shades = iter(range(0, 250, 40))

    def drawn(mesh, dots, camera, size, background):
        return np.full((size[1], size[0], 3), next(shades), np.uint8)

    monkeypatch.setattr(film, "_drawn", drawn)
    out = tmp_path / "film.gif"
    assert run("interpolate", model, *scans[:2], "--frames", 3, "-o", out, "--rate", 10) == 0
    with Image.open(out) as gif:
        assert gif.n_frames == 3


def test_a_film_that_cannot_be_written_is_said_before_any_work(
    model, scans, tmp_path, monkeypatch, capsys
):
    monkeypatch.setattr(film, "find_spec", lambda name: None)
    monkeypatch.setattr("occviewer.models.open_model", None)
    assert run("interpolate", model, *scans, "-o", tmp_path / "film.mp4") == 1
    assert "pip install imageio-ffmpeg" in sentence(capsys)


def test_a_code_of_another_model_is_named(model, local, code, tmp_path, capsys):
    assert run("decode", local, code, "-o", tmp_path / "m.ply") == 1
    assert "is a code of the model 'toy', and this is 'local'" in sentence(capsys)


def test_a_file_that_is_no_code_is_named(model, scans, tmp_path, capsys):
    assert run("decode", model, scans[0], "-o", tmp_path / "m.ply") == 1
    assert "a.ply is no code" in sentence(capsys)


def test_a_cloud_in_an_npz_file_is_a_scan(model, scans, tmp_path):
    points = PointCloud.load(scans[0]).points
    np.savez(tmp_path / "cloud.npz", points=points)
    assert run("encode", model, tmp_path / "cloud.npz", "-o", tmp_path / "code.npz") == 0


@pytest.mark.parametrize(
    ("command", "arguments", "said"),
    [
        ("encode", ["a.ply", "-o", "a.ply"], "does not end in .npz"),
        ("decode", ["a.npz", "-o", "a.npz"], "does not end in .glb"),
        ("decode", ["a.npz", "-o", "a.glb", "--offsets", "0:1"], "not AXIS=SIGMA"),
        ("decode", ["a.npz", "-o", "a.glb", "--offsets", "0=nan"], "not AXIS=SIGMA"),
        ("decode", ["a.npz", "-o", "a.glb", "--detail", "2"], "a share between 0 and 1"),
        ("sample", ["-o", "x", "--temperature", "-1"], "a number from 0"),
        ("interpolate", ["a.ply", "-o", "x"], "give two or more"),
        ("interpolate", ["a.ply", "b.ply", "-o", "x.obj"], "written as .glb"),
        ("interpolate", ["a.ply", "b.ply", "-o", "x", "--frames", "1"], "a whole number from 2"),
    ],
)
def test_wrong_usage_ends_with_status_two(model, command, arguments, said, capsys):
    with pytest.raises(SystemExit) as stop:
        run(command, model, *arguments)
    assert stop.value.code == 2
    assert said in capsys.readouterr().err


def test_a_film_without_a_folder_is_refused_before_any_work(model, scans, tmp_path, capsys):
    for name in ("none/film.gif", "none/morph.glb", "none/frames"):
        assert run("interpolate", model, *scans, "-o", tmp_path / name) == 1
        said = capsys.readouterr().err
        assert "does not exist; make it first" in said
        assert said.count("\n") == 1
