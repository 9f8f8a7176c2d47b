"""Masks by a network that somebody trained to find what stands out in a picture.

The networks are those that users of rembg have as ONNX files: U²-Net (Qin et al., 2020,
"U²-Net: going deeper with nested U-structure for salient object detection"), IS-Net (Qin et
al., 2022, "Highly accurate dichotomous image segmentation") and BiRefNet (Zheng et al., 2024,
"Bilateral reference for high-resolution dichotomous image segmentation"). The person names the
file; nothing is ever downloaded.
"""

from __future__ import annotations

import os
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image as Pillow

from occviewer.arrays import BoolArray, Float32Array, Float64Array
from occviewer.errors import ObservationError
from occviewer.files import why_not_read
from occviewer.observations.image import Image

# Of ImageNet, in the range 0 to 1; IS-Net was trained without the division.
_MEAN = (0.485, 0.456, 0.406)
_DEVIATION = (0.229, 0.224, 0.225)
_UNDIVIDED = ("isnet", "is-net", "is_net")
_SMALL = ("u2net", "silueta")  # trained on 320 pixels a side, the others on 1024
_TYPES = {"tensor(float)": np.float32, "tensor(float16)": np.float16}
_LEAST_PEAK = 0.5  # of the saliency: below, nothing in the picture stands out
_EXPECTED = "one picture (1, 3, S, S) in and a map (1, 1, S, S) out, as U2-Net, IS-Net and BiRefNet"


def require_onnxruntime(why: str) -> None:
    """Refuse what needs onnxruntime where it is not installed.

    Parameters
    ----------
    why : str
        What it is needed for, as the beginning of a sentence.

    Raises
    ------
    ObservationError
        It is not installed.
    """
    try:
        import onnxruntime  # noqa: F401
    except ImportError as error:
        raise ObservationError(
            f"{why}, the optional library onnxruntime is needed; "
            'install it with: pip install "occviewer[onnx]"'
        ) from error


def saliency_model(path: str | os.PathLike[str]) -> SaliencyModel:
    """Open a model, or give the one that was opened last if it is of the same file.

    Some have a gigabyte, and are asked again after every stroke of a brush.

    Raises
    ------
    ObservationError
        As `SaliencyModel`.
    """
    path = Path(path)
    try:
        known = path.stat()
    except OSError as error:
        require_onnxruntime(f"To mask pictures with {path}")
        raise ObservationError(why_not_read(path, error)) from error
    return _opened(path, known.st_mtime_ns, known.st_size)


@lru_cache(maxsize=1)
def _opened(path: Path, changed: int, size: int) -> SaliencyModel:
    return SaliencyModel(path)


