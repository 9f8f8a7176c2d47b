import numpy as np
import pytest

from occviewer.cameras import PictureCamera
from occviewer.training.rendering.depths import DepthDrawer
from occviewer.training.rendering.parts import load_parts

PIXELS = 48


@pytest.mark.parametrize(
    "camera",
    [
        PictureCamera(0, 0, 2.5, 60.0, (36.0, 28.0), (64, 64)),
        PictureCamera(35, 20, 1.7, 50.0, (30.0, 33.0), (64, 64)),
        PictureCamera(-120, 40, 5.0, 130.0, (32.0, 32.0), (64, 64)),
    ],
)
def test_depths_are_those_where_rays_enter_and_leave_the_cube(cube, record, camera):
    with DepthDrawer(load_parts(cube, record), PIXELS) as drawer:
        first, last = drawer.measure(camera)
    scaled = camera.resized(PIXELS, PIXELS)
    rows, columns = np.mgrid[:PIXELS, :PIXELS] + 0.5
    rays = scaled.rays(np.stack([columns, rows], -1).reshape(-1, 2)).reshape(PIXELS, PIXELS, 3)
    with np.errstate(divide="ignore"):
        ends = np.sort([(side - camera.position) / rays for side in (-0.5, 0.5)], axis=0)
    enters, leaves = ends[0].max(-1), ends[1].min(-1)
    hit = leaves > enters + 0.01  # not where a ray grazes an edge
    np.testing.assert_allclose(first[hit], enters[hit], atol=1e-4)
    np.testing.assert_allclose(last[hit], leaves[hit], atol=1e-4)
    assert np.isnan(first[leaves < enters]).all()
    assert (np.isnan(first) == np.isnan(last)).all()
    assert hit.sum() > 200
