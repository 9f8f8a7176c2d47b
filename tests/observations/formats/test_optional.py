"""LAS and E57, whose libraries are optional.

Where a library is missing, a stand-in with the same functions takes its place, so that
what is done with its answers is tested everywhere; the tests of the real libraries are
skipped there.
"""

import sys
import types

import numpy as np
import pytest

from occviewer.errors import ObservationError

LAS = b"LASF" + bytes(400)
E57 = b"ASTM-E57" + (1).to_bytes(4, "little") + bytes(4) + (400).to_bytes(8, "little") + bytes(376)


class FakeLasReader:
    def __init__(self, chunks, declared, names):
        self._chunks = chunks
        point_format = types.SimpleNamespace(dimension_names=names)
        self.header = types.SimpleNamespace(point_count=declared, point_format=point_format)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        return None

    def chunk_iterator(self, rows):
        assert rows > 0
        return iter(self._chunks)


def las_chunk(start, count, **extra):
    axis = np.arange(start, start + count, dtype=np.float64)
    record = np.zeros(
        count, [(n, "f8") for n in "xyz"] + [(c, "u2") for c in ("red", "green", "blue")]
    )
    record["x"], record["y"], record["z"] = axis + 500_000.25, axis + 5_400_000.5, axis
    for name, value in extra.items():
        record[name] = value
    return record


@pytest.fixture
def fake_laspy(monkeypatch):
    def install(chunks=(), declared=None, names=("X", "Y", "Z"), error=None):
        def open_file(path):
            if error is not None:
                raise error
            total = sum(map(len, chunks))
            return FakeLasReader(chunks, total if declared is None else declared, names)

        monkeypatch.setitem(sys.modules, "laspy", types.SimpleNamespace(open=open_file))

    return install


class FakeE57:
    scans = ()

    def __init__(self, path):
        assert path.endswith(".e57")
        self.scan_count = len(self.scans)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        return None

    def get_header(self, index):
        return types.SimpleNamespace(point_count=self.scans[index]["count"])

    def read_scan(self, index, *, colors, ignore_missing_fields):
        assert colors
        assert ignore_missing_fields
        return {k: v for k, v in self.scans[index].items() if k != "count"}


@pytest.fixture
def fake_pye57(monkeypatch):
    def install(*scans):
        library = types.SimpleNamespace(E57=type("E57", (FakeE57,), {"scans": scans}))
        monkeypatch.setitem(sys.modules, "pye57", library)

    return install


def e57_scan(values, colored=True):
    values = np.asarray(values, float)
    scan = {"count": len(values)}
    scan |= {f"cartesian{a}": values[:, i] for i, a in enumerate("XYZ")}
    if colored:
        for i, channel in enumerate(("Red", "Green", "Blue")):
            scan[f"color{channel}"] = np.full(len(values), 10 * i, np.uint8)
    return scan


@pytest.mark.parametrize(("suffix", "data", "extra"), [("las", LAS, "las"), ("e57", E57, "e57")])
def test_without_the_library_the_message_says_how_to_install_it(
    load, monkeypatch, suffix, data, extra
):
    monkeypatch.setitem(sys.modules, "laspy", None)
    monkeypatch.setitem(sys.modules, "pye57", None)
    with pytest.raises(ObservationError) as caught:
        load(f"a.{suffix}", data)
    assert f'pip install "occviewer[{extra}]"' in str(caught.value)


def test_las_points_keep_their_offset_and_colours_lose_their_lower_byte(load, fake_laspy):
    chunks = [las_chunk(0, 3, red=65535), las_chunk(3, 2, green=257)]
    fake_laspy(chunks, names=("X", "Y", "Z", "red", "green", "blue"))
    cloud = load("a.las", LAS)
    np.testing.assert_array_equal(cloud.points[4], [500_004.25, 5_400_004.5, 4])
    assert cloud.colors.tolist() == [[255, 0, 0]] * 3 + [[0, 1, 0]] * 2
    assert cloud.notes == ("reduced colours from 16 to 8 bits",)