class SaliencyModel:
    """A network in an ONNX file that tells an object from its background.

    Which numbers it is given depends on what it is: they are divided by ImageNet's standard
    deviation except for a file with "isnet" in its name. The size is that of the network's
    input; where this is open, 320 for "u2net" and "silueta", else 1024.

    Parameters
    ----------
    path : path
        ONNX file.

    Attributes
    ----------
    path : Path
    size : (int, int)
        Width and height in pixels that the network looks at.

    Raises
    ------
    ObservationError
        onnxruntime is not installed, or the file cannot be read, is no ONNX model, or is one
        with other inputs.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self.path = Path(path)
        require_onnxruntime(f"To mask pictures with {path}")
        import onnxruntime

        try:
            with self.path.open("rb"):
                pass  # onnxruntime's own words about it would name no file
        except OSError as error:
            raise ObservationError(why_not_read(self.path, error)) from error
        options = onnxruntime.SessionOptions()
        options.log_severity_level = 4  # what is wrong is said once, by us
        try:
            self._session: Any = onnxruntime.InferenceSession(
                str(self.path), options, providers=["CPUExecutionProvider"]
            )
        except Exception as error:  # onnxruntime raises a dozen types of its own
            raise ObservationError(
                f"{path} is no ONNX model that can be read, or is damaged "
                f"({_reason(error)}); choose another file, or copy it again."
            ) from error
        inputs = self._session.get_inputs()
        shape = list(inputs[0].shape) if len(inputs) == 1 else []
        fits = (
            len(shape) == 4
            and inputs[0].type in _TYPES
            # Lengths that are open are names or None.
            and (shape[0] == 1 or not isinstance(shape[0], int))
            and (shape[1] == 3 or not isinstance(shape[1], int))
        )
        if not fits:
            taken = ", ".join(f"{one.name} {list(one.shape)} of {one.type}" for one in inputs)
            raise ObservationError(
                f"{path} takes {taken or 'nothing'}, which is no picture; choose a model with "
                f"{_EXPECTED} have."
            )
        self._input = inputs[0].name
        self._dtype = _TYPES[inputs[0].type]
        name = self.path.name.lower()
        side = 320 if any(word in name for word in _SMALL) else 1024
        height, width = (one if isinstance(one, int) else side for one in shape[2:])
        self.size = (width, height)
        divided = not any(word in name for word in _UNDIVIDED)
        self._deviation = _DEVIATION if divided else (1.0, 1.0, 1.0)
        self._last: tuple[Image, BoolArray] | None = None

    def inside(self, image: Image) -> BoolArray:
        """Mask (H, W) of what stands out, read-only; empty where nothing does.

        What is transparent in the picture is white to the network. That of the last picture is
        kept.

        Raises
        ------
        ObservationError
            The network fails, or what comes out is no map.
        """
        last = self._last
        if last is not None and last[0] is image:
            return last[1]
        found = self._found_in(image)
        found.setflags(write=False)
        self._last = image, found
        return found

    def _found_in(self, image: Image) -> BoolArray:
        saliency = _probability(self._run(self._prepared(image)))
        peak, least = float(saliency.max()), float(saliency.min())
        if peak < _LEAST_PEAK:
            return np.zeros(image.pixels.shape[:2], bool)
        if least < _LEAST_PEAK:  # stretched, as those who trained the networks do
            saliency = (saliency - least) / (peak - least)
        scaled = Pillow.fromarray(saliency.astype(np.float32)).resize(
            image.size, Pillow.Resampling.BILINEAR
        )
        found: BoolArray = np.asarray(scaled) >= 0.5
        return found

    def _prepared(self, image: Image) -> Float32Array:
        colors: Float64Array = image.pixels.astype(np.float64)
        if image.alpha is not None:
            opacity = image.alpha[..., None] / 255
            colors = colors * opacity + 255 * (1 - opacity)
        picture = Pillow.fromarray(np.round(colors).astype(np.uint8))
        resized = np.asarray(picture.resize(self.size, Pillow.Resampling.LANCZOS), np.float64)
        # By the brightest, as in their training.
        normal = (resized / max(float(resized.max()), 1e-6) - _MEAN) / self._deviation
        return normal.transpose(2, 0, 1)[None].astype(self._dtype)

    def _run(self, picture: Float32Array) -> Float64Array:
        try:
            found = self._session.run([self._session.get_outputs()[0].name], {self._input: picture})
        except Exception as error:  # as above
            raise ObservationError(
                f"{self.path} could not be run on a picture of {self.size[0]} x {self.size[1]} "
                f"({_reason(error)}); choose a model with {_EXPECTED} have."
            ) from error
        shape = np.shape(found[0])
        if len(shape) not in (3, 4) or any(length != 1 for length in shape[:-2]):
            raise ObservationError(
                f"{self.path} gives {shape}, which is no map of one object; choose a model with "
                f"{_EXPECTED} have."
            )
        saliency = np.asarray(found[0], np.float64).reshape(shape[-2:])
        if not np.isfinite(saliency).all():
            raise ObservationError(
                f"{self.path} gives numbers that are not finite; choose another model."
            )
        return saliency


def _probability(saliency: Float64Array) -> Float64Array:
    """Take the sigmoid of what has none yet, as BiRefNet's files leave it out."""
    if saliency.min() >= 0 and saliency.max() <= 1:
        return saliency
    probability: Float64Array = 1 / (1 + np.exp(-saliency.clip(-50, 50)))
    return probability


def _reason(error: Exception) -> str:
    return " ".join(str(error).split())[:120]
