"""A ball, a box and a table as meshes to draw, with labels from formulas."""

import numpy as np
import pytest
import torch
import trimesh

from occviewer.training.dataset import ShapeSet
from occviewer.training.live.examples import LiveSource
from occviewer.training.live.meshes import live_mesh
from occviewer.training.rendering.parts import Part

from ..solids import BALL, BOX, EGG, TABLE, save

CPU = torch.device("cpu")


def part(mesh, color=(0.8, 0.2, 0.1), **options):
    vertices, faces = np.asarray(mesh.vertices, np.float32), np.asarray(mesh.faces)
    return Part(vertices, faces, None, None, None, color, **options)


def box(low, high, **options):
    low, high = np.array(low), np.array(high)
    mesh = trimesh.creation.box(high - low)
    return part(mesh.apply_translation((low + high) / 2), **options)


def parts_of(name):
    if name == "ball":
        return [part(trimesh.creation.icosphere(4, 0.5))]
    solid = BOX if name == "box" else TABLE
    return [box(low, high) for low, high in solid.boxes]


@pytest.fixture(scope="session")
def shapes(tmp_path_factory):
    folder = tmp_path_factory.mktemp("solids")
    for name, solid in (("ball", BALL), ("box", BOX), ("table", TABLE)):
        save(folder, name, solid, uniform=4000, near=1000, surface=4000)
    save(folder, "held back", EGG, "val", uniform=100, near=100, surface=4000)
    return ShapeSet([folder], "train")


@pytest.fixture(scope="session")
def source(shapes):
    meshes = {i: live_mesh(parts_of(r.name)) for i, r in enumerate(shapes.records)}
    return LiveSource(shapes, meshes)


@pytest.fixture(scope="session")
def batch(source):
    return source.examples({}, 64, [3], CPU).draw(12, 12, 400)
