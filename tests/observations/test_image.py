from pathlib import Path

import numpy as np
import pytest
from PIL import Image as Pillow

from occviewer.errors import ObservationError
from occviewer.observations.image import LARGEST_SIDE, Image


def halves(width=60, height=40, mode="RGB"):
    """Left half red, right half blue; the upper row of pixels white."""
    pixels = np.zeros((height, width, 3), np.uint8)
    pixels[:, : width // 2, 0] = pixels[:, width // 2 :, 2] = 200
    pixels[0] = 255
    return Pillow.fromarray(pixels).convert(mode)


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("a.png", {}),
        ("a.jpg", {"quality": 95}),
        ("a.jpeg", {"quality": 95}),
        ("a.webp", {"lossless": True}),
        ("a.tif", {}),
        ("a.tiff", {"compression": "tiff_lzw"}),
        ("a.bmp", {}),
    ],
)
def test_every_format_shows_the_same_picture(tmp_path, name, options):
    halves().save(tmp_path / name, **options)
    image = Image.load(tmp_path / name)
    assert image.size == (60, 40)
    assert image.pixels[20, 10].astype(int) == pytest.approx((200, 0, 0), abs=12)
    assert image.pixels[20, 50].astype(int) == pytest.approx((0, 0, 200), abs=12)
    assert image.alpha is None
    assert not image.pixels.flags.writeable


@pytest.mark.parametrize("name", ["phone.heic", "phone.jpg"])
def test_pictures_of_phones_are_read_whatever_their_name(tmp_path, name):
    """HEIC, written by libheif; Pillow and its plug-in can only read it."""
    content = (Path(__file__).parent / "halves.heic").read_bytes()
    (tmp_path / name).write_bytes(content)
    image = Image.load(tmp_path / name)
    assert image.size == Image.decode(content).size == (60, 40)
    assert image.pixels[20, 10].astype(int) == pytest.approx((200, 0, 0), abs=12)
    assert image.pixels[20, 50].astype(int) == pytest.approx((0, 0, 200), abs=12)
    assert any("is a HEIF picture" in note for note in image.notes) == (name == "phone.jpg")


@pytest.mark.parametrize("kept", [20, 100, 300, 500])
def test_a_heic_picture_that_is_cut_off_is_said_to_be(tmp_path, kept):
    content = (Path(__file__).parent / "halves.heic").read_bytes()
    (tmp_path / "phone.heic").write_bytes(content[:kept])
    with pytest.raises(ObservationError, match="damaged or cut off"):
        Image.load(tmp_path / "phone.heic")


def test_a_picture_taken_sideways_is_turned_upright(tmp_path):
    exif = Pillow.Exif()
    exif[0x0112] = 6  # the camera was turned: rows of the file are columns of the picture
    halves().save(tmp_path / "a.jpg", exif=exif, quality=95)
    image = Image.load(tmp_path / "a.jpg")
    assert image.size == (40, 60)
    assert image.pixels[10, 20, 0] > 150  # what was left is above
    assert image.pixels[50, 20, 2] > 150


@pytest.mark.parametrize("mode", ["L", "1", "P", "CMYK", "YCbCr", "I;16", "I", "F"])
def test_all_kinds_of_pixels_become_eight_bits_of_colour(tmp_path, mode):
    name = "a.tif" if mode != "P" else "a.png"
    if mode in ("I;16", "I", "F"):
        ramp = np.tile(np.linspace(0, 65535, 60), (40, 1))
        dtype = {"I;16": np.uint16, "I": np.int32, "F": np.float32}[mode]
        Pillow.fromarray(ramp.astype(dtype)).save(tmp_path / name)
    else:
        halves(mode=mode).save(tmp_path / name)
    image = Image.load(tmp_path / name)
    assert image.pixels.shape == (40, 60, 3)
    if mode in ("I;16", "I", "F"):
        assert image.pixels[5, 59] == pytest.approx(255, abs=1)
        assert image.pixels[5, 30] == pytest.approx(130, abs=3)
        assert any("bits" in note for note in image.notes)
    elif mode in ("P", "CMYK", "YCbCr"):
        assert image.pixels[20, 10].astype(int) == pytest.approx((200, 0, 0), abs=45)


