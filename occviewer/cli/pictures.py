"""Pictures as inputs of ``occviewer reconstruct``: photographs, renders and depth pictures."""

from __future__ import annotations

import argparse
import math
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from occviewer.cli.arguments import number, positive

if TYPE_CHECKING:
    from occviewer.cameras import PictureCamera
    from occviewer.meshes import Mesh
    from occviewer.models import Code, Model
    from occviewer.observations import PointCloud
    from occviewer.observations.image import Image
    from occviewer.observations.masking import Mask

# As the modules of observations say, which help does not wait for.
PICTURE_SUFFIXES = (
    ".png", ".jpg", ".jpeg", ".webp", ".tif", ".tiff", ".bmp", ".heic", ".heif",
)  # fmt: skip
# Pictures that are not read, of which the reader of pictures says why.
_REFUSED_SUFFIXES = (".avif", ".exr", ".gif")
_COLOURED = (".glb", ".obj", ".ply")
_TEXTURED = (".glb", ".obj")
_ROUNDS = 30
_MASKING = ("mask", "mask_model", "box", "object")
_ONLY_PICTURES = ("mask", "mask_model", "texture", "refine", "box", "object")


@dataclass(frozen=True)
class SeenShape:
    """What came of one picture."""

    code: Code
    image: Image
    mask: Mask | None
    camera: PictureCamera | None = None

    def overlap(self, mesh: Mesh) -> float | None:
        """Of the silhouette of a mesh of the box frame with the mask; None without a camera."""
        from occviewer.meshes.silhouettes import compared

        if self.camera is None or self.mask is None:
            return None
        return compared(mesh, self.camera, self.mask.inside).overlap

    def coloured(self, mesh: Mesh, texture: str) -> Mesh:
        """Lay the picture's colours on a mesh of the box frame: ``uv`` or ``vertex``."""
        from occviewer.meshes.texturing import coloured_by_picture, textured_by_picture

        assert self.camera is not None
        assert self.mask is not None
        lay = textured_by_picture if texture == "uv" else coloured_by_picture
        return lay(mesh, self.camera, self.image.pixels, self.mask.inside)


def add_picture_options(parser: argparse.ArgumentParser) -> None:
    """Add what is only for pictures, and for depth pictures."""
    add = parser.add_argument_group("for pictures").add_argument
    add("--mask", type=Path, metavar="MASK", help="picture that is white, or opaque, at the object")
    add(
        "--mask-model",
        type=Path,
        metavar="FILE",
        help="ONNX file of U2-Net, IS-Net or BiRefNet that removes the background (needs the "
        "extra onnx)",
    )
    add(
        "--box",
        type=float,
        nargs=4,
        metavar=("LEFT", "TOP", "RIGHT", "BOTTOM"),
        help="where the object is, in pixels, for backgrounds that are not plain",
    )
    add("--object", type=positive, metavar="N", help="which of several objects (1 is the largest)")
    add(
        "--texture",
        nargs="?",
        const="auto",
        choices=("auto", "uv", "vertex"),
        help="lay the picture's colours on the mesh: uv bakes a texture (.glb, .obj with .mtl and "
        ".png) and reduces the mesh to 20,000 triangles, vertex colours the vertices; auto, or "
        "nothing, is uv where the format holds it",
    )
    add(
        "--refine",
        type=number(lambda value: value >= 0 and value == int(value), "a whole number from 0"),
        metavar="N",
        help=f"rounds of fitting the silhouette (default: {_ROUNDS})",
    )
    add = parser.add_argument_group("for depth pictures").add_argument
    add("--depth", action="store_true", help="the inputs are depth pictures: PNG, TIFF, NPY or EXR")
    add(
        "--fov",
        type=number(lambda value: 1 <= value <= 170, "an angle from 1 to 170"),
        metavar="DEG",
        help="field of view along the longer side (default: 60)",
    )
    add("--intrinsics", type=Path, metavar="FILE", help="camera matrix as text or JSON")
    add(
        "--depth-unit",
        type=number(lambda value: 0 < value < math.inf, "a number above 0"),
        metavar="U",
        help="stored numbers a metre (default: 1000 for whole numbers, else 1)",
    )


def is_picture(args: argparse.Namespace, source: Path) -> bool:
    """Whether an input is a picture of colours."""
    return not args.depth and source.suffix.lower() in PICTURE_SUFFIXES + _REFUSED_SUFFIXES


