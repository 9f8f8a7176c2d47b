"""What the compute thread does with pictures: masks, codes, cameras and fits. No Qt here."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from occviewer.cameras import PictureCamera
from occviewer.document.picture_source import Masking, PictureFit, PictureSource
from occviewer.gui.deferred import load_opencv_library

if TYPE_CHECKING:
    from torch import Tensor

    from occviewer.models import Code, Model
    from occviewer.pictures import PictureDoor

Progress = Callable[[float], None]

PIXELS = "network_pixels"
"""Among the facts of a code: side of what the network was given."""


@dataclass(frozen=True)
class DirectInput:
    """What an image network got of a picture, by the facts of its code.

    Attributes
    ----------
    side : int
        Pixels a side.
    whole : bool
        Whether it got the whole picture, not the object cut out.
    screen : (int, int, int)
    room : float
        As `occviewer.models.observed.pixels_for` has them.
    """

    side: int
    whole: bool
    screen: tuple[int, int, int]
    room: float

    @classmethod
    def of(cls, facts: Mapping[str, Any]) -> DirectInput | None:
        """Read the facts of a code; None where it is of another kind of model."""
        try:
            red, green, blue = (min(max(int(part), 0), 255) for part in facts["screen"])
            side, room = int(facts["pixels_used"]), float(facts["room"])
            fits = 1 <= side <= 4096 and 0 <= room <= 10
            whole = bool(facts["whole_picture"])
        except (KeyError, TypeError, ValueError):
            return None  # facts of a session file can be anything
        return cls(side, whole, (red, green, blue), room) if fits else None


def with_mask(source: PictureSource) -> PictureSource:
    """Find the mask of a picture.

    Raises
    ------
    SeveralObjectsError, ObservationError
        As `occviewer.observations.masking.find_mask`.
    """
    load_opencv_library()
    return replace(source, mask=source.masking.find(source.image))


@dataclass(frozen=True, eq=False)
class Refined:
    """What came of a refinement, or comes of it so far.

    Attributes
    ----------
    code : Code
    fit : PictureFit
    """

    code: Code
    fit: PictureFit


class PictureStudio:
    """Makes shapes of pictures with one model.

    Parameters
    ----------
    model : Model
        The open one.
    """

    def __init__(self, model: Model) -> None:
        self._model = model
        self._opened: PictureDoor | None = None

    @property
    def _door(self) -> PictureDoor:
        """The model's way in for pictures, opened once.

        Raises
        ------
        CheckpointError
            It has none.
        """
        from occviewer.pictures import open_picture_door

        if self._opened is None:
            self._opened = open_picture_door(self._model)
        return self._opened

    def encode(self, source: PictureSource, progress: Progress = lambda share: None) -> Code:
        """Make the code of a picture whose mask is there; its facts hold the camera.

        Raises
        ------
        ObservationError
            Nothing solid came out.
        CheckpointError
            The model makes no shapes of pictures.
        """
        assert source.mask is not None
        if self._model.network.observed == "image":
            return self._encoded_by_itself(source)
        door = self._door
        progress(0.1)
        if source.fit is not None:
            return self._code_of(source, source.fit)
        guess = door.guess(source.image, source.mask)
        return self._told(guess.code, guess.camera)

    def refine(
        self,
        source: PictureSource,
        code: Code,
        rounds: int,
        *,
        progress: Progress,
        stopped: Callable[[], bool],
        seen: Callable[[Callable[[], Code], PictureCamera], None],
    ) -> Refined | None:
        """Fit the silhouette of a shape to the mask; None where no round made it better.

        Parameters
        ----------
        source : PictureSource
            With its mask.
        code : Code
            Where to begin: the shape as it is shown.
        rounds : int
        progress : callable
            Told which share is done after every round; may raise `Cancelled`.
        stopped : callable
            Says whether to stop and keep what was reached.
        seen : callable
            Given after every round what makes the code, and the camera.
        """
        from occviewer.pictures import FitSettings, fit_silhouette
        from occviewer.pictures.door import PictureGuess

        door, mask, camera = self._door, source.mask, source.camera_with(code)
        assert mask is not None
        assert camera is not None
        picture, crop = door.network_input(source.image, mask)
        vector, detail = door.space.latent_of(code).vector, self._detail_of(source)
        guess = PictureGuess(code, vector, detail, camera, 0.0, picture, crop)
        done = 0

        def after_round(vector: Tensor, camera: PictureCamera) -> None:
            nonlocal done
            done += 1
            seen(lambda: door.space.code_at(vector, detail=detail), camera)

        fit = fit_silhouette(
            door,
            guess,
            mask.inside,
            FitSettings(rounds=rounds),
            progress=progress,
            stopped=stopped,
            seen=after_round,
        )
        if fit.overlap <= fit.before:
            return None
        before = 0 if source.fit is None else source.fit.rounds
        kept = PictureFit(
            fit.vector.cpu().numpy(), fit.camera, before + done, fit.before, fit.overlap
        )
        return Refined(self._code_of(source, kept), kept)

    def _detail_of(self, source: PictureSource) -> Mapping[str, Tensor]:
        """Find what the code of a picture holds beyond its vector, before all fits."""
        assert source.mask is not None
        return self._door.space.latent_of(self._door.code(source.image, source.mask)).detail

    def _code_of(self, source: PictureSource, fit: PictureFit) -> Code:
        """Make the code of a fit: the same every time, since sessions keep only its vector."""
        import torch

        door = self._door
        vector = torch.from_numpy(fit.vector.copy()).to(door.model.device)
        note = "silhouette fitted to the mask"
        code = door.space.code_at(vector, notes=(note,), detail=self._detail_of(source))
        return self._told(code, fit.camera)

    def _told(self, code: Code, camera: PictureCamera) -> Code:
        found = {"camera": camera.as_dict(), PIXELS: self._door.encoder.pixels}
        return replace(code, facts={**code.facts, **found})

    def _encoded_by_itself(self, source: PictureSource) -> Code:
        """Encode with a network that takes pictures, and knows of no camera."""
        # A render before white goes in as the network knows such, unless it was worked on.
        as_it_is = source.masking == Masking() and self._model.takes_whole(source.image)
        return self._model.encode_image(source.image, None if as_it_is else source.mask)
