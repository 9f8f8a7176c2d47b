"""Damaged files of every format: a cloud of finite points, or one clear sentence."""

import tracemalloc
import warnings

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from occviewer.errors import ObservationError
from occviewer.observations import PointCloud

NAMES = [
    "ascii.ply",
    "little.ply",
    "big.ply",
    "mesh.ply",
    "mesh_ascii.ply",
    "ascii.pcd",
    "binary.pcd",
    "compressed.pcd",
    "mesh.obj",
    "mesh.off",
    "binary.stl",
    "ascii.stl",
    "scene.glb",
    "cloud.xyz",
    "cloud.csv",
    "array.npy",
    "archive.npz",
    "deflated.npz",
]
LARGEST_MEMORY = 64 << 20

# Where a change happens: anywhere, or in the beginning, where the headers are.
position = st.one_of(st.floats(0, 1), st.floats(0, 0.1))
text = st.sampled_from(
    [b"nan", b"inf", b"-1", b"1e999", b"99999999999999", b"abc", b"\n", b"\r", b" ", b",", b";"]
    + [b"#", b"//", b"\0", b"\xff\xff\xff\xff", b"{", b"f 1 2 9\n", b"v 1 2\n", b"end_header\n"]
)
mutation = st.one_of(
    st.tuples(st.just("flip"), position, st.integers(1, 255)),
    st.tuples(st.just("insert"), position, text),
    st.tuples(st.just("cut"), position, st.integers(0, 1)),
    st.tuples(st.just("repeat"), position, st.integers(1, 400)),
    st.tuples(st.just("delete"), position, st.integers(1, 400)),
    st.tuples(st.just("digits"), position, st.sampled_from([b"0", b"9", b"-", b"e", b"99999999"])),
)


def mutated(data, changes):
    for kind, where, what in changes:
        at = int(where * (len(data) - 1)) if data else 0
        if kind == "flip" and data:
            data = data[:at] + bytes([data[at] ^ what]) + data[at + 1 :]
        elif kind == "insert":
            data = data[:at] + what + data[at:]
        elif kind == "cut":
            data = data[at:] if what else data[:at]
        elif kind == "repeat":
            data = data[: at + what] + data[at:]
        elif kind == "delete":
            data = data[:at] + data[at + what :]
        elif kind == "digits":
            # The next digit: counts and sizes are where headers hurt most.
            rest = next((i for i in range(at, len(data)) if data[i : i + 1].isdigit()), None)
            if rest is not None:
                data = data[:rest] + what + data[rest + 1 :]
    return data


@pytest.mark.parametrize("name", NAMES)
@settings(
    max_examples=40,
    deadline=3000,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(changes=st.lists(mutation, min_size=1, max_size=3))
def test_a_damaged_file_gives_finite_points_or_one_sentence(tmp_path, valid_files, name, changes):
    path = tmp_path / name
    path.write_bytes(mutated(valid_files[name], changes))
    tracemalloc.start()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            cloud = PointCloud.load(path, mesh_samples=100)
    except ObservationError as error:
        message = str(error)
        assert message.isprintable()
        assert name in message
        assert len(message) < 500
        assert message.endswith(".")
    else:
        assert len(cloud) > 0
        assert np.isfinite(cloud.points).all()
        assert cloud.normals is None or np.isfinite(cloud.normals).all()
        assert all(note.isprintable() for note in cloud.notes)
    finally:
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    assert peak < LARGEST_MEMORY


def test_every_valid_file_is_mutated(valid_files):
    assert sorted(NAMES) == sorted(valid_files)
