import numpy as np
import pytest

from occviewer.errors import ObservationError
from occviewer.observations import PointCloud
from occviewer.observations.formats import lzf


def cloud(offset=0.0):
    generator = np.random.default_rng(0)
    return PointCloud(
        generator.random((300, 3)) + offset,
        generator.normal(size=(300, 3)),
        generator.integers(0, 256, (300, 3)),
    )


@pytest.mark.parametrize(
    ("name", "encoding"),
    [
        ("a.ply", "ascii"),
        ("a.pcd", "ascii"),
        ("a.pcd", "binary"),
        ("a.pcd", "compressed"),
        ("a.txt", None),
        ("a.csv", None),
    ],
)
def test_points_normals_and_colours_come_back(tmp_path, name, encoding):
    written = cloud()
    written.save(tmp_path / name, encoding)
    again = PointCloud.load(tmp_path / name)
    np.testing.assert_allclose(again.points, written.points, atol=1e-6)
    np.testing.assert_allclose(again.normals, written.normals, atol=1e-6)
    np.testing.assert_array_equal(again.colors, written.colors)


@pytest.mark.parametrize("name", ["a.ply", "a.pcd", "a.csv", "a.txt", "a.obj"])
@pytest.mark.parametrize("encoding", [None, "ascii"])
def test_georeferenced_points_keep_their_millimetres(tmp_path, name, encoding):
    written = cloud(offset=5_400_000.0)
    written.save(tmp_path / name, encoding)
    np.testing.assert_allclose(
        PointCloud.load(tmp_path / name).points, written.points, rtol=0, atol=1e-7
    )


def test_obj_holds_vertices_and_colours_only(tmp_path):
    written = cloud()
    written.save(tmp_path / "a.obj")
    lines = (tmp_path / "a.obj").read_text().splitlines()
    assert len(lines) == 300
    assert all(line.startswith("v ") for line in lines)
    again = PointCloud.load(tmp_path / "a.obj")
    np.testing.assert_allclose(again.points, written.points, atol=1e-12)
    np.testing.assert_array_equal(again.colors, written.colors)
    PointCloud(written.points).save(tmp_path / "b.obj")
    assert PointCloud.load(tmp_path / "b.obj").colors is None


def test_csv_names_its_columns(tmp_path):
    PointCloud(np.eye(3)).save(tmp_path / "a.csv")
    assert (tmp_path / "a.csv").read_text().splitlines()[0] == "x,y,z"


def test_pcd_is_float32_as_pcl_reads_it_unless_it_may_not(tmp_path):
    for offset, size in ((0.0, b"SIZE 4 4 4 "), (5_400_000.0, b"SIZE 8 8 8 ")):
        cloud(offset).save(tmp_path / "a.pcd")
        assert size in (tmp_path / "a.pcd").read_bytes()


def test_an_empty_cloud_is_written_as_pcd(tmp_path):
    PointCloud(np.zeros((0, 3))).save(tmp_path / "a.pcd")
    assert b"POINTS 0" in (tmp_path / "a.pcd").read_bytes()


@pytest.mark.parametrize(
    ("name", "encoding"), [("a.ply", "compressed"), ("a.csv", "binary"), ("a.npz", "ascii")]
)
def test_an_encoding_that_a_format_lacks_is_refused(tmp_path, name, encoding):
    with pytest.raises(ObservationError, match=f"{name} cannot be written as '{encoding}'"):
        cloud().save(tmp_path / name, encoding)
    assert not (tmp_path / name).exists()


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"a",
        b"abcabc",
        bytes(100_000),
        b"abcdefgh" * 2000,
        np.random.default_rng(0).bytes(20_000),
        np.random.default_rng(0).integers(0, 3, 20_000).astype(np.uint8).tobytes(),
        np.linspace(0, 1, 5000).astype(np.float32).tobytes(),
    ],
    ids=len,
)
def test_lzf_gives_back_what_was_compressed(data):
    packed = lzf.compress(data)
    assert lzf.decompress(packed, len(data)) == data
    assert len(packed) <= len(data) * 33 / 32 + 1


def test_lzf_makes_repetitive_data_small():
    assert len(lzf.compress(bytes(100_000))) < 1500
