"""The image: what a picture is once it has been read."""

from __future__ import annotations

import io
import os
import warnings
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image as Pillow
from PIL import ImageOps, UnidentifiedImageError

from occviewer.arrays import UInt8Array
from occviewer.errors import ObservationError
from occviewer.files import why_not_read

IMAGE_SUFFIXES = (".png", ".jpg", ".jpeg", ".webp", ".tif", ".tiff", ".bmp", ".heic", ".heif")
"""Suffixes of the pictures that are read, with their dots and in lower case."""

REFUSED_SUFFIXES = (".avif", ".exr", ".gif")
"""Suffixes of pictures that are not read, of which `Image.load` says why."""

LARGEST_SIDE = 2048
"""Pixels that a picture's longer side keeps: what is larger is scaled down."""

SMALLEST_SIDE = 16
"""Pixels that a picture's shorter side needs to show a shape."""

_FORMATS = {"PNG": (".png",), "JPEG": (".jpg", ".jpeg"), "WEBP": (".webp",), "BMP": (".bmp",)}
_HEIC = "HEIF"
_FORMATS |= {"TIFF": (".tif", ".tiff"), _HEIC: (".heic", ".heif")}
_HEIC_BRANDS = (b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1")
_ALPHA_MODES = ("RGBA", "LA", "PA", "La", "RGBa")


@dataclass(frozen=True, eq=False, init=False, repr=False)
class Image:
    """A picture as it should be looked at: upright, 8 bits a channel; immutable.

    Parameters
    ----------
    pixels : (H, W), (H, W, 3) or (H, W, 4) array-like of uint8
        Grey, red-green-blue, or these with alpha.
    source : path, optional
        File that it was read from.
    notes : sequence of str
        What was changed while reading.

    Attributes
    ----------
    pixels : (H, W, 3) uint8
        Red, green, blue; cannot be written to.
    alpha : (H, W) uint8 or None
        Opacity, where the picture has any transparency.

    Raises
    ------
    ObservationError
        The array is no picture, or the picture is too small to show a shape.
    """

    pixels: UInt8Array
    alpha: UInt8Array | None
    source: Path | None
    notes: tuple[str, ...]

    def __init__(
        self,
        pixels: npt.ArrayLike,
        source: str | os.PathLike[str] | None = None,
        notes: tuple[str, ...] | list[str] = (),
    ) -> None:
        array = np.asarray(pixels)
        name = "The picture" if source is None else str(source)
        if array.ndim == 2:
            array = np.repeat(array[..., None], 3, axis=2)
        if array.dtype != np.uint8 or array.ndim != 3 or array.shape[2] not in (3, 4):
            raise ObservationError(
                f"A picture is an array (H, W, 3) or (H, W, 4) of uint8, not {array.shape} of "
                f"{array.dtype}."
            )
        height, width = array.shape[:2]
        if min(height, width) < SMALLEST_SIDE:
            raise ObservationError(
                f"{name} has {width} x {height} pixels, too few to show a shape; choose a "
                f"picture of at least {SMALLEST_SIDE} x {SMALLEST_SIDE}."
            )
        color = np.array(array[..., :3])
        alpha = None
        if array.shape[2] == 4 and (array[..., 3] < 255).any():
            alpha = np.array(array[..., 3])
            alpha.setflags(write=False)
        color.setflags(write=False)
        object.__setattr__(self, "pixels", color)
        object.__setattr__(self, "alpha", alpha)
        object.__setattr__(self, "source", None if source is None else Path(source))
        object.__setattr__(self, "notes", tuple(notes))

    def __repr__(self) -> str:
        height, width = self.pixels.shape[:2]
        transparency = ", with transparency" if self.alpha is not None else ""
        return f"Image({width} x {height}{transparency}, source={self.source})"

    @property
    def size(self) -> tuple[int, int]:
        """Width and height in pixels."""
        return self.pixels.shape[1], self.pixels.shape[0]

    @property
    def channels(self) -> UInt8Array:
        """The pixels (H, W, 3), or with their alpha (H, W, 4); what `Image` is made of."""
        return self.pixels if self.alpha is None else np.dstack([self.pixels, self.alpha])

    @property
    def name(self) -> str:
        """How messages call the picture."""
        return "The picture" if self.source is None else str(self.source)

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> Image:
        """Read a PNG, JPEG, WebP, HEIC, TIFF or BMP file, turned as its EXIF data say.

        Pictures whose longer side has more than `LARGEST_SIDE` pixels are scaled down.

        Raises
        ------
        ObservationError
            The file cannot be read or is no such picture, is cut off, or has too few or
            far too many pixels.
        """
        path = Path(path)
        return cls._read(path, path)

    @classmethod
    def decode(cls, content: bytes, source: str | os.PathLike[str] | None = None) -> Image:
        """Read the bytes of a file that `load` would read.

        Parameters
        ----------
        content : bytes
        source : path, optional
            Where they are from.

        Raises
        ------
        ObservationError
            As for `load`.
        """
        return cls._read(io.BytesIO(content), None if source is None else Path(source))

    @classmethod
    def _read(cls, file: Path | io.BytesIO, source: Path | None) -> Image:
        notes: list[str] = []
        name = "The picture" if source is None else str(source)
        try:
            with warnings.catch_warnings():
                # That a picture is large; what is too large is an error of its own.
                warnings.simplefilter("ignore")
                with Pillow.open(file, formats=_formats_for(_head(file))) as opened:
                    pixels = _decoded(opened, source, notes)
        except Pillow.DecompressionBombError as error:
            raise ObservationError(
                f"{name} has more pixels than fit into the memory of most machines; scale it down "
                "to at most 10,000 x 10,000 first."
            ) from error
        except UnidentifiedImageError as error:
            raise ObservationError(_what_instead(name, _head(file))) from error
        except OSError as error:
            if error.errno is not None and source is not None:
                raise ObservationError(why_not_read(source, error)) from error
            raise _damaged(name, error) from error
        except MemoryError as error:
            raise ObservationError(
                f"{name} does not fit into the memory of this machine; scale it down first."
            ) from error
        except Exception as error:  # whatever a damaged file does to a decoder
            raise _damaged(name, error) from error
        return cls(pixels, source, notes)


def _decoded(file: Pillow.Image, path: Path | None, notes: list[str]) -> UInt8Array:
    width, height = file.size
    suffix = "" if path is None else path.suffix.lower()
    if suffix and suffix not in _FORMATS.get(file.format or "", ()):
        notes.append(f"is a {file.format} picture, whatever its name says")
    if getattr(file, "n_frames", 1) > 1:
        notes.append(f"the first of {getattr(file, 'n_frames', 1)} pictures in the file was taken")
    # JPEGs decode to a half, a quarter or an eighth for the asking.
    file.draft("RGB", (LARGEST_SIDE, LARGEST_SIDE))
    image: Pillow.Image = file
    if image.mode.startswith("I") or image.mode == "F":
        image = _eight_bits(image, notes)
    has_alpha = image.mode in _ALPHA_MODES or "transparency" in image.info
    image = ImageOps.exif_transpose(image)
    if image.mode not in ("RGB", "RGBA", "L"):
        notes.append(f"was converted from {image.mode}")
    image = image.convert("RGBA" if has_alpha else "RGB")
    if max(width, height) > LARGEST_SIDE:
        # Colours of transparent pixels mean nothing: resizing weighs them by their alpha.
        image.thumbnail((LARGEST_SIDE, LARGEST_SIDE), Pillow.Resampling.LANCZOS)
        notes.append(
            f"was scaled down from {width:,} x {height:,} to {image.width:,} x {image.height:,}"
        )
    return np.array(image)


def _eight_bits(image: Pillow.Image, notes: list[str]) -> Pillow.Image:
    """Scale 16 or 32 bits a pixel to 8; EXIF data stay with the picture."""
    values = np.asarray(image).astype(np.float64)
    values = np.where(np.isfinite(values), values, 0.0)
    largest = float(values.max(initial=0.0))
    white = next((w for w in (1.0, 255.0, 65535.0) if image.mode == "F" and largest <= w), 65535.0)
    white = max(white, largest)
    notes.append("was reduced from 16 or more bits to 8")
    reduced = Pillow.fromarray(np.round(255 * values.clip(0) / white).astype(np.uint8))
    exif = image.getexif()
    if exif:
        reduced.info["exif"] = exif.tobytes()
    return reduced


def _head(file: Path | io.BytesIO) -> bytes:
    if isinstance(file, io.BytesIO):
        return file.getvalue()[:32]
    with file.open("rb") as stream:
        return stream.read(32)


def _is_heic(head: bytes) -> bool:
    return head[4:8] == b"ftyp" and head[8:12] in _HEIC_BRANDS


def _formats_for(head: bytes) -> list[str]:
    """Name the formats that Pillow is to try, and teach it HEIC when a file of it comes."""
    if not _is_heic(head):
        return [name for name in _FORMATS if name != _HEIC]
    # Not pillow-heif, whose wheels can write HEIC too and for that contain x265 under the GPL.
    import pi_heif

    pi_heif.register_heif_opener()
    return [_HEIC]


def _what_instead(path: str, head: bytes) -> str:
    """Say what a file is that is no picture."""
    readable = "PNG, JPEG, WebP, HEIC, TIFF or BMP"
    if not head:
        return f"{path} is empty (0 bytes); copy or export the picture again."
    if head[4:12] == b"ftypavif":
        return f"{path} is an AVIF picture, which is not read; save it as {readable}."
    if _is_heic(head):
        return f"{path} is a HEIC picture, but damaged or cut off; copy or export it again."
    if head.startswith(b"\x76\x2f\x31\x01"):
        return (
            f"{path} is an EXR file; if it holds depth, read it as a depth picture (--depth), else "
            f"save it as {readable}."
        )
    if head.startswith((b"GIF8", b"%PDF", b"8BPS", b"<svg", b"<?xml")):
        kind = head[:4].decode("latin-1").strip("%<?8")
        return f"{path} is a {kind.upper()} file; save it as {readable}."
    return (
        f"{path} is no picture that can be read, or its beginning is damaged; choose a file in "
        f"{readable}."
    )


def _damaged(path: str, error: Exception) -> ObservationError:
    reason = " ".join(str(error).split())[:100]
    return ObservationError(
        f"{path} is damaged or cut off ({reason}); copy or export the picture again."
    )
