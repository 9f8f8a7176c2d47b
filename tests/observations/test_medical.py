"""Where medical volumes lie in the world: orientation, spacing and origin of each format.

The files are written here byte by byte, as the formats' authors describe them.
"""

from __future__ import annotations

import gzip
import struct
import zlib

import numpy as np
import pytest

from occviewer.errors import ObservationError
from occviewer.observations import VoxelGrid
from occviewer.placement import Placement

SHAPE = (6, 5, 4)
MARKED = (4, 1, 3)
"""The only occupied voxel: on another side of the middle along every axis."""

# Axes of the array in the world: columns. A permutation with mirroring, and a real turn.
SWAPPED = np.array([[0.0, -1, 0], [0, 0, 1], [-1, 0, 0]])
_C, _S = np.cos(0.3), np.sin(0.3)
OBLIQUE = np.array([[_C, -_S, 0], [_S, _C, 0], [0, 0, 1.0]]) @ np.array(
    [[1, 0, 0], [0, _C, -_S], [0, _S, _C]]
)
MIRRORED = OBLIQUE * [1, 1, -1]
SPACING = np.array([0.5, 1.0, 2.0])
FIRST = np.array([10.0, -20.0, 30.0])
"""World place of the centre of the first voxel."""


def volume():
    values = np.full(SHAPE, -1000, np.int16)
    values[MARKED] = 700
    return values


def nifti(path, directions, matrix):
    """NIfTI-1 (Cox et al., 2004): the sform holds the affine map, the qform a quaternion."""
    header = bytearray(352)
    struct.pack_into("<i", header, 0, 348)
    struct.pack_into("<8h", header, 40, 3, *SHAPE, 1, 1, 1, 1)
    struct.pack_into("<2h", header, 70, 4, 16)
    left_handed = np.linalg.det(directions) < 0
    struct.pack_into("<4f", header, 76, -1.0 if left_handed else 1.0, *SPACING)
    struct.pack_into("<f", header, 108, 352.0)
    if matrix == "sform":
        affine = np.column_stack([directions * SPACING, FIRST])
        struct.pack_into("<h", header, 254, 1)
        struct.pack_into("<12f", header, 280, *affine.ravel())
    else:
        from scipy.spatial.transform import Rotation

        turn = directions * [1, 1, -1 if left_handed else 1]
        b, c, d, a = Rotation.from_matrix(turn).as_quat()
        sign = 1 if a >= 0 else -1
        struct.pack_into("<h", header, 252, 1)
        struct.pack_into("<6f", header, 256, sign * b, sign * c, sign * d, *FIRST)
    header[344:348] = b"n+1\0"
    path.write_bytes(bytes(header) + volume().transpose(2, 1, 0).tobytes())


def nrrd(path, directions):
    vectors = " ".join(
        f"({','.join(f'{x:.9g}' for x in column * side)})"
        for column, side in zip(directions.T, SPACING, strict=True)
    )
    header = (
        f"NRRD0004\ntype: short\ndimension: 3\nspace: left-posterior-superior\n"
        f"sizes: {' '.join(map(str, SHAPE))}\nspace directions: {vectors}\n"
        f"kinds: domain domain domain\nendian: little\nencoding: raw\n"
        f"space origin: ({','.join(map(str, FIRST))})\n\n"
    )
    path.write_bytes(header.encode() + volume().transpose(2, 1, 0).tobytes())


def metaimage(path, directions):
    header = (
        "ObjectType = Image\nNDims = 3\nBinaryData = True\nBinaryDataByteOrderMSB = False\n"
        f"TransformMatrix = {' '.join(f'{x:.9g}' for x in directions.T.ravel())}\n"
        f"Offset = {' '.join(map(str, FIRST))}\nElementSpacing = {' '.join(map(str, SPACING))}\n"
        f"DimSize = {' '.join(map(str, SHAPE))}\nElementType = MET_SHORT\nElementDataFile = LOCAL\n"
    )
    path.write_bytes(header.encode() + volume().transpose(2, 1, 0).tobytes())


def packed(writer, end):
    """The same file with its values packed, as the formats allow; `end` ends the header."""

    def write(path, directions):
        writer(path, directions)
        head, _, values = path.read_bytes().partition(end)
        gzipped = gzip.compress(values)
        if writer is nrrd:
            path.write_bytes(head.replace(b"raw", b"gzip") + end + gzipped)
        elif writer is metaimage:
            values = zlib.compress(values)
            said = f"BinaryData = True\nCompressedData = True\nCompressedDataSize = {len(values)}"
            path.write_bytes(head.replace(b"BinaryData = True", said.encode()) + end + values)
        else:
            path.write_bytes(gzip.compress(path.read_bytes()))

    return write


def sform(path, directions):
    nifti(path, directions, "sform")


WRITERS = {
    "sform.nii": sform,
    "qform.nii": lambda path, directions: nifti(path, directions, "qform"),
    "a.nrrd": nrrd,
    "a.mha": metaimage,
}
PACKED = {
    "a.nii.gz": packed(sform, b"n+1\0"),
    "z.nrrd": packed(nrrd, b"\n\n"),
    "z.mha": packed(metaimage, b"LOCAL\n"),
}


