import numpy as np
import pytest

from occviewer.document import Document, DocumentError, commands
from occviewer.document.history import History
from occviewer.errors import ObservationError
from occviewer.observations.masking import SeveralObjectsError

from ..documents import OTHER_MODEL, make_code, scanned
from ..pictures import CAMERA, STROKES, imported, make_fit, make_picture, masked, seen


def test_a_picture_waits_for_its_mask_and_then_for_its_code():
    document = imported()
    assert not document.shape.source.is_ready
    document = masked(document)
    assert document.shape.source.is_ready
    assert document.shape.picture.mask.method == "plain background"
    assert document.shape.code is None


def test_whoever_waits_for_a_mask_gets_it_also_in_the_past():
    history = History(imported())
    found = masked(history.document).shape.source
    source = history.document.shape.source
    history.do(*commands.set_resolution(history.document, 64))
    history.complete(lambda document: commands.with_source(document, source, found))
    assert history.document.shape.source is found
    history.undo()
    assert history.document.shape.source is found


@pytest.mark.parametrize(
    ("command", "arguments", "title"),
    [
        (commands.set_box, [(1, 2, 30, 31)], "Draw box"),
        (commands.add_stroke, [STROKES[0]], "Include stroke"),
        (commands.add_stroke, [STROKES[1]], "Exclude stroke"),
        (commands.set_mask_method, ["grabcut"], "Object by GrabCut"),
        (commands.choose_object, [1], "Choose object 1"),
        (commands.give_mask, [make_picture("mask.png")], "Mask “mask.png”"),
    ],
)
def test_what_changes_the_mask_has_mask_and_code_made_anew(command, arguments, title):
    before = seen(imported())
    said, after = command(before, *arguments)
    assert said == title
    assert (after.shape.picture.mask, after.shape.code) == (None, None)
    assert after.shape.picture.picture is before.shape.picture.picture


def test_the_camera_and_the_colours_leave_the_code():
    document = seen(imported())
    code = document.shape.code
    for command, value in [(commands.set_camera, CAMERA), (commands.set_textured, True)]:
        changed = command(document, value).document
        assert changed is not document
        assert changed.shape.code is code
        assert command(changed, value).document is changed
        document = changed


def test_a_fit_brings_its_code_and_its_camera_and_rests_the_sliders():
    document = commands.slide(seen(imported()), 0, 1.0).document
    document = commands.set_camera(document, CAMERA).document
    title, fitted = commands.set_fit(document, make_fit(20), make_code(1))
    assert title == "Refine (20 rounds)"
    assert fitted.shape.picture.camera is None
    assert fitted.shape.picture.fit.camera.azimuth == 33.0
    assert fitted.shape.edit.offsets == ()


def test_another_model_keeps_picture_and_mask_but_not_the_fit():
    document = commands.set_fit(seen(imported()), make_fit(), make_code(1)).document
    changed = commands.change_model(document, OTHER_MODEL).document
    assert changed.shape.picture.mask is document.shape.picture.mask
    assert (changed.shape.picture.fit, changed.shape.code) == (None, None)


def test_strokes_and_box_steer_the_mask_and_can_be_taken_back():
    document = seen(imported())
    whole = document.shape.picture.mask.inside
    cut = masked(commands.set_mask_method(document, "plain").document)
    cut = masked(commands.set_box(cut, (0, 0, 20, 40)).document)
    assert cut.shape.picture.mask.inside[:, 20:].sum() == 0
    assert (cut.shape.picture.mask.inside[:, :20] == whole[:, :20]).all()
    reset = masked(commands.clear_mask_edits(cut).document)
    assert np.array_equal(reset.shape.picture.mask.inside, whole)


def test_several_objects_are_asked_about_and_one_can_be_chosen():
    document = imported()
    pixels = np.array(document.shape.picture.image.pixels)
    pixels[12:24, 40:47] = (0, 0, 200)
    from occviewer.document import Picture
    from occviewer.observations.image import Image

    document = commands.import_picture(document, Picture.of(Image(pixels))).document
    with pytest.raises(SeveralObjectsError) as asked:
        masked(document)
    assert len(asked.value.candidates) == 2
    chosen = masked(commands.choose_object(document, 2).document)
    assert chosen.shape.picture.mask.inside[18, 43]


def test_scans_have_no_mask_and_pictures_no_points():
    with pytest.raises(DocumentError, match="open a picture first"):
        commands.set_textured(scanned(), True)
    with pytest.raises(DocumentError, match="open a scan first"):
        commands.add_noise(seen(imported()), 0.01)
    with pytest.raises(DocumentError, match="open a picture first"):
        commands.set_box(Document(), None)


def test_a_box_without_any_object_says_so():
    document = commands.set_mask_method(imported(), "plain").document
    document = commands.set_box(document, (40, 32, 47, 39)).document
    with pytest.raises(ObservationError, match="No object was found"):
        masked(document)
