import numpy as np
import pytest

from occviewer.errors import ObservationError

STORAGES = ["ascii", "binary", "binary_compressed"]


@pytest.mark.parametrize("storage", STORAGES)
def test_points_packed_colours_and_normals_in_every_storage(load, samples, storage):
    points = np.round(samples.sphere(300), 2)
    colors = np.random.default_rng(0).integers(0, 256, (300, 3))
    cloud = load("a.pcd", samples.pcd(storage, points, colors, samples.sphere(300)))
    np.testing.assert_allclose(cloud.points, points, atol=1e-7)
    np.testing.assert_allclose(cloud.normals, samples.sphere(300), atol=1e-6)
    np.testing.assert_array_equal(cloud.colors, colors)


@pytest.mark.parametrize("storage", STORAGES)
def test_an_organised_cloud_loses_its_holes(load, samples, storage):
    points = samples.sphere(12)
    points[[2, 7]] = np.nan
    cloud = load("a.pcd", samples.pcd(storage, points, width=4, height=3))
    np.testing.assert_allclose(cloud.points, np.delete(points, [2, 7], axis=0), atol=1e-7)
    assert cloud.notes == ("dropped 2 non-finite points",)


def test_fields_of_every_type_and_count_are_passed_over(load):
    record = np.dtype(
        [("label", "<u2"), ("hist", "<f4", 5), ("x", "<f8"), ("y", "<f8"), ("z", "<i4")]
    )
    rows = np.zeros(2, record)
    rows["x"], rows["y"], rows["z"] = [500_000.125, 2], [3, 4], [5, -6]
    header = (
        b"VERSION .7\nFIELDS label hist x y z\nSIZE 2 4 8 8 4\nTYPE U F F F I\nCOUNT 1 5 1 1 1\n"
        b"WIDTH 2\nHEIGHT 1\nPOINTS 2\nDATA binary\n"
    )
    cloud = load("a.pcd", header + rows.tobytes())
    np.testing.assert_array_equal(cloud.points, [[500_000.125, 3, 5], [2, 4, -6]])


def test_colours_packed_into_unsigned_integers(load):
    text = (
        "VERSION .7\nFIELDS x y z rgb\nSIZE 4 4 4 4\nTYPE F F F U\nCOUNT 1 1 1 1\nWIDTH 2\n"
        f"HEIGHT 1\nPOINTS 2\nDATA ascii\n1 2 3 {0x0A141E}\n4 5 6 {0xFFFFFF}\n"
    )
    cloud = load("a.pcd", text.encode())
    assert cloud.colors.tolist() == [[10, 20, 30], [255, 255, 255]]


@pytest.mark.parametrize("storage", STORAGES)
@pytest.mark.parametrize("keep", [0.4, 0.9, 0.995])
def test_truncated_files(load, samples, storage, keep):
    data = samples.pcd(storage, samples.sphere(500), samples.sphere(500).astype(np.uint8))
    with pytest.raises(ObservationError, match=r"a\.pcd (is truncated|has \d values? in line)"):
        load("a.pcd", data[: int(len(data) * keep)])


@pytest.mark.parametrize("storage", STORAGES)
def test_absurd_counts_are_refused_without_allocating(load, samples, storage):
    data = samples.pcd(storage, samples.sphere(50))
    data = data.replace(b"POINTS 50", b"POINTS 1000000000000")
    with pytest.raises(ObservationError, match="1,000,000,000,000"):
        load("a.pcd", data)


def test_a_compressed_size_that_cannot_be(load, samples):
    head, _, body = samples.pcd("binary_compressed", samples.sphere(50)).partition(b"pressed\n")
    many = head.replace(b"POINTS 50", b"POINTS 300000000") + b"pressed\n"
    size = (300_000_000 * 12 % 2**32).to_bytes(4, "little")
    with pytest.raises(ObservationError, match="do not hold the 300,000,000 points"):
        load("a.pcd", many + body[:4] + size + body[8:])


def test_damaged_compression(load, samples):
    data = bytearray(samples.pcd("binary_compressed", samples.sphere(50)))
    data[-40:] = b"\xff" * 40
    with pytest.raises(ObservationError, match=r"a\.pcd is damaged: the compressed data"):
        load("a.pcd", bytes(data))


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        (b"FIELDS x y z", b"FIELDS x y w", "no fields x, y and z"),
        (b"FIELDS x y z", b"FIELDS x y", "damaged PCD header"),
        (b"SIZE 4 4 4", b"SIZE 4 4 3", "damaged PCD header"),
        (b"WIDTH 3", b"WIDTH three", "damaged PCD header"),
        (b"WIDTH 3", b"WDTH 3", "'WDTH 3' in line 7"),
        (b"COUNT 1 1 1", b"COUNT 1 1 -1", "damaged PCD header"),
        (b"DATA ascii", b"DATA morse", "unknown storage 'morse'"),
        (b"DATA ascii\n", b"", "not understood"),
        (b"POINTS 3", b"POINTS 0", "holds no points"),
        (b"1.0 0.0 0.0", b"1.0 oops 0.0", "'oops' in line 12"),
    ],
)
def test_a_damaged_file(load, samples, old, new, words):
    with pytest.raises(ObservationError) as caught:
        load("a.pcd", samples.pcd("ascii", np.eye(3)).replace(old, new))
    assert words in str(caught.value)


def test_a_header_that_never_ends(load):
    with pytest.raises(ObservationError, match="without a 'DATA' line"):
        load("a.pcd", b"VERSION .7\nFIELDS x y z\n")
