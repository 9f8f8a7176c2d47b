"""Sessions keep pictures, masks, cameras and codes."""

import numpy as np
import pytest

from occviewer.document import DocumentError, commands, load_session, save_session

from .archives import rewrite
from .documents import make_code
from .pictures import CAMERA, STROKES, imported, make_fit, make_mask, make_picture, masked, seen


def fitted():
    """A document in which everything of a picture is used, and one more on the shelf."""
    document = commands.give_mask(imported("/pictures/chair.jpg"), make_mask())
    document = commands.capture(seen(document.document)).document
    document = commands.set_mask_method(document, "grabcut").document
    for stroke in STROKES:
        document = commands.add_stroke(document, stroke).document
    document = seen(commands.set_box(document, (4, 5, 44, 36)).document)
    document = commands.set_fit(document, make_fit(), make_code(1)).document
    document = commands.set_textured(document, True).document
    return commands.set_camera(document, CAMERA).document


def test_a_session_keeps_all_of_a_picture(tmp_path):
    before = fitted()
    save_session(before, tmp_path / "a.occ")
    after, notes = load_session(tmp_path / "a.occ")
    for one, other in [
        (before.shape.picture, after.shape.picture),
        (before.shelf[0].shape.picture, after.shelf[0].shape.picture),
    ]:
        assert np.array_equal(one.image.pixels, other.image.pixels)
        assert (one.image.notes, one.path) == (other.image.notes, other.path)
        assert one.picture.content == other.picture.content
        assert np.array_equal(one.mask.inside, other.mask.inside)
        assert (one.mask.method, one.mask.notes) == (other.mask.method, other.mask.notes)
        assert (one.camera, one.textured) == (other.camera, other.textured)
        assert (one.masking.method, one.masking.box) == (other.masking.method, other.masking.box)
        assert one.masking.strokes == other.masking.strokes
    assert after.shape.picture.picture is after.shelf[0].shape.picture.picture
    given = after.shelf[0].shape.picture.masking.given
    assert given.image.source.name == "mask.png"
    fit = after.shape.picture.fit
    assert np.array_equal(fit.vector, make_fit().vector)
    assert (fit.camera, fit.rounds, fit.overlap) == (make_fit().camera, 20, 0.75)


def test_a_session_names_the_network_that_found_the_mask(tmp_path, onnx_model):
    pytest.importorskip("onnxruntime")
    path = onnx_model("u2net.onnx", bias=-2.0)  # to it the wall is the object
    document = masked(commands.set_mask_network(imported(), path).document)
    save_session(document, tmp_path / "a.occ")
    after = load_session(tmp_path / "a.occ")[0].shape.picture
    assert (after.masking.method, after.masking.network) == ("model", path)
    assert np.array_equal(after.mask.inside, document.shape.picture.mask.inside)
    assert commands.set_mask_method(document, "auto").document.shape.picture.masking.network is None


def test_a_picture_whose_mask_was_not_found_yet_waits_again(tmp_path):
    save_session(imported(), tmp_path / "a.occ")
    again, _ = load_session(tmp_path / "a.occ")
    assert not again.shape.source.is_ready
    assert masked(again).shape.source.is_ready


def test_the_file_of_a_picture_is_kept_as_it_was(tmp_path):
    from PIL import Image as Pillow

    from occviewer.document import Document, Picture

    path = tmp_path / "photo.jpg"
    Pillow.fromarray(make_picture().image.pixels).save(path, quality=60)
    document = commands.import_picture(Document(), Picture.load(path)).document
    save_session(document, tmp_path / "a.occ")
    again = load_session(tmp_path / "a.occ")[0].shape.picture
    assert again.picture.content == path.read_bytes()
    assert np.array_equal(again.image.pixels, document.shape.picture.image.pixels)


def change(key, value):
    return lambda contents: contents["sources"][-1].update({key: value})


@pytest.mark.parametrize(
    "damage",
    [
        change("picture", 7),
        change("kind", "film"),
        change("textured", "yes"),
        change("masking", {"method": "wish"}),
        change("masking", {"method": "model"}),
        change("masking", {"method": "auto", "box": [9, 9, 1, 1]}),
        change("masking", {"method": "auto", "strokes": [{"points": [], "radius": 1}]}),
        change("mask", {"method": 3}),
        change("camera", {"azimuth": "east"}),
        change("camera", {**CAMERA.as_dict(), "size": [9, 9]}),
        change("camera", {**CAMERA.as_dict(), "distance": -1}),
        change("fit", {"rounds": 1}),
        lambda contents: contents["pictures"][0].update(suffix="/../../x"),
        lambda contents: contents["codes"][0]["facts"].update(camera={"azimuth": None}),
    ],
)
def test_a_session_that_was_tampered_with_is_said_to_be_damaged(tmp_path, damage):
    path = tmp_path / "a.occ"
    save_session(fitted(), path)
    rewrite(path, damage)
    with pytest.raises(DocumentError, match="damaged, or was not written by OccViewer"):
        load_session(path)


def test_sessions_of_the_first_version_hold_clouds(tmp_path):
    from .documents import equal, scanned

    save_session(scanned(), tmp_path / "a.occ")
    document, _ = load_session(tmp_path / "a.occ")

    def earlier(contents):
        contents.update(version=1)
        for row in contents["sources"]:
            del row["kind"], row["field_of_view"]
        del contents["pictures"]

    rewrite(tmp_path / "a.occ", earlier)
    assert equal(load_session(tmp_path / "a.occ")[0], document)
