import sys

import numpy as np
import pytest

from occviewer.errors import ObservationError
from occviewer.observations.depth_image import read_depth


def ramp():
    return np.linspace(1, 3, 60 * 80).reshape(60, 80).astype(np.float32)


def color():
    return np.random.default_rng(0).random((60, 80)).astype(np.float32)


@pytest.fixture
def exr(tmp_path):
    library = pytest.importorskip("OpenEXR")

    def make(channels):
        header = {"compression": library.ZIP_COMPRESSION, "type": library.scanlineimage}
        library.File(header, channels).write(str(tmp_path / "depth.exr"))
        return tmp_path / "depth.exr"

    return make


@pytest.mark.parametrize(
    "channels",
    [
        {"Y": ramp()},
        {"Z": ramp(), "R": color(), "G": color(), "B": color()},
        {"ViewLayer.Depth.Z": ramp(), "ViewLayer.Combined.R": color()},
        {"R": ramp(), "G": ramp(), "B": ramp()},
    ],
    ids=["alone", "beside colours", "of a layer", "as grey"],
)
def test_the_channel_of_depth_is_found(exr, channels):
    np.testing.assert_allclose(read_depth(exr(channels)), ramp())


@pytest.mark.parametrize(
    ("dtype", "far"), [(np.float32, 1e10), (np.float16, 65504), ("f4", np.inf)]
)
def test_where_nothing_was_hit_there_is_no_depth(exr, dtype, far):
    stored = ramp()
    stored[:10] = far
    depth = read_depth(exr({"Z": stored.astype(dtype)}))
    assert np.isnan(depth[:10]).all()
    assert np.isfinite(depth[10:]).all()


def test_colours_are_no_depth(exr):
    with pytest.raises(ObservationError, match="the channels B, G, R, none of which is depth"):
        read_depth(exr({"R": color(), "G": ramp(), "B": color() / 2}))


@pytest.mark.parametrize("kept", [4, 100, 0.3, 0.9])
def test_a_cut_file_is_said_and_nothing_else(exr, kept, capsys):
    path = exr({"Z": ramp()})
    content = path.read_bytes()
    path.write_bytes(content[: kept if kept > 1 else int(kept * len(content))])
    with pytest.raises(ObservationError, match=r"depth.exr is a damaged or cut off EXR file"):
        read_depth(path)
    assert capsys.readouterr().out == ""


def test_without_the_library_the_sentence_says_how_to_install_it(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "OpenEXR", None)
    (tmp_path / "a.exr").write_bytes(b"\x76\x2f\x31\x01" + bytes(40))
    with pytest.raises(ObservationError, match=r"pip install \"occviewer\[exr\]\""):
        read_depth(tmp_path / "a.exr")
