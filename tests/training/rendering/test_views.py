import numpy as np
import pytest

from occviewer.cameras import PictureCamera
from occviewer.errors import DataError
from occviewer.training.rendering.backgrounds import KINDS, draw_background
from occviewer.training.rendering.drawing import Drawer, Light, Look
from occviewer.training.rendering.parts import load_parts, made_up_parts
from occviewer.training.rendering.views import render_views
from occviewer.training.shape_file import ShapeRecord

PIXELS = 64
CORNERS = np.stack(np.meshgrid(*[[-0.5, 0.5]] * 3), -1).reshape(-1, 3)


def look(parts, shadows=False):
    lights = [Light((0.0, 0.3, 1.0), (1.0, 1.0, 1.0), 1.0)]
    colors = np.array([part.color for part in parts])
    return Look(lights, colors, 0.3, 0.0, 10.0, shadows)


def silhouette(camera):
    """Mask of the cube's corners' hull, by its edges' half planes."""
    from scipy.spatial import ConvexHull

    pixels, _ = camera.project(CORNERS)
    hull = ConvexHull(pixels)
    rows, columns = np.mgrid[:PIXELS, :PIXELS] + 0.5
    places = np.stack([columns, rows], -1)
    sides = places @ hull.equations[:, :2].T + hull.equations[:, 2]
    return (sides <= 0).all(-1)


def test_materials_textures_and_placement_are_those_of_the_file(cube, record):
    parts = {part.texture is not None: part for part in load_parts(cube, record)}
    assert np.abs(parts[True].vertices).max() == pytest.approx(0.5)
    assert parts[True].vertices[:, 2] == pytest.approx(0.5)
    assert parts[False].color == pytest.approx((0.1, 0.2, 0.9), abs=0.01)
    assert 0.2 < parts[False].opacity < 0.5  # glass is still seen


@pytest.mark.parametrize("shadows", [False, True])
def test_a_picture_shows_the_texture_upright_where_the_camera_says(cube, record, shadows):
    parts = load_parts(cube, record)
    camera = PictureCamera(0, 0, 2.5, 60.0, (36.0, 28.0), (PIXELS, PIXELS))
    with Drawer(parts, PIXELS) as drawer:
        drawn = drawer.draw(camera, look(parts, shadows)).astype(int)
    (above, below), _ = camera.project([[0, 0.25, 0.5], [0, -0.25, 0.5]])
    red, green = (drawn[int(y), int(x)] for x, y in (below, above))
    assert red[0] > 60
    assert red[1] < 40
    assert green[1] > 60
    assert green[0] < 40


def test_masks_are_the_silhouettes_seen_by_the_stored_cameras(cube, record):
    parts = load_parts(cube, record)
    views = render_views(parts, 6, PIXELS, np.random.default_rng(0))
    for view in views:
        wanted = silhouette(view.camera)
        overlap = (view.mask & wanted).sum() / (view.mask | wanted).sum()
        assert overlap > 0.93
        assert view.picture.shape == (PIXELS, PIXELS, 3)


def test_views_go_all_around_at_the_promised_heights(cube, record):
    cameras = [
        view.camera
        for view in render_views(load_parts(cube, record), 8, 32, np.random.default_rng(1))
    ]
    eighths = {int(((c.azimuth + 360) % 360) // 45) for c in cameras}
    assert len(eighths) == 8
    assert all(-5 <= c.elevation <= 45 for c in cameras)
    focal = [c.focal / c.distance for c in cameras]
    assert max(c.distance for c in cameras) > 1.3 * min(c.distance for c in cameras)
    assert max(focal) < 2 * min(focal)  # near or far, the shape fills the picture alike


def test_views_differ_in_more_than_the_camera(cube, record):
    views = render_views(load_parts(cube, record), 5, 32, np.random.default_rng(2))
    behind = [tuple(view.picture[~view.mask].mean(0).round()) for view in views]
    assert len(set(behind)) == 5


@pytest.mark.parametrize("kind", KINDS)
def test_backgrounds_are_pictures(kind):
    mask = np.zeros((48, 48), bool)
    mask[10:30, 12:30] = True
    for seed in range(3):
        drawn = draw_background(kind, 48, mask, np.random.default_rng(seed))
        assert drawn.shape == (48, 48, 3)
        assert drawn.min() >= 0
        assert drawn.max() <= 1
    assert (np.ptp(drawn, axis=(0, 1)).max() == 0) == (kind == "plain")


def test_made_up_furniture_is_made_again():
    record = ShapeRecord(
        "made-up-chair-000007", "chair", "train-only", "", rotation=[1, 0, 0, 0, 1, 0, 0, 0, 1]
    )
    parts, again = made_up_parts(record), made_up_parts(record)
    assert sum(len(part.faces) for part in parts) > 50
    for one, other in zip(parts, again, strict=True):
        np.testing.assert_array_equal(one.vertices, other.vertices)
        assert one.color == other.color


def test_meshes_that_are_none_are_refused(tmp_path, record):
    broken = tmp_path / "broken.obj"
    broken.write_text("v 0 0 0\n")
    with pytest.raises(DataError, match=r"broken\.obj"):
        load_parts(broken, record)
    with pytest.raises(DataError, match="older version"):
        load_parts(broken, ShapeRecord("old", "box", "train", "old.obj"))
