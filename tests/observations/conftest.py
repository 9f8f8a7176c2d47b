"""Small valid files of every format, made by hand or by other libraries."""

import io
import struct
import zipfile

import numpy as np
import pytest
import trimesh

from occviewer.observations import PointCloud


def lzf_compress(data):
    """Greedy LZF compressor, the counterpart of what PCL writes."""
    out, literals, seen, at = bytearray(), bytearray(), {}, 0

    def flush():
        for start in range(0, len(literals), 32):
            run = literals[start : start + 32]
            out.append(len(run) - 1)
            out.extend(run)
        literals.clear()

    while at < len(data):
        key = bytes(data[at : at + 3])
        back = seen.get(key)
        seen[key] = at
        if len(key) == 3 and back is not None and at - back <= 8192:
            length = 3
            while length < 264 and at + length < len(data):
                if data[back + length] != data[at + length]:
                    break
                length += 1
            flush()
            distance = at - back - 1
            short = length - 2
            if short < 7:
                out.append(short << 5 | distance >> 8)
            else:
                out += bytes([7 << 5 | distance >> 8, short - 7])
            out.append(distance & 255)
            at += length
        else:
            literals.append(data[at])
            at += 1
    flush()
    return bytes(out)


def sphere(count=60, seed=0):
    normals = np.random.default_rng(seed).normal(size=(count, 3))
    return normals / np.linalg.norm(normals, axis=1, keepdims=True)


def ply(order, points, normals=None, colors=None, faces=None, coordinate="float"):
    """PLY bytes with the given byte order: "<", ">" or "ascii"."""
    name = {"<": "binary_little_endian", ">": "binary_big_endian"}.get(order, "ascii")
    lines = ["ply", f"format {name} 1.0", "comment by hand", f"element vertex {len(points)}"]
    lines += [f"property {coordinate} {a}" for a in "xyz"]
    if normals is not None:
        lines += [f"property float n{a}" for a in "xyz"]
    if colors is not None:
        lines += [f"property uchar {c}" for c in ("red", "green", "blue")]
    if faces is not None:
        lines += [f"element face {len(faces)}", "property list uchar int vertex_indices"]
    header = ("\n".join([*lines, "end_header"]) + "\n").encode()
    body = bytearray()
    letter = "d" if coordinate == "double" else "f"
    for i, point in enumerate(points):
        row = [
            *point,
            *(() if normals is None else normals[i]),
            *(() if colors is None else map(int, colors[i])),
        ]
        if order == "ascii":
            body += " ".join(repr(v if isinstance(v, int) else float(v)) for v in row).encode()
            body += b"\n"
        else:
            kinds = letter * 3 + "f" * (normals is not None) * 3 + "B" * (colors is not None) * 3
            body += struct.pack(order + kinds, *row)
    for face in faces if faces is not None else ():
        if order == "ascii":
            body += " ".join(map(str, [len(face), *face])).encode() + b"\n"
        else:
            body += struct.pack(f"{order}B{len(face)}i", len(face), *map(int, face))
    return header + bytes(body)


