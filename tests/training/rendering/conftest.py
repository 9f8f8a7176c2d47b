"""A cube of 2 units with a red front, and what a prepared data set says of it."""

import numpy as np
import pytest
from PIL import Image

from occviewer.training.shape_file import ShapeRecord

_OBJ = """mtllib cube.mtl
v -1 -1 1
v 1 -1 1
v 1 1 1
v -1 1 1
v -1 -1 -1
v 1 -1 -1
v 1 1 -1
v -1 1 -1
vt 0 0
vt 1 0
vt 1 1
vt 0 1
usemtl front
f 1/1 2/2 3/3 4/4
usemtl rest
f 6 5 8 7
f 2 6 7 3
f 5 1 4 8
f 4 3 7 8
f 5 6 2 1
"""
_MTL = """newmtl front
Kd 1 1 1
map_Kd front.png
newmtl rest
Kd 0.1 0.2 0.9
d 0.05
"""


@pytest.fixture(scope="session")
def cube(tmp_path_factory):
    """The mesh file; its front's texture is red below and green above, its rest is glass."""
    folder = tmp_path_factory.mktemp("cube") / "box"
    folder.mkdir()
    texture = np.zeros((8, 8, 3), np.uint8)
    texture[:4, :, 1] = texture[4:, :, 0] = 255
    Image.fromarray(texture).save(folder / "front.png")
    (folder / "cube.mtl").write_text(_MTL)
    (folder / "cube.obj").write_text(_OBJ)
    return folder / "cube.obj"


@pytest.fixture(scope="session")
def record():
    return ShapeRecord(
        "cube", "box", "train", "box/cube.obj", scale=0.5, rotation=[1, 0, 0, 0, 1, 0, 0, 0, 1]
    )
