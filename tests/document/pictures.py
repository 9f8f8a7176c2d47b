"""Small picture sources to test with."""

from dataclasses import replace

import numpy as np

from occviewer.cameras import PictureCamera
from occviewer.document import Document, Picture, PictureFit, commands
from occviewer.models.codes import Code
from occviewer.observations.image import Image
from occviewer.observations.masking import Stroke

from .documents import MODEL, make_code

SIZE = (48, 40)
CAMERA = PictureCamera(30.0, 15.0, 2.5, 60.0, (24.5, 19.0), SIZE)
STROKES = (
    Stroke(((10.5, 11.25), (14.0, 20.0)), 3.0, True),
    Stroke(((40.0, 30.0),), 2.5, False),
)


def make_picture(path=None, seed=0):
    """A red block with a little noise before white."""
    pixels = np.full((SIZE[1], SIZE[0], 3), 250, np.uint8)
    pixels[10:30, 12:34] = np.random.default_rng(seed).integers(0, 60, (20, 22, 3)) + [150, 0, 0]
    return Picture.of(Image(pixels, path, ("was scaled down",)))


def make_mask(path="mask.png"):
    """A picture that is white where the block is."""
    pixels = np.zeros((SIZE[1], SIZE[0], 3), np.uint8)
    pixels[11:30, 12:34] = 255
    return Picture.of(Image(pixels, path))


def imported(path="chair.jpg"):
    """A document with a model and a picture whose mask is still to be found."""
    return commands.import_picture(Document(model=MODEL), make_picture(path)).document


def masked(document):
    """With the mask that the source wants."""
    source = document.shape.picture
    found = replace(source, mask=source.masking.find(source.image))
    return commands.with_source(document, source, found)


def seen(document, seed=0):
    """With mask and code, whose facts hold the camera that was found."""
    document = masked(document)
    code = make_code(seed)
    facts = {**code.facts, "camera": CAMERA.as_dict(), "overlap": 0.5}
    code = Code(code.tensors, code.placement, code.model, code.notes, facts)
    return commands.with_code(document, MODEL, document.shape.source, code)


def make_fit(rounds=20):
    return PictureFit(np.arange(5), replace(CAMERA, azimuth=33.0), rounds, 0.5, 0.75)