@pytest.mark.parametrize("mode", ["RGBA", "LA", "P"])
def test_transparency_is_kept_as_alpha(tmp_path, mode):
    picture = halves(mode="RGBA")
    alpha = np.zeros((40, 60), np.uint8)
    alpha[10:30, 10:50] = 255
    picture.putalpha(Pillow.fromarray(alpha))
    if mode == "P":
        # One colour of the palette is the transparent one.
        indices = Pillow.fromarray((alpha > 0).astype(np.uint8))
        picture = indices.convert("P")
        picture.putpalette([0, 255, 0, 200, 0, 0])
        picture.save(tmp_path / "a.png", transparency=0)
    else:
        picture.convert(mode).save(tmp_path / "a.png")
    image = Image.load(tmp_path / "a.png")
    np.testing.assert_array_equal(image.alpha, alpha)


def test_an_opaque_alpha_channel_is_none(tmp_path):
    halves(mode="RGBA").save(tmp_path / "a.png")
    assert Image.load(tmp_path / "a.png").alpha is None


def test_a_huge_picture_is_scaled_down(tmp_path):
    halves(4000, 3000).save(tmp_path / "a.jpg")
    image = Image.load(tmp_path / "a.jpg")
    assert image.size == (LARGEST_SIDE, LARGEST_SIDE * 3 // 4)
    assert any("4,000 x 3,000" in note for note in image.notes)


def test_a_picture_with_a_wrong_name_is_opened_with_a_note(tmp_path):
    halves().save(tmp_path / "a.png")
    (tmp_path / "a.png").rename(tmp_path / "a.jpg")
    image = Image.load(tmp_path / "a.jpg")
    assert image.pixels[20, 10].astype(int) == pytest.approx((200, 0, 0))
    assert any("PNG" in note for note in image.notes)


def enormous_png(path):
    """Write the header of a picture of 20,000 x 20,000 pixels, as a damaged scan has it."""
    import struct
    import zlib

    def chunk(kind, data):
        check = zlib.crc32(kind + data)
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", check)

    header = struct.pack(">IIBBBBB", 20_000, 20_000, 8, 2, 0, 0, 0)
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", b""))


def cut_off(path):
    halves(400, 300).save(path, "PNG")
    path.write_bytes(path.read_bytes()[:200])


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (enormous_png, "scale it down"),
        (cut_off, "damaged or cut off"),
        (lambda path: halves(1, 1).save(path, "PNG"), "1 x 1 pixels, too few"),
        (lambda path: path.write_bytes(b""), "is empty"),
        (lambda path: path.write_text("no picture"), "is no picture"),
        (lambda path: path.write_bytes(b"%PDF-1.7 and so on"), "PDF file; save it as PNG"),
        (lambda path: path.write_bytes(b"\0\0\0\x20ftypheic" + bytes(40)), "HEIC.*damaged or cut"),
        (lambda path: path.write_bytes(b"\0\0\0\x20ftypavif" + bytes(40)), "AVIF.*save it as PNG"),
        (lambda path: path.write_bytes(b"\x76\x2f\x31\x01" + bytes(40)), "EXR.*--depth"),
        (lambda path: path.mkdir(), "is a folder"),
        (lambda path: None, "does not exist"),
    ],
)
def test_what_cannot_be_read_is_said_in_one_sentence_with_the_file(tmp_path, make, said):
    path = tmp_path / "chair.png"
    make(path)
    with pytest.raises(ObservationError, match=said) as raised:
        Image.load(path)
    assert str(raised.value).startswith(str(path))
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize("keep", [9, 100, 300, 600])
@pytest.mark.parametrize("suffix", [".jpg", ".webp", ".tif", ".bmp"])
def test_cut_files_of_all_formats_are_refused(tmp_path, suffix, keep):
    path = tmp_path / f"a{suffix}"
    rng = np.random.default_rng(0)
    Pillow.fromarray(rng.integers(0, 255, (64, 64, 3), np.uint8)).save(path)
    path.write_bytes(path.read_bytes()[:keep])
    with pytest.raises(ObservationError, match=r"a\."):
        Image.load(path)


def test_arrays_from_the_clipboard_are_pictures_too():
    array = np.full((20, 30, 4), 255, np.uint8)
    array[:5, :, 3] = 0
    image = Image(array)
    assert image.size == (30, 20)
    assert (image.alpha[:5] == 0).all()
    array[:] = 0
    assert image.pixels.min() == 255  # a copy
    assert Image(np.zeros((20, 20), np.uint8)).pixels.shape == (20, 20, 3)
    with pytest.raises(ObservationError, match="uint8"):
        Image(np.zeros((20, 20, 3)))
