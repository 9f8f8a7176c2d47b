"""Views of solids without a renderer: points of the surface, coloured by where they lie."""

import numpy as np
from PIL import Image, ImageFilter

from occviewer.cameras import PictureCamera, fitted_centre_and_focal
from occviewer.training.shape_file import read_record
from occviewer.training.view_file import View, save_views

PIXELS = 48


def drawn(points, camera):
    """A picture and a mask of points (N, 3), far ones first."""
    pixels, depth = camera.project(points)
    order = np.argsort(-depth)
    columns, rows = pixels[order].astype(int).T
    picture = np.full((PIXELS, PIXELS, 3), 128, np.uint8)
    mask = np.zeros((PIXELS, PIXELS), np.uint8)
    seen = (rows >= 0) & (rows < PIXELS) & (columns >= 0) & (columns < PIXELS)
    picture[rows[seen], columns[seen]] = ((points[order][seen] + 0.5) * 255).clip(0, 255)
    mask[rows[seen], columns[seen]] = 255
    closed = Image.fromarray(mask).filter(ImageFilter.MaxFilter(3)).filter(ImageFilter.MinFilter(3))
    return picture, np.asarray(closed) > 127


def save_pictures(dataset, views, count=6):
    """Pictures of every shape of a data set of solids."""
    (views / "views").mkdir(parents=True)
    for path in sorted((dataset / "shapes").glob("*.safetensors")):
        from occviewer.training.shape_file import load_shape

        surface = load_shape(path)[0]["surface"].astype(np.float64)
        made = []
        for number in range(count):
            camera = PictureCamera(
                number * 360 / count - 180, 20.0, 2.5, 1.0, (0, 0), (PIXELS, PIXELS)
            )
            camera = fitted_centre_and_focal(camera, surface, (6, 6, 42, 42))
            made.append(View(*drawn(surface, camera), camera))
        save_views(views / "views" / path.name, made, read_record(path))
