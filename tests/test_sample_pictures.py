"""The sample pictures are pictures of test shapes, small, credited, and show one object."""

import argparse
import json
import shlex

import numpy as np
import pytest

from occviewer.assets import resources
from occviewer.cli.data import add_data_commands
from occviewer.observations.image import Image
from occviewer.observations.masking import find_mask

FOLDER = resources() / "samples"
PICTURES = json.loads((FOLDER / "photographs.json").read_text(encoding="utf-8"))
README = (FOLDER / "README.md").read_text(encoding="utf-8")


def test_there_are_six_and_no_others():
    assert len(PICTURES) >= 6
    listed = {(FOLDER / about["picture"]).name for about in PICTURES}
    assert listed == {path.name for path in (FOLDER / "photographs").iterdir()}


@pytest.mark.parametrize("about", PICTURES, ids=lambda about: about["name"])
def test_each_is_small_and_credited_and_its_object_can_be_found(about):
    path = FOLDER / about["picture"]
    assert path.stat().st_size < 60_000
    assert about["licence"].startswith(("CC-BY-3.0", "CC0"))
    assert about["creator"]
    assert f"`{about['picture']}`" in README
    image = Image.load(path)
    width, height = image.size
    box = (0.12 * width, 0.12 * height, 0.88 * width, 0.88 * height)
    share = find_mask(image, box=box).inside.mean()
    assert 0.04 < share < 0.5


@pytest.mark.parametrize("about", PICTURES, ids=lambda about: about["name"])
def test_the_command_that_made_it_is_there_and_of_a_test_shape(about):
    (line,) = (
        line
        for line in README.splitlines()
        if line.startswith("occviewer data photograph") and about["picture"] in line
    )
    parser = argparse.ArgumentParser()
    add_data_commands(parser.add_subparsers(required=True))
    args = parser.parse_args(shlex.split(line)[1:])
    assert args.name == about["shape"]
    assert args.name.startswith(("katorlegaz-", "blendswap-cc-by-"))


def test_a_shape_is_drawn_on_a_floor_with_its_shadow():
    from occviewer.training.rendering.parts import Part
    from occviewer.training.rendering.photographs import photograph

    corners = np.array([[x, y, z] for x in (-0.2, 0.2) for y in (-0.5, 0.3) for z in (-0.2, 0.2)])
    faces = [[0, 1, 3], [0, 3, 2], [4, 6, 7], [4, 7, 5], [0, 4, 5], [0, 5, 1]]
    faces += [[2, 3, 7], [2, 7, 6], [0, 2, 6], [0, 6, 4], [1, 5, 7], [1, 7, 3]]
    box = Part(corners.astype(np.float32), np.array(faces), None, None, None, (0.8, 0.1, 0.1))
    picture = photograph([box], 25.0, 20.0, 3.0, 96, 1).astype(int)
    np.testing.assert_array_equal(picture, photograph([box], 25.0, 20.0, 3.0, 96, 1))
    red = (picture[..., 0] > 2 * picture[..., 1]) & (picture[..., 0] > 2 * picture[..., 2])
    assert 0.05 < red.mean() < 0.5
    lower = picture[-12:].mean(2)
    beside = np.concatenate([picture[60:84, :30], picture[60:84, -30:]]).mean(2)
    assert beside.min() < lower.min() - 8