@pytest.mark.parametrize("directions", [np.eye(3), SWAPPED, OBLIQUE, MIRRORED], ids=list("iwom"))
@pytest.mark.parametrize("name", WRITERS)
def test_the_marked_voxel_lies_where_the_header_says(name, directions, tmp_path):
    WRITERS[name](tmp_path / name, directions)
    grid = VoxelGrid.load(tmp_path / name)
    expected = FIRST + directions @ (np.array(MARKED) * SPACING)
    (found,) = grid.exposed_centres()
    assert np.allclose(found, expected, atol=1e-4)
    # All around it, too: the eight corners of that voxel.
    halves = np.array(np.meshgrid([-0.5, 0.5], [-0.5, 0.5], [-0.5, 0.5])).reshape(3, -1).T
    corners = expected + (halves * SPACING) @ directions.T
    order = np.lexsort(corners.round(3).T), np.lexsort(grid.extremes().round(3).T)
    assert np.allclose(grid.extremes()[order[1]], corners[order[0]], atol=1e-3)
    assert np.linalg.det(grid.directions) == pytest.approx(1)
    parallel = np.isclose(np.abs(directions), 1).sum() == 3
    assert grid.is_upright == parallel


@pytest.mark.parametrize("name", [*WRITERS, *PACKED])
def test_a_file_that_was_cut_off_says_so(name, tmp_path):
    path = tmp_path / name
    (WRITERS | PACKED)[name](path, np.eye(3))
    whole = path.read_bytes()
    assert VoxelGrid.load(path).occupied.sum() == 1
    for lost in (1, 12):
        path.write_bytes(whole[:-lost])
        with pytest.raises(ObservationError, match=r"damaged and cannot be read.*copy it again"):
            VoxelGrid.load(path)


def test_values_in_a_file_of_their_own_must_be_there_and_whole(tmp_path):
    metaimage(tmp_path / "a.mha", np.eye(3))
    head, _, values = (tmp_path / "a.mha").read_bytes().partition(b"LOCAL\n")
    path = tmp_path / "a.mhd"
    path.write_bytes(head + b"a.raw\n")
    with pytest.raises(ObservationError):
        VoxelGrid.load(path)
    (tmp_path / "a.raw").write_bytes(values)
    assert VoxelGrid.load(path).occupied.sum() == 1
    (tmp_path / "a.raw").write_bytes(values[:100])
    with pytest.raises(ObservationError, match="ends after 100 of 240 bytes"):
        VoxelGrid.load(path)


def test_an_anatomical_orientation_stands_upright(tmp_path):
    path = tmp_path / "a.mha"
    metaimage(path, np.eye(3))
    assert VoxelGrid.load(path).up == "y"
    content = path.read_bytes().replace(b"NDims", b"AnatomicalOrientation = RAI\nNDims")
    path.write_bytes(content)
    assert VoxelGrid.load(path).up == "z"


def test_axes_along_the_world_become_the_worlds_in_their_order(tmp_path):
    nrrd(tmp_path / "a.nrrd", SWAPPED)
    grid = VoxelGrid.load(tmp_path / "a.nrrd")
    assert grid.occupied.shape == (5, 4, 6)  # world x is the second axis of the file
    assert np.allclose(grid.spacing, [1.0, 2.0, 0.5])
    assert any("z axis to point up" in note for note in grid.notes)
    assert grid.up == "z"


def test_a_turned_volume_is_drawn_upright_in_the_box(tmp_path):
    metaimage(tmp_path / "a.mha", OBLIQUE)
    grid = VoxelGrid.load(tmp_path / "a.mha")
    size = 8.0
    centre = FIRST + OBLIQUE @ (np.array(MARKED) * SPACING)
    cells = grid.resampled(Placement(np.eye(3), 1 / size, centre), 80)
    around = np.argwhere(cells) * size / 80 + size / 160 - size / 2
    # A block of 0.5 x 1 x 2, turned as the volume is.
    along = np.abs(around @ OBLIQUE)
    assert np.abs(along.max(0) - SPACING / 2).max() < 1.8 * size / 80


def test_another_threshold_shares_the_values_and_says_when_nothing_is_left():
    grid = VoxelGrid(np.arange(27.0).reshape(3, 3, 3))
    assert grid.occupied.sum() == 13
    other = grid.with_threshold(20)
    assert other.occupied.sum() == 6
    assert other.values.base is grid.values.base or other.values is grid.values
    assert other.notes == ()
    with pytest.raises(ObservationError, match="above the threshold 30"):
        grid.with_threshold(30)


def test_sheared_volumes_are_refused_with_their_name(tmp_path):
    sheared = np.array([[1.0, 0.5, 0], [0, 0.9, 0], [0, 0, 1]])
    nrrd(tmp_path / "a.nrrd", sheared)
    with pytest.raises(ObservationError, match=r"a\.nrrd.*right angles"):
        VoxelGrid.load(tmp_path / "a.nrrd")
