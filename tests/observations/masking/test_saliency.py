import sys

import numpy as np
import pytest

from occviewer.errors import ObservationError
from occviewer.observations.image import Image
from occviewer.observations.masking import SaliencyModel, model_mask

pytest.importorskip("onnxruntime")


@pytest.fixture
def image():
    """A red square before blocks of other colours, which no rule about colour tells apart."""
    rng = np.random.default_rng(3)
    pixels = rng.integers(40, 200, (8, 10, 3)).repeat(10, 0).repeat(10, 1).astype(np.uint8)
    pixels[20:60, 30:80] = (255, 10, 10)
    pixels[..., 0][pixels[..., 0] < 255] //= 2
    return Image(pixels)


def wanted():
    inside = np.zeros((80, 100), bool)
    inside[20:60, 30:80] = True
    return inside


def overlap(mask):
    return (mask & wanted()).sum() / (mask | wanted()).sum()


@pytest.mark.parametrize("dtype", ["float32", "float16"])
@pytest.mark.parametrize("output", ["probability", "logit"])
def test_what_the_network_finds_is_the_mask(onnx_model, image, dtype, output):
    path = onnx_model("u2net.onnx", bias=-1.5, dtype=dtype, sigmoid=output == "probability")
    mask = model_mask(image, SaliencyModel(path))
    assert mask.method == "model"
    assert overlap(mask.inside) > 0.93
    assert any("u2net.onnx" in note for note in mask.notes)


@pytest.mark.parametrize(
    ("name", "side"), [("u2netp.onnx", 320), ("isnet-general-use.onnx", 1024), ("Swin.onnx", 1024)]
)
def test_an_open_size_is_the_one_that_the_network_was_trained_on(onnx_model, image, name, side):
    model = SaliencyModel(onnx_model(name, bias=-0.4, shape=("n", 3, "height", "width")))
    assert model.size == (side, side)
    assert overlap(model.inside(image)) > 0.93


def test_isnet_gets_its_own_normalisation(onnx_model, image):
    # The red of the square is (1 - 0.485) / 0.229 = 2.25 to the others, and 0.515 to IS-Net.
    assert SaliencyModel(onnx_model("birefnet.onnx", bias=-1.0)).inside(image).any()
    assert not SaliencyModel(onnx_model("isnet.onnx", bias=-1.0)).inside(image).any()
    with pytest.raises(ObservationError, match="No object was found"):
        model_mask(image, SaliencyModel(onnx_model("isnet.onnx", bias=-1.0)))


def test_what_is_transparent_is_white_to_the_network(onnx_model, image):
    alpha = np.full((80, 100), 255, np.uint8)
    alpha[:, :10] = 0
    hidden = np.concatenate([image.pixels, alpha[..., None]], -1)
    hidden[:, :10, :3] = 0
    inside = SaliencyModel(onnx_model("u2net.onnx", bias=-1.5)).inside(Image(hidden))
    assert inside[:, :9].all()


def test_a_file_that_is_no_model_says_so(tmp_path):
    with pytest.raises(ObservationError, match="nope.onnx does not exist"):
        SaliencyModel(tmp_path / "nope.onnx")
    for content in (b"", b"not a model" * 50):
        (tmp_path / "text.onnx").write_bytes(content)
        with pytest.raises(ObservationError, match="no ONNX model"):
            SaliencyModel(tmp_path / "text.onnx")


@pytest.mark.parametrize("shape", [(1, 1, 32, 32), (1, 32, 32, 3), (4, 3, 32, 32), (1, 3, 1024)])
def test_a_model_that_takes_something_else_says_what(onnx_model, shape):
    with pytest.raises(ObservationError, match="which is no picture"):
        SaliencyModel(onnx_model("other.onnx", shape=shape, keep=True))


def test_a_model_that_gives_something_else_says_what(onnx_model, image):
    model = SaliencyModel(onnx_model("other.onnx", keep=True))  # what comes in comes out
    with pytest.raises(ObservationError, match=r"gives \(1, 3, 64, 64\)"):
        model.inside(image)


def test_without_the_library_the_sentence_says_how_to_install_it(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    with pytest.raises(ObservationError, match=r"pip install \"occviewer\[onnx\]\""):
        SaliencyModel(tmp_path / "u2net.onnx")
