"""Views of solids without a renderer: points of the surface, coloured by where they lie."""

import numpy as np
from PIL import Image, ImageFilter
from scipy import ndimage

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


def depths_of(points, camera, mask):
    """Depths (2, H, W) of the nearest and the farthest of points (N, 3) behind every pixel."""
    pixels, depth = camera.project(points)
    columns, rows = pixels.astype(int).clip(0, PIXELS - 1).T
    first, last = np.full((PIXELS, PIXELS), np.inf), np.full((PIXELS, PIXELS), -np.inf)
    np.minimum.at(first, (rows, columns), depth)
    np.maximum.at(last, (rows, columns), depth)
    # Pixels between the points are as the nearest that has any.
    nearest = ndimage.distance_transform_edt(np.isinf(first), return_indices=True)[1]
    depths = np.stack([first, last])[:, nearest[0], nearest[1]]
    return np.where(mask, depths, np.nan).astype(np.float32)


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
            picture, mask = drawn(surface, camera)
            made.append(View(picture, mask, camera, depths_of(surface, camera, mask)))
        save_views(views / "views" / path.name, made, read_record(path))
