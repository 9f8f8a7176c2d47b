import struct

import numpy as np
import pytest

from occviewer.errors import ObservationError


@pytest.mark.parametrize("order", ["ascii", "<", ">"])
def test_points_normals_and_colours_in_every_storage(load, samples, order):
    points = samples.sphere(100)
    colors = np.random.default_rng(0).integers(0, 256, (100, 3))
    cloud = load("a.ply", samples.ply(order, points, -points, colors))
    np.testing.assert_allclose(cloud.points, points, rtol=1e-6 if order != "ascii" else 0)
    np.testing.assert_allclose(cloud.normals, -points, atol=1e-6)
    np.testing.assert_array_equal(cloud.colors, colors)
    assert cloud.notes == ()


@pytest.mark.parametrize("order", ["ascii", "<", ">"])
def test_doubles_keep_georeferenced_coordinates(load, samples, order):
    points = samples.sphere(5) + [500_000.123, 5_400_000.456, 300.789]
    cloud = load("a.ply", samples.ply(order, points, coordinate="double"))
    np.testing.assert_array_equal(cloud.points, points)


@pytest.mark.parametrize("order", ["ascii", "<", ">"])
@pytest.mark.parametrize(
    "faces",
    [
        [[0, 1, 2, 3], [4, 5, 6, 7]],
        [[0, 1, 2], [0, 2, 3], [4, 5, 6, 7], [0, 1, 2], [4, 5]],
        [[0, 1, 2, 3]] + [[4, 5, 6], [4, 6, 7]] * 300,
    ],
)
def test_faces_of_any_size_are_sampled(load, samples, order, faces):
    # Two unit squares, at z = 0 and at z = 4.
    square = np.array([[0, 0], [1, 0], [1, 1], [0, 1]], float)
    vertices = np.array([[*c, z] for z in (0, 4) for c in square])
    cloud = load("a.ply", samples.ply(order, vertices, faces=faces), mesh_samples=4000)
    np.testing.assert_allclose(cloud.normals, np.tile([0, 0, 1], (4000, 1)), atol=1e-6)
    inside = cloud.points[:, 2] == 0
    assert inside.any()
    np.testing.assert_allclose(cloud.points[~inside, 2], 4, rtol=1e-12)
    np.testing.assert_allclose(cloud.points[~inside, :2].mean(axis=0), 0.5, atol=0.05)


def test_elements_and_properties_that_are_not_needed_are_passed_over(load):
    header = (
        b"ply\nformat binary_little_endian 1.0\nelement camera 2\nproperty list uchar short v\n"
        b"element vertex 2\nproperty uchar flag\nproperty double x\nproperty double y\n"
        b"property double z\nproperty float intensity\nelement other 1000\nproperty int a\n"
        b"end_header\n"
    )
    body = struct.pack("<B2hBh", 2, 1, 2, 1, 7)
    body += struct.pack("<Bdddf", 1, 1, 2, 3, 0.5) + struct.pack("<Bdddf", 1, 4, 5, 6, 0.5)
    cloud = load("a.ply", header + body)
    np.testing.assert_array_equal(cloud.points, [[1, 2, 3], [4, 5, 6]])


def test_windows_and_old_mac_line_ends_in_ascii(load, samples):
    data = samples.ply("ascii", np.eye(3))
    for end in (b"\r\n", b"\r"):
        np.testing.assert_array_equal(load("a.ply", data.replace(b"\n", end)).points, np.eye(3))


def test_a_windows_header_before_binary_data(load, samples):
    header, _, body = samples.ply("<", np.eye(3)).partition(b"end_header\n")
    data = (header + b"end_header\n").replace(b"\n", b"\r\n") + body
    np.testing.assert_array_equal(load("a.ply", data).points, np.eye(3))


