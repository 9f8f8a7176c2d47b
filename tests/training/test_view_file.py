import numpy as np
import pytest

from occviewer.cameras import PictureCamera
from occviewer.errors import DataError
from occviewer.training.shape_file import ShapeRecord
from occviewer.training.view_file import (
    View,
    ViewsHead,
    add_depths,
    load_views,
    read_views_head,
    save_views,
)

RECORD = ShapeRecord("chair-1", "chair", "test", "chairs/1.obj", licence="CC0-1.0")


def view(seed):
    rng = np.random.default_rng(seed)
    across, down = np.meshgrid(np.linspace(0, 200, 40), np.linspace(0, 120, 40))
    picture = np.stack([across, down, across / 2 + seed], -1).astype(np.uint8)
    camera = PictureCamera(
        float(rng.uniform(-180, 180)), 12.0, 2.0, 55.5, (20.25, 19.0 + seed), (40, 40)
    )
    mask = rng.random((40, 40)) < 0.5
    return View(picture, mask, camera, depths(mask, rng))


def depths(mask, rng):
    """Depths of the first and the last surface, those of the latter larger."""
    measured = 2.0 + np.sort(rng.uniform(-0.8, 0.8, (2, *mask.shape)), axis=0)
    return np.where(mask, measured, np.nan).astype(np.float32)


@pytest.fixture
def stored(tmp_path):
    path = tmp_path / "chair-1.safetensors"
    save_views(path, [view(0), view(1), view(2)], RECORD)
    return path


def test_views_come_back_with_masks_and_cameras_exactly(stored):
    views = load_views(stored)
    assert len(views) == 3
    assert views.record == RECORD
    for number in range(3):
        found, wanted = views[number], view(number)
        np.testing.assert_array_equal(found.mask, wanted.mask)
        assert found.camera == wanted.camera
        assert np.abs(found.picture.astype(int) - wanted.picture).mean() < 3  # JPEG
        np.testing.assert_allclose(found.depths, wanted.depths, atol=0.004)  # NaN where NaN
    assert read_views_head(stored) == ViewsHead(3, 40, RECORD, has_depths=True)


def test_views_of_before_there_were_depths_get_them(stored):
    import safetensors.numpy
    from safetensors import safe_open

    with safe_open(stored, "np") as file:
        header = file.metadata()
        arrays = {name: file.get_tensor(name) for name in file.keys() if "depth" not in name}  # noqa: SIM118
    safetensors.numpy.save_file(arrays, stored, header)
    before = load_views(stored)
    assert not before.has_depths
    assert np.isnan(before[1].depths).all()
    add_depths(stored, [view(number).depths for number in range(3)])
    after = load_views(stored)
    assert after.has_depths
    np.testing.assert_allclose(after[1].depths, view(1).depths, atol=0.004)
    np.testing.assert_array_equal(after[1].picture, before[1].picture)


def test_equal_views_are_equal_files(stored, tmp_path):
    save_views(tmp_path / "again", [view(0), view(1), view(2)], RECORD)
    assert (tmp_path / "again").read_bytes() == stored.read_bytes()


@pytest.mark.parametrize("keep", [0, 7, 900])
def test_a_cut_file_is_named(stored, keep):
    stored.write_bytes(stored.read_bytes()[:keep])
    for read in (load_views, read_views_head):
        with pytest.raises(DataError, match=r"chair-1\.safetensors is damaged.*render it again"):
            read(stored)


def test_a_file_of_another_kind_is_named(tmp_path):
    from safetensors.numpy import save_file

    save_file({"cameras": np.zeros((1, 6))}, tmp_path / "other.safetensors")
    with pytest.raises(DataError, match=r"other\.safetensors holds no views"):
        read_views_head(tmp_path / "other.safetensors")
