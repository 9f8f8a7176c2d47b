"""Pictures through networks that take them themselves: a code, and no camera."""

from __future__ import annotations

import numpy as np

from occviewer.cutouts import crop_around, network_input
from occviewer.errors import ObservationError
from occviewer.models.codes import Code
from occviewer.models.model import Model
from occviewer.models.observed import taken
from occviewer.observations.image import Image
from occviewer.observations.masking import Mask
from occviewer.placement import Placement


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
        mask.check_fits(image)
        info, side = self.model.info, self.model.network.side
        crop = crop_around(mask.bounds)
        seen = network_input(image.pixels, mask.inside, crop, side, info.screen)
        pixels = seen.transpose(2, 0, 1)[None].astype(np.float32) / np.float32(255)
        features = {name: tensor[0] for name, tensor in self.model.features(pixels).items()}
        notes = (f"seen in a picture; background by {mask.method}", *image.notes, *mask.notes)
        return Code(features, Placement(), self.model.name, notes, {"pixels_used": side})
