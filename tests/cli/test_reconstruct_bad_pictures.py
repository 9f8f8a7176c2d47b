"""What people really drop: one sentence each, no mesh and nothing lost."""

import json
import struct
import zlib

import numpy as np
import pytest
from PIL import Image as Pillow

from occviewer.cli import main


@pytest.fixture
def reconstruct(tmp_path, capsys):
    def run(path, *options):
        out = tmp_path / "out.ply"
        fixed = ["--resolution", "32", "--refine", "0", "--json"]
        status = main(["reconstruct", str(path), "-o", str(out), *fixed, *options])
        assert out.exists() == (status == 0)
        printed = capsys.readouterr()
        return status, json.loads(printed.out), printed.err

    return run


def pixels(*objects, size=(60, 80)):
    """White, with red at the slices given."""
    array = np.full((*size, 3), 240, np.uint8)
    for one in objects:
        array[one] = (200, 40, 30)
    return Pillow.fromarray(array)


def truncated(path):
    pixels(np.s_[15:50, 25:60], size=(300, 400)).save(path, "JPEG", quality=95)
    path.write_bytes(path.read_bytes()[:900])


def of_20000_pixels_a_side(path):
    def chunk(name, data):
        checksum = zlib.crc32(name + data)
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", checksum)

    header = chunk(b"IHDR", struct.pack(">IIBBBBB", 20_000, 20_000, 8, 2, 0, 0, 0))
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", b"") + chunk(b"IEND", b""))


def transparent(path):
    Pillow.fromarray(np.zeros((60, 80, 4), np.uint8)).save(path, "PNG")


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (truncated, "damaged or cut off"),
        (lambda path: path.write_bytes(b"ply\nformat ascii 1.0\n"), "no picture that can be read"),
        (lambda path: path.write_bytes(b"\0\0\0\x20ftypheic" + bytes(40)), "HEIC picture"),
        (lambda path: pixels(size=(1, 1)).save(path, "PNG"), "too few to show a shape"),
        (of_20000_pixels_a_side, "scale it down"),
        (lambda path: pixels().save(path, "PNG"), "No object was found"),
        (transparent, "transparent everywhere"),
        (
            lambda path: pixels(np.s_[10:50, 5:30], np.s_[10:50, 50:70]).save(path, "PNG"),
            "or draw a box around it. Use --object N or --box.",
        ),
        (lambda path: pixels(np.s_[20:, :50]).save(path, "PNG"), "border may cut it"),
    ],
    ids="truncated,mislabelled,heic,1x1,20000x20000,empty,transparent,several,cut".split(","),
)
@pytest.mark.parametrize("suffix", [".jpg", ".heic"])
def test_a_bad_picture_is_one_sentence(reconstruct, tmp_path, make, said, suffix):
    path = tmp_path / f"chair{suffix}"
    make(path)
    status, record, printed = reconstruct(path)
    assert status == 1
    assert said in record["error"]
    assert str(path) in record["error"]
    assert "\n" not in record["error"]
    assert "Traceback" not in printed


def test_an_empty_mask_is_one_sentence(reconstruct, tmp_path):
    pixels(np.s_[15:50, 25:60]).save(tmp_path / "a.png")
    Pillow.new("L", (80, 60)).save(tmp_path / "mask.png")
    status, record, _ = reconstruct(tmp_path / "a.png", "--mask", str(tmp_path / "mask.png"))
    assert status == 1
    assert "No object was found" in record["error"]
    assert "0 pixels by given" in record["error"]


def test_a_picture_under_another_name_is_taken_and_said(reconstruct, tmp_path):
    pixels(np.s_[15:50, 25:60]).save(tmp_path / "a.jpg", "PNG")
    status, record, _ = reconstruct(tmp_path / "a.jpg")
    assert status == 0
    assert "is a PNG picture, whatever its name says" in record["notes"]


def test_one_of_several_objects_can_be_chosen(reconstruct, tmp_path):
    pixels(np.s_[10:50, 5:30], np.s_[10:50, 50:70]).save(tmp_path / "a.png")
    status, record, _ = reconstruct(tmp_path / "a.png", "--object", "2")
    assert status == 0
    assert not any("edge" in note for note in record["notes"])


@pytest.mark.parametrize(
    ("where", "said"),
    [
        (np.s_[15:50, 50:], "the right edge of the picture cuts the object"),
        (np.s_[15:50, :], "the left and right edges of the picture cut the object"),
        (np.s_[:30, 20:50], "the upper edge of the picture cuts the object"),
    ],
)
def test_an_object_that_the_border_cuts_is_made_with_a_note(reconstruct, tmp_path, where, said):
    pixels(where).save(tmp_path / "a.png")
    status, record, printed = reconstruct(tmp_path / "a.png")
    assert status == 0
    assert any(said in note for note in record["notes"])
    assert said in printed


def test_an_object_that_touches_the_border_is_made_with_a_note(reconstruct, tmp_path):
    tip = np.s_[100:104, 100:]  # 4 of the 200 pixels of this edge
    pixels(np.s_[60:150, 60:130], tip, size=(200, 200)).save(tmp_path / "a.png")
    status, record, _ = reconstruct(tmp_path / "a.png")
    assert status == 0
    assert any("touches the right edge of the picture" in note for note in record["notes"])


def before_blocks(*objects):
    """Red objects before blocks of other colours."""
    blocks = np.random.default_rng(3).uniform(60, 255, (15, 20, 3))
    blocks[..., 0] *= 0.4
    array = blocks.repeat(8, 0).repeat(8, 1).astype(np.uint8)
    for one in objects:
        array[one] = (230, 40, 20)
    return Pillow.fromarray(array)


@pytest.mark.parametrize(
    ("width", "said"),
    [(10, "upper edge of the picture cuts the object"), (60, "if the border cuts")],
)
def test_before_a_busy_background_a_cut_is_noted_too(reconstruct, tmp_path, width, said):
    beyond = np.s_[:20, 80 - width // 2 : 80 + width // 2]
    before_blocks(np.s_[20:80, 50:110], beyond).save(tmp_path / "a.png")
    status, record, _ = reconstruct(tmp_path / "a.png", "--object", "1")
    assert status == 0
    assert record["mask"] == "GrabCut"
    assert any(said in note for note in record["notes"])


def test_a_network_in_a_file_removes_the_background(reconstruct, tmp_path, onnx_model):
    pytest.importorskip("onnxruntime")
    before_blocks(np.s_[30:90, 50:110]).save(tmp_path / "a.png")
    network = onnx_model("u2net.onnx", bias=-1.5)
    status, record, _ = reconstruct(tmp_path / "a.png", "--mask-model", str(network))
    assert status == 0
    assert record["mask"] == "model"
    assert "background removed by u2net.onnx" in record["notes"]
    (tmp_path / "broken.onnx").write_bytes(b"no model")
    out = tmp_path / "out.ply"
    out.unlink()
    status, record, _ = reconstruct(
        tmp_path / "a.png", "--mask-model", str(tmp_path / "broken.onnx")
    )
    assert status == 1
    assert "broken.onnx is no ONNX model" in record["error"]
