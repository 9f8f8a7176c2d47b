"""Films of meshes."""

from importlib.util import find_spec

import numpy as np
import pytest
from PIL import Image

from occviewer.errors import MeshError
from occviewer.meshes import film
from occviewer.meshes.film import drawn_frames, require_film, save_film


def pictures(count=4):
    """Grey pictures with a bar that moves."""
    frames = np.full((count, 32, 48, 3), 200, np.uint8)
    for number in range(count):
        frames[number, :, 10 * number : 10 * number + 5] = (200, 30, 30)
    return list(frames)


def test_a_gif_holds_the_frames_at_their_rate_and_goes_round(tmp_path):
    save_film(pictures(), tmp_path / "f.gif", rate=10)
    with Image.open(tmp_path / "f.gif") as gif:
        assert (gif.n_frames, gif.size) == (4, (48, 32))
        assert gif.info["duration"] == 100
        assert gif.info["loop"] == 0
        gif.seek(2)
        red = np.asarray(gif.convert("RGB"))[16, 22]
    assert np.abs(red.astype(int) - (200, 30, 30)).max() < 20


@pytest.mark.parametrize("rate", [24, 30, 40, 60, 100])
def test_a_gif_takes_its_time_at_any_rate(rate, tmp_path):
    save_film(pictures()[:2] * 30, tmp_path / "f.gif", rate)
    with Image.open(tmp_path / "f.gif") as gif:
        durations = []
        for number in range(gif.n_frames):
            gif.seek(number)
            durations.append(gif.info["duration"])
    assert sum(durations) == pytest.approx(1000 * 60 / rate, abs=20)
    assert min(durations) >= 20


@pytest.mark.skipif(find_spec("imageio_ffmpeg") is None, reason="imageio-ffmpeg is not installed")
@pytest.mark.parametrize("error", [OSError("No space left"), RuntimeError("ffmpeg exited")])
def test_what_ffmpeg_complains_of_is_said(error, tmp_path, monkeypatch):
    import imageio_ffmpeg

    def failing(*args, **options):
        raise error

    monkeypatch.setattr(imageio_ffmpeg, "write_frames", failing)
    with pytest.raises(MeshError, match=f"could not be encoded .{error}.*ends in .gif"):
        save_film(pictures(), tmp_path / "f.mp4")
    assert list(tmp_path.iterdir()) == []


def test_without_the_package_mp4_names_what_to_install(tmp_path, monkeypatch):
    monkeypatch.setattr(film, "find_spec", lambda name: None)
    with pytest.raises(MeshError, match="pip install imageio-ffmpeg"):
        require_film(tmp_path / "f.mp4")


@pytest.mark.skipif(find_spec("imageio_ffmpeg") is None, reason="imageio-ffmpeg is not installed")
def test_an_mp4_is_written(tmp_path):
    save_film(pictures(), tmp_path / "f.mp4")
    assert (tmp_path / "f.mp4").read_bytes()[4:8] == b"ftyp"


def test_other_formats_are_refused(tmp_path):
    with pytest.raises(MeshError, match=r"\.gif or \.mp4"):
        require_film(tmp_path / "f.avi")


def test_the_camera_stands_still(monkeypatch):
    from .shapes import cube

    small = cube()
    moved = type(small)(small.vertices + np.float32([2, 0, 0]), small.faces)
    cameras = []
    monkeypatch.setattr(film, "_drawn", lambda mesh, dots, camera, *rest: cameras.append(camera))
    list(drawn_frames([small, moved]))
    assert len(cameras) == 2
    assert cameras[0] is cameras[1]


def test_a_film_needs_meshes():
    with pytest.raises(MeshError, match="needs meshes"):
        next(drawn_frames([]))