def test_las_without_colours(load, fake_laspy):
    fake_laspy([las_chunk(0, 4)])
    assert load("a.las", LAS).colors is None


def test_truncated_las(load, fake_laspy):
    fake_laspy([las_chunk(0, 4)], declared=1000)
    with pytest.raises(ObservationError, match="declares 1,000 points but only 4 follow"):
        load("a.las", LAS)


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (RuntimeError("No LazBackend selected, cannot decompress data"), r"occviewer\[las\]"),
        (ValueError("Invalid\nfile signature"), "cannot be read as LAS .Invalid file signature"),
    ],
)
def test_errors_of_laspy_become_one_sentence(load, fake_laspy, error, words):
    fake_laspy(error=error)
    with pytest.raises(ObservationError, match=words) as caught:
        load("a.laz", LAS)
    assert "\n" not in str(caught.value)
    assert caught.value.__cause__ is error


def test_e57_scans_are_joined(load, fake_pye57):
    fake_pye57(e57_scan([[1, 2, 3], [4, 5, 6]]), e57_scan([[7, 8, 9]]))
    cloud = load("a.e57", E57)
    assert cloud.points.tolist() == [[1, 2, 3], [4, 5, 6], [7, 8, 9]]
    assert cloud.colors.tolist() == [[0, 10, 20]] * 3
    assert cloud.notes == ("joined 2 scans",)


def test_e57_colours_that_only_some_scans_have_are_ignored(load, fake_pye57):
    fake_pye57(e57_scan([[1, 2, 3]]), e57_scan([[7, 8, 9]], colored=False))
    cloud = load("a.e57", E57)
    assert cloud.colors is None
    assert cloud.notes[-1].startswith("ignored colours")


def test_e57_with_an_absurd_count(load, fake_pye57):
    fake_pye57({"count": 10**12})
    with pytest.raises(ObservationError, match="declares 1,000,000,000,000 points"):
        load("a.e57", E57)


def test_truncated_e57(load):
    with pytest.raises(ObservationError, match="declares 400 bytes but has 300"):
        load("a.e57", E57[:300])


def test_e57_errors_of_the_library_become_one_sentence(load, monkeypatch):
    def fail(_):
        raise RuntimeError("bad checksum\nin page 3")

    monkeypatch.setitem(sys.modules, "pye57", types.SimpleNamespace(E57=fail))
    with pytest.raises(ObservationError, match="cannot be read as E57 .bad checksum in page 3"):
        load("a.e57", E57)


def test_a_file_written_by_laspy(load, tmp_path):
    laspy = pytest.importorskip("laspy")
    header = laspy.LasHeader(point_format=2, version="1.2")
    header.scales, header.offsets = np.full(3, 0.001), np.array([500_000.0, 5_400_000, 0])
    data = laspy.LasData(header)
    points = np.random.default_rng(0).random((50, 3)) + header.offsets
    data.x, data.y, data.z = points.T
    data.red = np.full(50, 65535, np.uint16)
    data.write(tmp_path / "b.las")
    written = (tmp_path / "b.las").read_bytes()
    cloud = load("a.las", written)
    np.testing.assert_allclose(cloud.points, points, atol=0.001)
    assert (cloud.colors == [255, 0, 0]).all()
    with pytest.raises(ObservationError):
        load("a.las", written[:-100])


def test_a_file_written_by_pye57(load, tmp_path):
    pye57 = pytest.importorskip("pye57")
    points = np.random.default_rng(0).random((50, 3))
    with pye57.E57(str(tmp_path / "b.e57"), mode="w") as archive:
        archive.write_scan_raw({f"cartesian{a}": points[:, i] for i, a in enumerate("XYZ")})
    cloud = load("a.e57", (tmp_path / "b.e57").read_bytes())
    np.testing.assert_allclose(cloud.points, points, atol=1e-6)