def test_colours_as_floats_and_as_16_bit(load):
    header = (
        "ply\nformat ascii 1.0\nelement vertex 2\nproperty float x\nproperty float y\n"
        "property float z\nproperty {0} red\nproperty {0} green\nproperty {0} blue\nend_header\n"
    )
    rows = "0 0 0 0 0.5 1\n1 1 1 1 1 1\n"
    cloud = load("a.ply", (header.format("float") + rows).encode())
    assert cloud.colors.tolist() == [[0, 128, 255], [255, 255, 255]]
    rows = "0 0 0 0 257 65535\n1 1 1 1 1 1\n"
    cloud = load("a.ply", (header.format("ushort") + rows).encode())
    assert cloud.colors.tolist() == [[0, 1, 255], [0, 0, 0]]
    assert cloud.notes == ("reduced colours from 16 to 8 bits",)


@pytest.mark.parametrize("order", ["ascii", "<", ">"])
@pytest.mark.parametrize("keep", [0.9, 0.5, 0.999])
def test_truncated_points(load, samples, order, keep):
    data = samples.ply(order, samples.sphere(200), samples.sphere(200))
    with pytest.raises(ObservationError, match=r"a\.ply (is truncated|has \d values? in line)"):
        load("a.ply", data[: int(len(data) * keep)])


@pytest.mark.parametrize("order", ["ascii", "<"])
def test_truncated_faces(load, samples, order):
    data = samples.ply(order, np.eye(3), faces=[[0, 1, 2]] * 50)
    with pytest.raises(ObservationError, match=r"a\.ply is (truncated|damaged at line 60)"):
        load("a.ply", data[:-30])


@pytest.mark.parametrize("order", ["ascii", "<", ">"])
@pytest.mark.parametrize("element", [b"vertex", b"face"])
def test_absurd_counts_are_refused_without_allocating(load, samples, order, element):
    data = samples.ply(order, np.eye(3), faces=[[0, 1, 2]])
    count = b"3" if element == b"vertex" else b"1"
    data = data.replace(b"element %s %s" % (element, count), b"element %s 1000000000000" % element)
    # The rows of ascii points run into the face line, which has another width.
    with pytest.raises(ObservationError, match=r"1,000,000,000,000|has 4 values in line 14"):
        load("a.ply", data)


def test_a_list_of_absurd_length(load):
    header = (
        b"ply\nformat binary_little_endian 1.0\nelement vertex 1\nproperty float x\n"
        b"property float y\nproperty float z\nelement face 1\n"
        b"property list uint int vertex_indices\nend_header\n"
    )
    data = header + struct.pack("<3fI", 0, 0, 0, 4_000_000_000)
    with pytest.raises(ObservationError, match="4,000,000,000 values"):
        load("a.ply", data)


def test_a_word_among_the_numbers_is_named_with_its_line(load, samples):
    data = samples.ply("ascii", np.eye(3)).replace(b"0.0 1.0 0.0", b"0.0 oops 0.0")
    with pytest.raises(ObservationError, match=r"a\.ply has 'oops' in line 10 where a number"):
        load("a.ply", data)


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        (b"end_header\n", b"", "without 'end_header'"),
        (b"format ascii 1.0\n", b"", "without a 'format' line"),
        (b"format ascii", b"format morse", "'format morse 1.0' in line 2"),
        (b"property float x", b"property quad x", "'property quad x' in line 5"),
        (b"property float x\n", b"", "no properties x, y and z"),
        (b"vertex 3", b"vertex -3", "'element vertex -3' in line 4"),
        (b"vertex 3", b"vertex three", "'element vertex three' in line 4"),
        (b"vertex 3", b"vertex 0", "holds no points"),
        (b"element vertex", b"element vortex", "no 'vertex' element"),
        (b"property float x", b"property list uchar float x", "list property"),
    ],
)
def test_a_damaged_header(load, samples, old, new, words):
    with pytest.raises(ObservationError) as caught:
        load("a.ply", samples.ply("ascii", np.eye(3)).replace(old, new))
    assert words in str(caught.value)


def test_triangle_strips_are_read_as_their_vertices(load, samples):
    data = samples.ply("ascii", np.eye(3))
    data = data.replace(b"end_header", b"element tristrips 1\nproperty list int int v\nend_header")
    cloud = load("a.ply", data + b"3 0 1 2\n")
    assert len(cloud) == 3
    assert cloud.notes == ("read only the vertices of a mesh made of triangle strips",)