def pcd(storage, points, rgb=None, normals=None, width=None, height=1):
    """PCD bytes with x, y, z as floats, packed colours and normals."""
    fields, kinds, columns = ["x", "y", "z"], ["f4"] * 3, list(np.asarray(points, "<f4").T)
    if rgb is not None:
        packed = (rgb[:, 0].astype("<u4") << 16) | (rgb[:, 1].astype("<u4") << 8) | rgb[:, 2]
        fields, kinds = [*fields, "rgb"], [*kinds, "f4"]
        columns.append(packed.astype("<u4").view("<f4"))
    if normals is not None:
        fields = [*fields, "normal_x", "normal_y", "normal_z"]
        kinds, columns = [*kinds, *["f4"] * 3], [*columns, *np.asarray(normals, "<f4").T]
    header = [
        "# .PCD v0.7 - Point Cloud Data file format",
        "VERSION 0.7",
        f"FIELDS {' '.join(fields)}",
        f"SIZE {' '.join('4' for _ in fields)}",
        f"TYPE {' '.join('F' for _ in fields)}",
        f"COUNT {' '.join('1' for _ in fields)}",
        f"WIDTH {width or len(points)}",
        f"HEIGHT {height}",
        "VIEWPOINT 0 0 0 1 0 0 0",
        f"POINTS {len(points)}",
        f"DATA {storage}",
        "",
    ]
    head = "\n".join(header).encode()
    if storage == "ascii":
        rows = zip(*columns, strict=True)
        return head + b"".join(" ".join(repr(float(v)) for v in r).encode() + b"\n" for r in rows)
    if storage == "binary":
        return head + np.stack(columns, axis=1).astype("<f4").tobytes()
    plain = b"".join(np.ascontiguousarray(c, "<f4").tobytes() for c in columns)
    packed = lzf_compress(plain)
    return head + struct.pack("<II", len(packed), len(plain)) + packed


def npz(**arrays):
    buffer = io.BytesIO()
    np.savez(buffer, **arrays)
    return buffer.getvalue()


def npy(array):
    buffer = io.BytesIO()
    np.save(buffer, array)
    return buffer.getvalue()


def every_format():
    """A valid file of every format that needs no optional library: {name: bytes}."""
    points = sphere()
    normals = points.astype(np.float32)
    colors = np.random.default_rng(1).integers(0, 256, (60, 3), dtype=np.uint8)
    ball = trimesh.creation.icosphere(subdivisions=1)
    rows = np.concatenate([points, colors], axis=1)
    deflated = io.BytesIO()
    with zipfile.ZipFile(deflated, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("points.npy", npy(points))
    return {
        "ascii.ply": ply("ascii", points, normals, colors),
        "little.ply": ply("<", points, normals, colors),
        "big.ply": ply(">", points, normals, colors),
        "mesh.ply": ply("<", ball.vertices, None, None, ball.faces),
        "mesh_ascii.ply": ply("ascii", ball.vertices, None, None, ball.faces),
        "ascii.pcd": pcd("ascii", points, colors, normals),
        "binary.pcd": pcd("binary", points, colors, normals),
        "compressed.pcd": pcd("binary_compressed", np.round(points, 1), colors),
        "mesh.obj": ball.export(file_type="obj").encode(),
        "mesh.off": ball.export(file_type="off").encode(),
        "binary.stl": ball.export(file_type="stl"),
        "ascii.stl": ball.export(file_type="stl_ascii").encode(),
        "scene.glb": ball.export(file_type="glb"),
        "cloud.xyz": "\n".join(" ".join(f"{v:g}" for v in row) for row in rows).encode(),
        "cloud.csv": b"x,y,z\n" + b"\n".join(b"%g,%g,%g" % tuple(p) for p in points),
        "array.npy": npy(points),
        "archive.npz": npz(points=points, normals=normals, loc=np.zeros(3), scale=np.array(1.0)),
        "deflated.npz": deflated.getvalue(),
    }


class Files(dict):
    """Files by name, which do not flood the report of a failing test."""

    def __repr__(self):
        return f"Files({', '.join(self)})"


class Samples:
    """The builders above, for tests that need another file than the ready ones."""

    ply = staticmethod(ply)
    pcd = staticmethod(pcd)
    npz = staticmethod(npz)
    npy = staticmethod(npy)
    sphere = staticmethod(sphere)
    lzf_compress = staticmethod(lzf_compress)


@pytest.fixture(scope="session")
def samples():
    return Samples


@pytest.fixture(scope="session")
def valid_files():
    return Files(every_format())


@pytest.fixture
def load(tmp_path):
    """Write bytes to a file of the given name and load it."""

    def load_bytes(name, data, **options):
        path = tmp_path / name
        path.write_bytes(data)
        return PointCloud.load(path, **options)

    return load_bytes
