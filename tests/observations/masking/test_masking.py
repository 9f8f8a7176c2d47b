import numpy as np
import pytest

from occviewer.errors import ObservationError
from occviewer.observations.image import Image
from occviewer.observations.masking import SeveralObjectsError, find_mask, given_mask

SIZE = 160


def ring(centre=(80, 80), outer=45, inner=20):
    rows, columns = np.mgrid[:SIZE, :SIZE]
    distance = np.hypot(columns - centre[0], rows - centre[1])
    return (distance < outer) & (distance > inner)


def picture(inside, background, color=(120, 60, 30), noise=4.0, seed=0):
    rng = np.random.default_rng(seed)
    pixels = np.broadcast_to(np.asarray(background, float), (SIZE, SIZE, 3)).copy()
    # Lit from one side, as things are.
    pixels[inside] = (
        np.asarray(color) * np.linspace(0.7, 1.3, SIZE)[:, None, None].repeat(SIZE, 1)[inside]
    )
    return Image((pixels + rng.normal(0, noise, pixels.shape)).clip(0, 255).astype(np.uint8))


def overlap(mask, wanted):
    return (mask & wanted).sum() / (mask | wanted).sum()


def busy(seed=3):
    """Make a background of many colours, none of them the object's."""
    rng = np.random.default_rng(seed)
    blocks = rng.uniform(60, 255, (20, 20, 3))
    blocks[..., 0] *= 0.4
    return blocks.repeat(8, 0).repeat(8, 1)


def test_transparency_is_the_mask():
    inside = ring()
    pixels = np.concatenate([picture(inside, (0, 0, 0)).pixels, inside[..., None] * 255], -1)
    mask = find_mask(Image(pixels.astype(np.uint8)))
    np.testing.assert_array_equal(mask.inside, inside)
    assert mask.method == "transparency"


@pytest.mark.parametrize("background", [(250, 250, 250), (40, 90, 160), (5, 5, 5)])
def test_a_plain_background_is_told_by_its_colour_also_through_holes(background):
    mask = find_mask(picture(ring(), background))
    assert mask.method == "plain background"
    assert overlap(mask.inside, ring()) > 0.96
    assert not mask.inside[80, 80]


@pytest.mark.parametrize("color", [(120, 60, 30), (20, 22, 30)])
def test_wall_floor_and_shadow_are_background(color):
    room = np.empty((SIZE, SIZE, 3))
    room[:96], room[96:] = (200, 205, 215), (170, 140, 105)
    rows, columns = np.mgrid[:SIZE, :SIZE]
    shadow = (((columns - 100) / 55) ** 2 + ((rows - 128) / 14) ** 2 < 1) & (rows >= 96)
    room[shadow] *= 0.6
    seen = ring((80, 90), 42, 16)
    mask = find_mask(picture(seen, room, color))
    assert mask.method == "plain background"
    assert overlap(mask.inside, seen) > 0.9
    assert not mask.inside[130, 135]
    assert not mask.notes


def test_an_object_that_the_border_cuts_is_no_floor():
    seen = np.zeros((SIZE, SIZE), bool)
    seen[60:120, :70] = True
    mask = find_mask(picture(seen, (240, 240, 235)))
    assert overlap(mask.inside, seen) > 0.95


def test_a_background_that_is_darker_on_one_side_is_plain():
    shaded = np.linspace(140, 240, SIZE)[None, :, None].repeat(SIZE, 0).repeat(3, 2)
    mask = find_mask(picture(ring(), shaded))
    assert mask.method == "plain background"
    assert overlap(mask.inside, ring()) > 0.95


def test_a_busy_background_goes_through_grabcut():
    disc = ring(inner=-1)
    mask = find_mask(picture(disc, busy(), color=(230, 40, 20)), box=(25, 25, 135, 135))
    assert mask.method == "GrabCut"
    assert overlap(mask.inside, disc) > 0.93


def test_strokes_add_and_take_away():
    inside = ring(inner=-1)
    two_tone = picture(inside, busy(), color=(230, 40, 20))
    pixels = two_tone.pixels.copy()
    pixels[100:120, 60:100] = (30, 200, 190)  # a part in a colour of the background
    image = Image(pixels)
    include, exclude = np.zeros((2, SIZE, SIZE), bool)
    include[105:115, 65:95] = True
    exclude[70:75, 60:100] = True
    mask = find_mask(image, box=(25, 25, 135, 135), include=include, exclude=exclude)
    assert mask.inside[include].all()
    assert not mask.inside[exclude].any()


def test_without_a_box_or_a_plain_background_the_whole_picture_is_searched():
    mask = find_mask(picture(ring(inner=-1), busy(), color=(230, 40, 20)))
    assert mask.method == "GrabCut"
    assert overlap(mask.inside, ring(inner=-1)) > 0.85


def test_of_several_objects_one_is_chosen_by_number():
    small, large = ring((35, 80), 22, -1), ring((110, 80), 40, -1)
    image = picture(small | large, (240, 240, 240))
    with pytest.raises(SeveralObjectsError, match="2 objects; choose one") as raised:
        find_mask(image)
    assert [
        overlap(c.inside, w) > 0.9
        for c, w in zip(raised.value.candidates, (large, small), strict=True)
    ] == [True, True]
    assert overlap(find_mask(image, number=2).inside, small) > 0.9
    with pytest.raises(ObservationError, match="no object number 3"):
        find_mask(image, number=3)


def test_parts_that_nearly_touch_are_one_object():
    parts = np.zeros((SIZE, SIZE), bool)
    parts[40:80, 40:120] = True
    parts[82:120, 44:50] = parts[82:120, 110:116] = True  # legs behind a thin dark line
    assert overlap(find_mask(picture(parts, (240, 240, 240))).inside, parts) > 0.9


def test_an_object_that_the_border_cuts_is_taken_with_a_note():
    mask = find_mask(picture(ring((80, 130), 60, -1), (240, 240, 240)))
    assert any("lower edge" in note for note in mask.notes)
    assert not find_mask(picture(ring(), (240, 240, 240))).notes


@pytest.mark.parametrize(
    ("image", "said"),
    [
        (picture(np.zeros((SIZE, SIZE), bool), (200, 200, 200)), "No object was found"),
        (Image(np.zeros((SIZE, SIZE, 4), np.uint8)), "transparent everywhere"),
    ],
)
def test_a_picture_without_an_object_is_said(image, said):
    with pytest.raises(ObservationError, match=said):
        find_mask(image)


def test_a_given_mask_is_scaled_and_must_fit():
    image = picture(ring(), busy())
    half = Image((ring()[::2, ::2] * 255).astype(np.uint8))
    mask = given_mask(image, half)
    assert mask.method == "given"
    assert overlap(mask.inside, ring()) > 0.9
    with pytest.raises(ObservationError, match="160 x 80 and does not fit"):
        given_mask(image, Image(np.full((80, 160), 255, np.uint8)))
    with pytest.raises(ObservationError, match="No object"):
        given_mask(image, Image(np.zeros((SIZE, SIZE), np.uint8)))


def test_boxes_without_area_and_strokes_of_another_size_are_refused():
    image = picture(ring(), busy())
    with pytest.raises(ObservationError, match="no area"):
        find_mask(image, box=(50, 50, 50, 90))
    with pytest.raises(ObservationError, match="no background"):
        find_mask(image, box=(-5, -5, 500, 500))
    with pytest.raises(ObservationError, match="size, 160 x 160"):
        find_mask(image, include=np.ones((10, 10), bool))
