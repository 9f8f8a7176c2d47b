import pytest

from occviewer.cameras import PictureCamera
from occviewer.training.symmetry import azimuth_error, frontmost


@pytest.mark.parametrize(
    ("found", "true", "order", "error"),
    [(10, 350, 1, 20), (-170, 170, 1, 20), (10, 190, 1, 180), (10, 190, 2, 0), (50, 0, 8, 5)],
)
def test_azimuths_are_compared_around_the_circle_and_the_symmetry(found, true, order, error):
    assert azimuth_error(found, true, order) == pytest.approx(error)


@pytest.mark.parametrize(
    ("azimuth", "order", "wanted"), [(150, 1, 150), (150, 2, -30), (-80, 4, 10), (100, 8, 10)]
)
def test_of_equal_views_the_one_most_in_front_is_taken(azimuth, order, wanted):
    camera = PictureCamera(azimuth, 20.0, 2.0, 50.0, (20.0, 20.0), (40, 40))
    assert frontmost(camera, order).azimuth == pytest.approx(wanted)
