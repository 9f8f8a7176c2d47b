"""A tiny data set, and recipes to train on it."""

import pytest

from . import solids
from .tiny import as_toml, tiny_recipe


@pytest.fixture(scope="session")
def tiny_set(tmp_path_factory):
    """Eight training, two validation and two test shapes; not to be changed by a test."""
    folder = tmp_path_factory.mktemp("tiny") / "set"
    kinds = {"ball": solids.BALL, "egg": solids.EGG, "box": solids.BOX, "table": solids.TABLE}
    for kind, solid in kinds.items():
        for number in range(2):
            solids.save(folder, f"{kind}-{number}", solid, category=kind, seed=number)
    for split, kind in (("val", "ball"), ("val", "table"), ("test", "egg"), ("test", "box")):
        solids.save(folder, f"{split}-{kind}", kinds[kind], split, kind, seed=9)
    return folder


@pytest.fixture
def recipe():
    return tiny_recipe(steps=4)


@pytest.fixture
def toml(tmp_path):
    """Write the tiny recipe as a file, with options of the optimisation."""

    def write(**options):
        path = tmp_path / "tiny.toml"
        path.write_text(as_toml(tiny_recipe(**options)))
        return path

    return write
