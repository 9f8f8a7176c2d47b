"""The sample scans open, are what their list says, and lie on their truth."""

import argparse
import json
import shlex
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from scipy.spatial import cKDTree

from occviewer import Mesh, PointCloud
from occviewer.assets import resources
from occviewer.cli.data import add_data_commands
from occviewer.meshes import sample_surface
from occviewer.training.sweethome3d import TEST_LIBRARIES

FOLDER = resources() / "samples"
SAMPLES = json.loads((FOLDER / "samples.json").read_text(encoding="utf-8"))
README = (FOLDER / "README.md").read_text(encoding="utf-8")
STORAGE = {
    "chair": b"format binary_little_endian",
    "sofa": b"DATA binary_compressed",
    "table": b"x,y,z,",
    "bed": b"points.npy",
    "bookcase": b"format ascii",
    "lamp": b"DATA ascii",
    "armchair": b"# x y z",
    "stool": b"v ",
}


@pytest.fixture(params=SAMPLES, ids=lambda sample: sample["name"])
def sample(request):
    return request.param


@pytest.fixture
def cloud(sample):
    return PointCloud.load(FOLDER / sample["scan"])


@pytest.fixture
def truth(sample):
    return Mesh.load(FOLDER / sample["truth"])


def up_vector(sample):
    vector = np.zeros(3)
    vector["xyz".index(sample["up"][-1])] = -1 if sample["up"].startswith("-") else 1
    return vector


def test_there_are_enough_and_nothing_else_lies_about():
    assert {sample["name"] for sample in SAMPLES} == set(STORAGE)
    listed = {sample[key] for sample in SAMPLES for key in ("scan", "truth")}
    files = [path for path in FOLDER.rglob("*") if path.is_file()]
    names = {path.relative_to(FOLDER).as_posix() for path in files}
    pictures = {f"pictures/{Path(sample['scan']).stem}.png" for sample in SAMPLES}
    # Those are looked at in test_sample_pictures.
    names = {name for name in names if not name.startswith("photographs")}
    assert names == listed | pictures | {"samples.json", "README.md"}
    assert sum(path.stat().st_size for path in files) < 6e6


def test_a_picture_of_a_sample_suits_a_light_and_a_dark_gallery(sample):
    with Image.open(FOLDER / "pictures" / f"{Path(sample['scan']).stem}.png") as picture:
        opacity = np.asarray(picture.convert("RGBA"))[..., 3]
    assert (opacity[0] == 0).all(), "it has no ground of its own"
    assert 0.05 < (opacity == 255).mean() < 0.6, "and shows something"


def test_a_scan_opens_and_is_stored_as_listed(sample, cloud):
    assert STORAGE[sample["name"]] in (FOLDER / sample["scan"]).read_bytes()[:400]
    assert 3000 <= len(cloud) <= 8000
    assert ("normals" in sample["format"]) == (cloud.normals is not None)
    assert ("colours" in sample["format"]) == (cloud.colors is not None)
    assert not any("dropped" in note for note in cloud.notes)


def test_a_scan_lies_on_its_truth(cloud, truth):
    size = np.ptp(truth.bounds, axis=0).max()
    surface, _ = sample_surface(truth, 100_000, np.random.default_rng(0))
    middle = truth.bounds.mean(axis=0)
    distances, _ = cKDTree(surface - middle).query(cloud.points - middle)
    assert np.median(distances) < 0.01 * size
    assert np.quantile(distances, 0.95) < 0.04 * size
    assert np.median(distances) > 0.0005 * size, "a scan without noise is no scan"


def test_a_scan_shows_one_side_only(cloud, truth):
    size = np.ptp(truth.bounds, axis=0).max()
    surface, _ = sample_surface(truth, 20_000, np.random.default_rng(0))
    middle = truth.bounds.mean(axis=0)
    distances, _ = cKDTree(cloud.points - middle).query(surface - middle)
    assert 0.15 < (distances < 0.02 * size).mean() < 0.75


def test_units_and_upright_axis_are_as_listed(sample, cloud, truth):
    metres = np.ptp(truth.bounds, axis=0) * sample["metres_per_unit"]
    assert 0.4 < metres.max() < 2.2, "furniture is neither a toy nor a house"
    assert np.ptp(cloud.points, axis=0) * sample["metres_per_unit"] == pytest.approx(
        metres, abs=0.4
    )
    heights = {
        "chair": 0.8,
        "sofa": 0.8,
        "table": 0.72,
        "bed": 0.66,
        "bookcase": 1.86,
        "lamp": 0.8,
        "armchair": 0.7,
        "stool": 0.46,
    }
    height = float(metres @ np.abs(up_vector(sample)))
    assert height == pytest.approx(heights[sample["name"]], abs=0.02)


def test_up_is_up(sample, truth):
    """Furniture is widest at a different height than it stands on: known for each."""
    surface, _ = sample_surface(truth, 20_000, np.random.default_rng(0))
    along = surface @ up_vector(sample)
    share = float(((along - along.min()) / np.ptp(along)).mean())
    upper_half = {"chair": 0.55, "table": 0.8, "stool": 0.65, "lamp": 0.55}
    lower_half = {"sofa": 0.48, "bed": 0.5, "armchair": 0.5, "bookcase": 0.51}
    name = sample["name"]
    assert share > upper_half[name] if name in upper_half else share < lower_half[name]


def test_truth_is_small_and_georeferenced_coordinates_are_kept(sample, truth):
    assert 100 < len(truth.faces) < 22_000
    if sample["name"] == "armchair":
        assert truth.bounds.min(axis=0)[1] > 5e6
        assert truth.vertices.dtype == np.float64


def test_creator_and_licence_are_named(sample):
    assert sample["licence"].startswith(("CC-BY-", "CC0-"))
    assert sample["licence_url"].startswith("https://creativecommons.org/")
    assert sample["changes"]
    for key in ("scan", "truth", "creator", "licence", "licence_url", "source", "source_url"):
        assert sample[key] in README, key


def test_no_sample_is_of_a_shape_that_is_trained_on(sample):
    assert Path(sample["model"]).parts[1] in TEST_LIBRARIES


def test_the_command_in_the_readme_is_one_that_works(sample):
    assert sample["command"] in README
    program, *words = shlex.split(sample["command"])
    assert program == "occviewer"
    parser = argparse.ArgumentParser()
    add_data_commands(parser.add_subparsers(required=True))
    args = parser.parse_args(words)
    assert args.mesh.as_posix() == sample["model"]
    assert args.output.name == sample["scan"]
    assert args.truth.as_posix() == sample["truth"]
    assert (args.up_out or args.up) == sample["up"] or args.frame == "camera"
