"""What the compute thread does with pictures: masks, codes and cameras. No Qt here."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from occviewer.document.picture_source import Masking, PictureSource

if TYPE_CHECKING:
    from occviewer.models import Code, Model
    from occviewer.pictures import PictureDoor

Progress = Callable[[float], None]


def with_mask(source: PictureSource) -> PictureSource:
    """Find the mask of a picture.

    Raises
    ------
    SeveralObjectsError, ObservationError
        As `occviewer.observations.masking.find_mask`.
    """
    return replace(source, mask=source.masking.find(source.image))


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
        import torch

        assert source.mask is not None
        if self._model.network.observed == "image":
            return self._encoded_by_itself(source)
        door = self._door
        progress(0.1)
        if source.fit is not None:
            vector = torch.from_numpy(source.fit.vector.copy()).to(door.model.device)
            found = {"camera": source.fit.camera.as_dict(), "overlap": source.fit.overlap}
            code = door.space.code_at(vector, notes=("silhouette fitted",))
        else:
            guess = door.guess(source.image, source.mask)
            found = {"camera": guess.camera.as_dict(), "overlap": guess.overlap}
            code = guess.code
        return replace(code, facts={**code.facts, **found})

    def _encoded_by_itself(self, source: PictureSource) -> Code:
        """Encode with a network that takes pictures, and knows of no camera."""
        from occviewer.models.observed import looks_rendered

        # A render before white goes in as the network knows such, unless it was worked on.
        as_it_is = source.masking == Masking() and looks_rendered(source.image)
        return self._model.encode_image(source.image, None if as_it_is else source.mask)
