import numpy as np
import pytest

from occviewer.observations.image import Image
from occviewer.observations.masking import Stroke, drawn, find_mask


def test_a_stroke_covers_what_its_brush_passed():
    include, exclude = drawn([Stroke(((10.5, 20.5), (40.5, 20.5)), 3.0, True)], 60, 50)
    assert include[20, 10:41].all()
    assert include[18, 25]
    assert not include[27, 25]
    assert not exclude.any()


def test_the_last_stroke_counts_where_several_pass():
    strokes = [Stroke(((20.5, 20.5),), 6.0, True), Stroke(((20.5, 20.5),), 2.0, False)]
    include, exclude = drawn(strokes, 60, 50)
    assert exclude[20, 20]
    assert not include[20, 20]
    assert include[20, 25]


def test_strokes_beyond_the_picture_are_no_trouble():
    include, _ = drawn([Stroke(((-1e7, 5.0), (1e7, 5.0)), 2.0, True)], 60, 50)
    assert include[5].all()


@pytest.mark.parametrize("points", [(), ((float("nan"), 1.0),)])
def test_a_stroke_needs_points(points):
    with pytest.raises(ValueError, match="finite points"):
        Stroke(points, 2.0, True)


def test_with_a_plain_background_strokes_paint():
    pixels = np.full((60, 80, 3), 240, np.uint8)
    pixels[15:50, 25:60] = (200, 40, 30)
    _, exclude = drawn([Stroke(((25.5, 30.5), (60.5, 30.5)), 2.0, False)], 80, 60)
    mask = find_mask(Image(pixels), exclude=exclude, method="plain", number=1)
    assert mask.method == "plain background"
    assert not mask.inside[30].any()
