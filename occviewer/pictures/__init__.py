"""The picture door: from a picture and its mask to a code and a camera.

The code lies in the latent space of a model's scans, so that whatever works on those (sliders,
blends, interpolation) works on it as well.
"""

from occviewer.pictures.direct import DirectDoor
from occviewer.pictures.door import PictureDoor, PictureGuess, open_picture_door
from occviewer.pictures.fitting import Fit, FitSettings, fit_silhouette

__all__ = [
    "DirectDoor",
    "Fit",
    "FitSettings",
    "PictureDoor",
    "PictureGuess",
    "fit_silhouette",
    "open_picture_door",
]
