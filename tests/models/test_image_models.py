"""Published networks that take pictures: what they are given, and that they give the same."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from PIL import Image as Pillow

from occviewer.cli import main
from occviewer.errors import ObservationError
from occviewer.models import Code, open_model
from occviewer.models.observed import looks_rendered, pixels_for
from occviewer.observations import PointCloud
from occviewer.observations.image import Image
from occviewer.observations.masking import Mask, find_mask

from .families.published import save_like_onet
from .families.test_onet import QUERIES, state_of


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    path = tmp_path_factory.mktemp("image") / "onet_img.pt"
    state = state_of("simple_conv", "cbatchnorm")
    save_like_onet(path, state)
    network = open_model(path, "cpu").network
    with torch.no_grad():
        logits = network(torch.ones(1, 3, 224, 224), 1.1 * (torch.rand(1, 3000, 3) - 0.5))
    state["decoder.fc_out.bias"] -= logits.quantile(0.6) + 1.4
    save_like_onet(path, state)
    return path


@pytest.fixture(scope="module")
def model(path):
    return open_model(path, "cpu")


def render(width=224, height=224, background=255):
    """A dark block before a plain background."""
    pixels = np.full((height, width, 3), background, np.uint8)
    pixels[height // 4 : height // 2, width // 4 : 3 * width // 4] = (40, 60, 120)
    return pixels


def test_a_render_of_the_published_size_is_given_as_it_is(model):
    pixels = np.random.default_rng(0).integers(0, 256, (224, 224, 3), np.uint8)
    code = model.encode_image(Image(pixels))
    with torch.no_grad():
        x = torch.from_numpy(pixels).permute(2, 0, 1)[None].float() / 255
        expected = model.network.encode(x)
    assert torch.allclose(code.tensors["c"], expected["c"][0], atol=1e-6)
    assert code.placement.scale == 1
    assert code.facts["pixels_used"] == 224


@pytest.mark.parametrize("side", [137, 448])
def test_squares_are_scaled_as_the_published_program_does(side):
    # torchvision's Resize of a PIL image is bilinear with antialiasing.
    pixels = np.random.default_rng(1).integers(0, 256, (side, side, 3), np.uint8)
    expected = np.asarray(Pillow.fromarray(pixels).resize((224, 224), Pillow.Resampling.BILINEAR))
    assert np.array_equal(pixels_for(Image(pixels), 224).pixels, expected)


def test_a_photograph_is_cut_out_and_laid_on_white_in_the_size_of_the_renders():
    image = Image(render(320, 240, background=(90, 140, 90)))
    assert not looks_rendered(image)
    given = pixels_for(image, 224, find_mask(image))
    dark = given.pixels[..., 0] < 150
    rows, columns = np.flatnonzero(dark.any(1)), np.flatnonzero(dark.any(0))
    assert len(columns) / 224 == pytest.approx(0.7, abs=0.03)
    assert rows.mean() == pytest.approx(111.5, abs=2)
    assert (given.pixels[:20] == 255).all()
    assert any("cut the object out" in note for note in given.notes)


def test_transparent_and_oblong_pictures_become_squares_on_white():
    pixels = np.dstack([render(100, 60), np.full((60, 100), 255, np.uint8)])
    pixels[:10, :, 3] = 0
    pixels[:10, :, :3] = 0
    given = pixels_for(Image(pixels), 224)
    assert (given.pixels[:60] == 255).all()
    assert len(given.notes) == 2


def test_what_looks_rendered_is_told_from_photographs():
    assert looks_rendered(Image(render()))
    assert not looks_rendered(Image(render(300, 200)))
    assert not looks_rendered(Image(render(background=200)))


def test_models_of_pictures_refuse_clouds_and_masks_of_others(model):
    with pytest.raises(ObservationError, match="takes images \\(224 x 224 pixels\\)"):
        model.encode(PointCloud(np.random.default_rng(0).random((100, 3))))
    with pytest.raises(ObservationError, match="The mask is 10 x 20 and does not fit"):
        model.encode_image(Image(render()), Mask(np.ones((20, 10), bool), "given"))


def test_the_command_line_makes_a_mesh_of_a_picture(path, tmp_path, capsys):
    picture = tmp_path / "chair.png"
    Pillow.fromarray(render()).save(picture)
    out = tmp_path / "chair.ply"
    arguments = ["reconstruct", str(picture), "-o", str(out), "--model", str(path)]
    assert main([*arguments, "--resolution", "24", "--json"]) == 0
    assert out.stat().st_size > 1000
    record = capsys.readouterr().out
    assert '"camera": null' in record
    assert '"pixels_used": 224' in record
    assert main([*arguments, "--texture"]) == 1
    error = capsys.readouterr().err
    assert "does not say from where" in error
    assert "--texture" in error


def test_a_code_of_a_picture_gives_the_same_logits_elsewhere(path, model, tmp_path, capsys):
    picture, code = tmp_path / "chair.png", tmp_path / "chair.npz"
    Pillow.fromarray(render()).save(picture)
    assert main(["encode", str(picture), "-o", str(code), "--model", str(path)]) == 0
    points = QUERIES[0].numpy()
    expected = model.field(model.encode_image(Image.load(picture))).logits(points)
    assert np.array_equal(model.field(Code.load(code)).logits(points), expected)
    scan = tmp_path / "scan.xyz"
    np.savetxt(scan, np.random.default_rng(0).random((100, 3)))
    assert main(["encode", str(scan), "-o", str(code), "--model", str(path)]) == 1
    assert "open a picture" in capsys.readouterr().err
