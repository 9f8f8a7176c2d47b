import io
import pickle
import zipfile

import numpy as np
import pytest

from occviewer.errors import ObservationError

POINTS = np.arange(15.0).reshape(5, 3) ** 1.5


@pytest.mark.parametrize(
    ("array", "note"),
    [
        (POINTS, None),
        (POINTS.astype(">f4"), None),
        (np.asfortranarray(POINTS), None),
        (POINTS.T, "read the array's three rows as x, y, z"),
        (POINTS[None], "read a grid of 1 × 5 points as a list"),
        (np.column_stack([POINTS, np.arange(5)]), "read 4 columns as x y z (ignored)"),
    ],
)
def test_arrays_of_points(load, samples, array, note):
    cloud = load("a.npy", samples.npy(array))
    np.testing.assert_allclose(cloud.points, POINTS, rtol=1e-6)
    assert cloud.notes == (() if note is None else (note,))


def test_six_columns_are_normals_or_colours(load, samples):
    normals = samples.sphere(5)
    cloud = load("a.npy", samples.npy(np.hstack([POINTS, normals])))
    np.testing.assert_allclose(cloud.normals, normals, atol=1e-6)
    cloud = load("a.npy", samples.npy(np.hstack([POINTS, np.full((5, 3), 200)])))
    assert (cloud.colors == 200).all()


def test_structured_arrays(load, samples):
    names = ["z", "y", "x", "nx", "ny", "nz", "red", "green", "blue", "label"]
    kinds = ["<f8"] * 3 + ["<f4"] * 3 + ["u1"] * 3 + ["U4"]
    array = np.zeros(4, list(zip(names, kinds, strict=True)))
    array["x"], array["z"], array["nz"], array["blue"] = 1, 3, 1, 77
    cloud = load("a.npy", samples.npy(array))
    assert cloud.points.tolist() == [[1, 0, 3]] * 4
    assert cloud.normals.tolist() == [[0, 0, 1]] * 4
    assert cloud.colors.tolist() == [[0, 0, 77]] * 4


def test_the_point_cloud_file_of_occupancy_networks(load, samples):
    normals = samples.sphere(5)
    data = samples.npz(
        points=POINTS.astype(np.float16),
        normals=normals.astype(np.float16),
        loc=np.ones(3),
        scale=np.array(2.0),
    )
    cloud = load("pointcloud.npz", data)
    np.testing.assert_array_equal(cloud.points, POINTS.astype(np.float16))
    np.testing.assert_allclose(cloud.normals, normals, atol=2e-3)
    assert cloud.notes == ("left the points in the normalised frame of the file (loc, scale)",)


@pytest.mark.parametrize("key", ["points", "xyz", "pc", "XYZ", "arr_0", "whatever"])
def test_archives_with_other_names(load, samples, key):
    np.testing.assert_array_equal(load("a.npz", samples.npz(**{key: POINTS})).points, POINTS)


def test_archives_with_colours_or_faces(load, samples):
    data = samples.npz(xyz=POINTS, rgb=np.full((5, 3), 0.5), other=np.zeros(3))
    assert (load("a.npz", data).colors == 128).all()
    data = samples.npz(vertices=np.eye(3), faces=np.array([[0, 1, 2]]))
    cloud = load("a.npz", data, mesh_samples=50)
    np.testing.assert_allclose(cloud.points.sum(axis=1), 1)
    assert cloud.notes == ("sampled 50 points on the surface of a mesh with 1 triangle",)


@pytest.mark.parametrize(
    ("array", "words"),
    [
        (np.zeros((5, 2)), "has the shape (5, 2)"),
        (np.zeros(5), "has the shape (5,)"),
        (np.array(3.0), "has the shape ()"),
        (np.zeros((5, 3), complex), "complex128 instead of numbers"),
        (np.full((5, 3), "a"), "instead of numbers"),
        (np.zeros((0, 3)), "holds no points"),
        (np.zeros(3, [("a", "f4"), ("b", "f4")]), "no numeric fields x, y, z"),
    ],
)
def test_arrays_that_are_no_points(load, samples, array, words):
    with pytest.raises(ObservationError) as caught:
        load("a.npy", samples.npy(array))
    assert words in str(caught.value)


class Explosive:
    """Would write a file if it were ever unpickled."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return open, (str(self.path), "w")


@pytest.mark.parametrize("suffix", ["npy", "npz"])
def test_pickled_objects_are_never_opened(load, samples, tmp_path, suffix):
    trap = tmp_path / "trap"
    array = np.array([Explosive(trap)] * 3, dtype=object)
    data = samples.npz(points=array) if suffix == "npz" else samples.npy(array)
    with pytest.raises(ObservationError, match="never opened because they can run code"):
        load(f"a.{suffix}", data)
    with pytest.raises(ObservationError):
        load(f"b.{suffix}", pickle.dumps(Explosive(trap)))
    assert not trap.exists()


@pytest.mark.parametrize("keep", [7, 40, 0.9])
def test_truncated_arrays(load, samples, keep):
    data = samples.npy(POINTS)
    cut = keep if isinstance(keep, int) else int(len(data) * keep)
    with pytest.raises(ObservationError, match=r"a\.npy (is truncated|has a damaged header)"):
        load("a.npy", data[:cut])


def test_truncated_archives(load, samples):
    with pytest.raises(ObservationError, match="damaged or encrypted NPZ"):
        load("a.npz", samples.npz(points=POINTS)[:-30])


def huge_header(samples):
    data = samples.npy(POINTS)
    return data.replace(b"(5, 3), }             ", b"(1000000000000, 3), }  ", 1)


def test_absurd_shapes_are_refused_without_allocating(load, samples):
    data = huge_header(samples)
    with pytest.raises(ObservationError, match="declares 3,000,000,000,000 values"):
        load("a.npy", data)
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("points.npy", data)
    with pytest.raises(ObservationError, match="array 'points' declares 3,000,000,000,000"):
        load("a.npz", buffer.getvalue())


def zipped(name, data):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr(name, data)
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("arrays", "words"),
    [
        ({"a": POINTS, "b": POINTS}, "no array named 'points' (it has 'a', 'b')"),
        ({"points": POINTS, "occupancies": np.zeros(5)}, "open the pointcloud.npz beside it"),
        ({"points": POINTS, "normals": np.zeros((4, 3))}, "array 'normals' of shape (4, 3)"),
        ({"points": POINTS, "colors": np.full(5, "red")}, "array 'colors' of shape (5,)"),
        ({"points": POINTS, "faces": np.zeros((5, 3))}, "not (F, 3) whole numbers"),
        ({"points": POINTS, "faces": np.full((5, 3), 7)}, "vertex number 7"),
    ],
)
def test_archives_whose_arrays_do_not_fit(load, samples, arrays, words):
    with pytest.raises(ObservationError) as caught:
        load("a.npz", samples.npz(**arrays))
    assert words in str(caught.value)


def test_a_zip_file_of_something_else(load):
    with pytest.raises(ObservationError, match="zip archive without numpy arrays"):
        load("a.zip", zipped("a.txt", "hello"))