def check_picture_options(parser: argparse.ArgumentParser, args: argparse.Namespace) -> None:
    """Refuse what does not fit the inputs or each other, before any work."""
    pictures = [path for path in args.inputs if is_picture(args, path)]
    given = [name for name in _ONLY_PICTURES if getattr(args, name) not in (None, False)]
    if given and not pictures:
        option = given[0].replace("_", "-")
        parser.error(f"--{option} is for pictures, and no input is one")
    if (args.mask is not None or args.box is not None) and len(args.inputs) > 1:
        parser.error("--mask and --box are of one picture; give one input")
    places = [name for name in ("mask", "mask_model", "box") if getattr(args, name) is not None]
    if places[1:]:
        both = " and ".join(f"--{name.replace('_', '-')}" for name in places[:2])
        parser.error(f"{both} both say where the object is; give one of them")
    for name in ("fov", "intrinsics", "depth_unit"):
        if getattr(args, name) is not None and not args.depth:
            parser.error(f"--{name.replace('_', '-')} is for depth pictures; add --depth")
    if args.fov is not None and args.intrinsics is not None:
        parser.error("--fov and --intrinsics both say what the camera is; give one of them")
    if pictures and (args.up is not None or args.yaw is not None or args.colours == "scan"):
        parser.error("--up, --yaw and --colours scan are for scans, not for pictures")
    if args.texture and args.colours != "none":
        parser.error("--texture and --colours both colour the mesh; give one of them")
    suffix = args.output.suffix.lower() or f".{args.format or 'glb'}"
    if args.texture == "auto":
        args.texture = "uv" if suffix in _TEXTURED else "vertex"
    able = {"uv": _TEXTURED, "vertex": _COLOURED}.get(args.texture, (suffix,))
    if suffix not in able:
        what = "texture" if args.texture == "uv" else "colours"
        parser.error(f"{suffix} holds no {what}; write {' or '.join(able)}")


def see_picture(args: argparse.Namespace, model: Model, source: Path) -> SeenShape:
    """Read a picture, find the object, encode it and fit its silhouette.

    Raises
    ------
    OccviewerError
        The picture cannot be read or shows no object, or the model knows no pictures.
    """
    from occviewer.observations.image import Image
    from occviewer.pictures import FitSettings, fit_silhouette, open_picture_door

    if model.network.observed == "image":
        return _seen_by_itself(args, model, Image.load(source))
    door = open_picture_door(model)
    image = Image.load(source)
    mask = _mask_of(args, image)
    guess = door.guess(image, mask)
    rounds = _ROUNDS if args.refine is None else int(args.refine)
    if not rounds:
        return SeenShape(guess.code, image, mask, guess.camera)
    settings = FitSettings(rounds=rounds, seed=args.seed)
    fit = fit_silhouette(door, guess, mask.inside, settings)
    return SeenShape(fit.code, image, mask, fit.camera)


def _mask_of(args: argparse.Namespace, image: Image) -> Mask:
    from occviewer.observations.image import Image
    from occviewer.observations.masking import find_mask, given_mask, model_mask, saliency_model

    if args.mask is not None:
        return given_mask(image, Image.load(args.mask), args.object)
    if args.mask_model is not None:
        return model_mask(image, saliency_model(args.mask_model), args.object)
    box = None if args.box is None else tuple(args.box)
    return find_mask(image, box=box, number=args.object)


def _seen_by_itself(args: argparse.Namespace, model: Model, image: Image) -> SeenShape:
    """Encode a picture with a network that takes pictures, and knows of no camera."""
    from occviewer.cli.observing import mask_for
    from occviewer.errors import ObservationError

    for name in ("texture", "refine"):
        if getattr(args, name):
            raise ObservationError(
                f"The model {model.name!r} does not say from where {image.name} was taken, which "
                f"--{name} needs; leave it out."
            )
    asked = any(getattr(args, name) is not None for name in _MASKING)
    mask = _mask_of(args, image) if asked else mask_for(model, image)
    return SeenShape(model.encode_image(image, mask), image, mask)


def load_depth(args: argparse.Namespace, source: Path) -> PointCloud:
    """Read a depth picture as a cloud.

    Raises
    ------
    ObservationError
        The file is no depth picture, or its camera cannot be read.
    """
    from occviewer.observations.depth_camera import FIELD_OF_VIEW, Intrinsics
    from occviewer.observations.depth_image import cloud_of_depth, read_depth

    depth = read_depth(source, args.depth_unit)
    height, width = depth.shape
    if args.intrinsics is not None:
        intrinsics = Intrinsics.load(args.intrinsics)
    else:
        intrinsics = Intrinsics.guessed(width, height, args.fov or FIELD_OF_VIEW)
    return cloud_of_depth(depth, intrinsics, source=source)
