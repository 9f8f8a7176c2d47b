"""Large files load in bounded memory."""

import tracemalloc

import numpy as np

from occviewer.observations import PointCloud

COUNT = 2_000_000


def write_large_ply(path, count):
    record = np.dtype([(n, "<f4") for n in ("x", "y", "z")] + [(c, "u1") for c in "rgb"])
    header = f"ply\nformat binary_little_endian 1.0\nelement vertex {count}\n"
    header += "".join(f"property float {a}\n" for a in "xyz")
    header += "".join(f"property uchar {c}\n" for c in ("red", "green", "blue")) + "end_header\n"
    generator = np.random.default_rng(0)
    with path.open("wb") as file:
        file.write(header.encode())
        for start in range(0, count, 1 << 20):
            rows = np.zeros(min(1 << 20, count - start), record)
            for name in "xyz":
                rows[name] = generator.random(len(rows), dtype=np.float32)
            rows["g"] = 7
            file.write(rows.tobytes())


def test_two_million_points(tmp_path):
    write_large_ply(tmp_path / "large.ply", COUNT)
    tracemalloc.start()
    cloud = PointCloud.load(tmp_path / "large.ply")
    kept, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert len(cloud) == COUNT
    assert (cloud.colors == [0, 7, 0]).all()
    # Float64 points and byte colours, and no second copy of them on the way.
    size = COUNT * (24 + 3)
    assert kept < size * 1.1
    assert peak < size * 1.5 + (32 << 20)
    few = cloud.subsampled(3000)
    np.testing.assert_allclose(few.centroid, 0.5, atol=5 * np.sqrt(1 / 12 / 3000))
