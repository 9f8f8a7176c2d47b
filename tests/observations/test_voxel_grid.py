"""Voxel grids: read from every kind of file, and drawn anew."""

from __future__ import annotations

import numpy as np
import pytest
from vtkmodules.util.numpy_support import numpy_to_vtk
from vtkmodules.vtkCommonDataModel import vtkImageData
from vtkmodules.vtkIOImage import vtkMetaImageWriter, vtkNIFTIImageWriter

from occviewer.errors import ObservationError
from occviewer.observations import VoxelGrid
from occviewer.placement import Placement

SHAPE = (5, 4, 3)


@pytest.fixture
def values():
    """A blob that is different along every axis."""
    cells = np.zeros(SHAPE, bool)
    cells[1:4, 0:2, 2] = True
    cells[4, 3, 0] = True
    return cells


def binvox(cells, translate=(0.0, 0.0, 0.0), scale=1.0):
    """Write the format as its author describes it: runs of x, then z, then y."""
    width, height, depth = cells.shape
    header = (
        f"#binvox 1\ndim {width} {height} {depth}\n"
        f"translate {' '.join(map(str, translate))}\nscale {scale}\ndata\n"
    )
    data = bytearray()
    for x in range(width):
        for z in range(depth):
            for y in range(height):
                value = int(cells[x, y, z])
                if data and data[-2] == value and data[-1] < 255:
                    data[-1] += 1
                else:
                    data += bytes([value, 1])
    return header.encode() + bytes(data)


def test_binvox_keeps_its_axes_and_its_place(values, tmp_path):
    path = tmp_path / "model.binvox"
    path.write_bytes(binvox(values, (1.0, 2.0, 3.0), 10.0))
    grid = VoxelGrid.load(path)
    assert np.array_equal(grid.occupied, values)
    assert np.allclose(grid.spacing, 2)
    assert np.allclose(grid.origin, [1, 2, 3])


def test_arrays_are_read_packed_and_plain(values, tmp_path):
    np.save(tmp_path / "a.npy", values)
    np.savez(tmp_path / "b.npz", other=np.zeros(3), volume=values.astype(np.float32))
    cube = np.zeros((8, 8, 8), bool)
    cube[1, 2, 3] = True
    np.savez(tmp_path / "c.npz", compressed_occupancies=np.packbits(cube), res=8)
    assert np.array_equal(VoxelGrid.load(tmp_path / "a.npy").occupied, values)
    assert np.array_equal(VoxelGrid.load(tmp_path / "b.npz").occupied, values)
    assert np.array_equal(VoxelGrid.load(tmp_path / "c.npz").occupied, cube)


def write_medical(path, values, spacing, origin):
    image = vtkImageData()
    image.SetDimensions(values.shape)
    image.SetSpacing(spacing)
    image.SetOrigin(origin)
    flat = np.ascontiguousarray(values.transpose(2, 1, 0)).ravel()
    image.GetPointData().SetScalars(numpy_to_vtk(flat, deep=True))
    writer = vtkNIFTIImageWriter() if ".nii" in path.name else vtkMetaImageWriter()
    writer.SetFileName(str(path))
    writer.SetInputData(image)
    writer.Write()


@pytest.mark.parametrize("name", ["scan.mha", "scan.nii.gz"])
def test_medical_volumes_are_read_with_a_threshold(name, values, tmp_path):
    densities = np.where(values, 800, -1000).astype(np.int16)
    write_medical(tmp_path / name, densities, (0.5, 1.0, 2.0), (10.0, 0.0, 0.0))
    grid = VoxelGrid.load(tmp_path / name)
    assert np.array_equal(grid.occupied, values)
    assert np.allclose(grid.spacing, [0.5, 1, 2])
    assert any("halfway" in note for note in grid.notes)
    if name.endswith("mha"):  # NIfTI keeps its origin in a matrix of its own
        assert np.allclose(grid.origin, [9.75, -0.5, -1])
    assert VoxelGrid.load(tmp_path / name, threshold=-2000).occupied.all()


@pytest.mark.parametrize("times", [1, 6])
def test_nrrd_is_read_however_short_its_axes(times, values, tmp_path):
    values = np.repeat(values, times, 0)
    header = (
        f"NRRD0004\ntype: uint8\ndimension: 3\nsizes: {5 * times} 4 3\nspacings: 1 2 3\n"
        "encoding: raw\nendian: little\n\n"
    )
    data = values.transpose(2, 1, 0).astype(np.uint8).tobytes()
    (tmp_path / "v.nrrd").write_bytes(header.encode() + data)
    grid = VoxelGrid.load(tmp_path / "v.nrrd")
    assert np.array_equal(grid.occupied, values)
    assert np.allclose(grid.spacing, [1, 2, 3])


@pytest.mark.parametrize(
    ("name", "content", "complaint"),
    [
        ("a.binvox", b"", "is empty"),
        ("a.binvox", b"binvox", "does not begin with #binvox"),
        ("a.binvox", b"#binvox 1\ndim 2 2 2\ndata\n\x01\x02", "more or fewer voxels"),
        ("a.binvox", b"#binvox 1\ndim 99999 99999 99999\ndata\n\x01\x02", "dimensions"),
        ("a.npy", b"nonsense", "is damaged"),
        ("a.mha", b"nonsense", "is damaged"),
        ("a.nrrd", b"NRRD0004\n", "is damaged"),
        ("a.txt", b"1 2 3", r"no voxels that can be read.*\.binvox"),
    ],
)
def test_what_cannot_be_read_is_said(name, content, complaint, tmp_path):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(ObservationError, match=complaint) as error:
        VoxelGrid.load(tmp_path / name)
    assert name in str(error.value)
    assert "\n" not in str(error.value)


def test_files_that_are_not_there_and_files_of_something_else(tmp_path):
    with pytest.raises(ObservationError, match="does not exist"):
        VoxelGrid.load(tmp_path / "a.binvox")
    np.savez(tmp_path / "points.npz", points=np.zeros((4, 3)), loc=np.zeros(3))
    with pytest.raises(ObservationError, match="no voxels but points, loc"):
        VoxelGrid.load(tmp_path / "points.npz")


def test_values_that_make_no_grid_are_refused():
    with pytest.raises(ObservationError, match="three dimensions"):
        VoxelGrid(np.zeros((3, 3)))
    with pytest.raises(ObservationError, match=r"above the threshold 0\.5.*0\.\.0"):
        VoxelGrid(np.zeros((3, 3, 3)))
    with pytest.raises(ObservationError, match="sides of voxels"):
        VoxelGrid(np.ones((3, 3, 3)), spacing=(1, 0, 1))


def test_a_grid_keeps_thin_parts_when_it_is_drawn_coarser_or_finer():
    fine = np.zeros((64, 64, 64), bool)
    fine[10, 5:60, 33] = True
    grid = VoxelGrid(fine, [1 / 64] * 3, [-0.5] * 3)
    coarse = grid.resampled(Placement(), 16)
    assert coarse.sum() == len({y // 4 for y in range(5, 60)})
    assert coarse[2, :, 8].sum() == coarse.sum()
    again = VoxelGrid(coarse, [1 / 16] * 3, [-0.5] * 3).resampled(Placement(), 64)
    assert again.sum() == 64 * coarse.sum()
    assert np.array_equal(grid.resampled(Placement(), 64), fine)
