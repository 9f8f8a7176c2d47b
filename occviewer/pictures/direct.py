"""Pictures through networks that take them themselves: a code, and no camera."""

from __future__ import annotations

from occviewer.errors import ObservationError
from occviewer.models.codes import Code
from occviewer.models.model import Model
from occviewer.models.observed import taken
from occviewer.observations.image import Image
from occviewer.observations.masking import Mask


class DirectDoor:
    """The way in for pictures of a model whose network observes images.

    Parameters
    ----------
    model : Model

    Raises
    ------
    ObservationError
        The model takes no images.
    """

    def __init__(self, model: Model) -> None:
        if model.network.observed != "image":
            raise ObservationError(
                f"The model {model.name!r} takes {taken(model.network)}, and this is an image; "
                "choose another model or another observation."
            )
        self.model = model

    def code(self, image: Image, mask: Mask) -> Code:
        """Encode what the mask leaves of a picture, cropped and before the model's screen.

        Raises
        ------
        ObservationError
            The mask is not of the picture.
        """
        return self.model.encode_image(image, mask)
