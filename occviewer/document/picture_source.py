"""The picture that a shape is made of: its mask, its camera, and what was done to them."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, get_args

import numpy as np
from PIL import Image as Pillow

from occviewer.arrays import Float32Array
from occviewer.cameras import PictureCamera
from occviewer.document.checks import number, require, whole
from occviewer.document.shape_source import Kind, ShapeSource
from occviewer.observations.image import Image
from occviewer.observations.masking import (
    Box,
    Mask,
    MaskMethod,
    Stroke,
    drawn,
    find_mask,
    saliency_model,
)

if TYPE_CHECKING:
    from occviewer.models.codes import Code

MOST_OBJECTS = 1000
MOST_ROUNDS = 100_000
_MOST_STROKES = 10_000
_LARGEST_RADIUS = 4096.0
_LARGEST_CONTENT = 16 << 20  # bytes of a file that a session keeps as it is


@dataclass(frozen=True, eq=False)
class Picture:
    """A picture as it was read, with what a session file keeps of it.

    Attributes
    ----------
    image : Image
    content : bytes
        The file as it was; a PNG of what was read where there is none, or a very large one.
    """

    image: Image
    content: bytes = field(repr=False)

    def __post_init__(self) -> None:
        require(isinstance(self.image, Image), "A picture needs an Image.")
        require(isinstance(self.content, bytes) and bool(self.content), "A picture needs its file.")

    @classmethod
    def load(cls, path: Path) -> Picture:
        """Read a file.

        Raises
        ------
        ObservationError
            As `occviewer.observations.image.Image.load`.
        """
        image = Image.load(path)
        if path.stat().st_size > _LARGEST_CONTENT:
            return cls.of(image)
        return cls(image, path.read_bytes())

    @classmethod
    def of(cls, image: Image) -> Picture:
        """Make a picture that is in no file, such as one from the clipboard."""
        content = io.BytesIO()
        Pillow.fromarray(image.channels).save(content, "PNG", compress_level=1)
        return cls(image, content.getvalue())


@dataclass(frozen=True)
class Masking:
    """How the mask of a picture is found.

    Parameters
    ----------
    method : str
        Of `occviewer.observations.masking.find_mask`.
    box : (left, top, right, bottom), optional
        Pixels; what is outside is background.
    strokes : tuple of Stroke
        In the order in which they were drawn.
    object : int, optional
        Which of several objects is meant, from 1: the largest.
    given : Picture, optional
        A picture that is the mask.
    network : Path, optional
        ONNX file of the network that finds it.
    """

    method: MaskMethod = "auto"
    box: Box | None = None
    strokes: tuple[Stroke, ...] = ()
    object: int | None = None
    given: Picture | None = None
    network: Path | None = None

    def __post_init__(self) -> None:
        require(self.method in get_args(MaskMethod), f"No way to find a mask: {self.method!r}.")
        object.__setattr__(self, "strokes", tuple(self.strokes))
        require(len(self.strokes) <= _MOST_STROKES, "A mask has too many strokes.")
        if self.box is not None:
            left, top, right, bottom = (
                number(edge, "An edge of the box", -1e6, 1e6) for edge in self.box
            )
            require(left < right and top < bottom, "A box must have an area.")
            object.__setattr__(self, "box", (left, top, right, bottom))
        for stroke in self.strokes:
            require(isinstance(stroke, Stroke), "A stroke must be a Stroke.")
            number(stroke.radius, "The radius of a stroke", 0.1, _LARGEST_RADIUS)
        if self.object is not None:
            object.__setattr__(self, "object", whole(self.object, "The object", 1, MOST_OBJECTS))
        require(
            (self.method == "given") == (self.given is not None),
            "A mask is given by a picture, and by nothing else.",
        )
        require(
            (self.method == "model") == isinstance(self.network, Path),
            "A network finds a mask if its file is named, and only then.",
        )

    def find(self, image: Image) -> Mask:
        """Find the mask of a picture; takes a second or so.

        Raises
        ------
        SeveralObjectsError, ObservationError
            As `occviewer.observations.masking.find_mask`.
        """
        include, exclude = drawn(self.strokes, *image.size)
        return find_mask(
            image,
            box=self.box,
            include=include if include.any() else None,
            exclude=exclude if exclude.any() else None,
            number=self.object,
            method=self.method,
            given=None if self.given is None else self.given.image,
            network=None if self.network is None else saliency_model(self.network),
        )


@dataclass(frozen=True, eq=False)
class PictureFit:
    """What came of fitting the silhouette; the code of the shape is made of its vector.

    Attributes
    ----------
    vector : (Z,) float32
        Of the latent space of the document's model; read-only.
    camera : PictureCamera
        Of the whole picture.
    rounds : int
        Of all fits together.
    before, overlap : float
        Of the silhouette with the mask, 0 … 1, before and after.
    """

    vector: Float32Array
    camera: PictureCamera
    rounds: int
    before: float
    overlap: float

    def __post_init__(self) -> None:
        vector = np.array(self.vector, np.float32)
        vector.setflags(write=False)
        require(vector.ndim == 1 and bool(np.isfinite(vector).all()), "A vector must be finite.")
        require(isinstance(self.camera, PictureCamera), "A fit needs a PictureCamera.")
        object.__setattr__(self, "vector", vector)
        object.__setattr__(self, "rounds", whole(self.rounds, "Rounds", 0, MOST_ROUNDS))
        object.__setattr__(self, "before", number(self.before, "An overlap", 0, 1))
        object.__setattr__(self, "overlap", number(self.overlap, "An overlap", 0, 1))


def found_camera(code: Code) -> PictureCamera | None:
    """Camera that was found with the code of a picture; None for a code of anything else.

    Raises
    ------
    Exception
        Of any kind, where the facts of the code are not as they must be.
    """
    camera = code.facts.get("camera")
    return None if camera is None else PictureCamera.from_dict(camera)


@dataclass(frozen=True, eq=False)
class PictureSource(ShapeSource):
    """A picture as it was read, and how a shape is made of it; immutable.

    Parameters
    ----------
    picture : Picture
    path : Path, optional
        The file it was read from; the image's own by default.
    masking : Masking
        How the mask is found.
    mask : Mask, optional
        The one that was found so; None while it still has to be.
    camera : PictureCamera, optional
        As a person corrected it; None for that which was found.
    fit : PictureFit, optional
        What came of fitting the silhouette.
    textured : bool
        Whether the mesh gets the picture's colours.
    """

    kind: ClassVar[Kind] = "picture"

    picture: Picture
    path: Path | None = None
    masking: Masking = field(default_factory=Masking)
    mask: Mask | None = None
    camera: PictureCamera | None = None
    fit: PictureFit | None = None
    textured: bool = False

    def __post_init__(self) -> None:
        require(isinstance(self.picture, Picture), "A source needs a Picture.")
        require(isinstance(self.masking, Masking), "How a mask is found must be a Masking.")
        path = self.picture.image.source if self.path is None else Path(self.path)
        object.__setattr__(self, "path", path)
        width, height = self.image.size
        if self.mask is not None:
            require(isinstance(self.mask, Mask), "A mask must be a Mask.")
            require(self.mask.inside.shape == (height, width), "The mask is not of the picture.")
            require(bool(self.mask.inside.any()), "The mask is empty.")
        cameras = (self.camera, None if self.fit is None else self.fit.camera)
        require(
            all(camera is None or camera.size == (width, height) for camera in cameras),
            "The camera is not of the picture.",
        )
        require(isinstance(self.textured, bool), "Colours are on or off.")

    @property
    def image(self) -> Image:
        """The picture as it should be looked at."""
        return self.picture.image

    @property
    def is_ready(self) -> bool:
        """Whether the mask is there."""
        return self.mask is not None

    def camera_with(self, code: Code | None) -> PictureCamera | None:
        """Camera of the shape whose code was made of this picture; None while it is not known."""
        if self.camera is not None:
            return self.camera
        if self.fit is not None:
            return self.fit.camera
        return None if code is None else found_camera(code)

    def for_another_model(self) -> PictureSource:
        """Without the fit, whose vector is of the present model."""
        return self if self.fit is None else replace(self, fit=None)

    def weights(self) -> Iterator[tuple[int, int]]:
        """Identity and bytes of the pixels, the files, and the mask."""
        pictures = [self.picture]
        pictures += [] if self.masking.given is None else [self.masking.given]
        for picture in pictures:
            yield id(picture.content), len(picture.content)
            yield id(picture.image.pixels), picture.image.pixels.nbytes
            if picture.image.alpha is not None:
                yield id(picture.image.alpha), picture.image.alpha.nbytes
        if self.mask is not None:
            yield id(self.mask.inside), self.mask.inside.nbytes
