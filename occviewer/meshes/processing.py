"""Meshes made smoother or lighter."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from occviewer.arrays import Float64Array
from occviewer.errors import MeshError
from occviewer.meshes.decimation import collapsed
from occviewer.meshes.mesh import Mesh

# Pass band of the smoothing filter: low enough to take away the grid's steps, high
# enough to keep legs. (0 smooths everything away, 2 nothing.)
_PASS_BAND = 0.08


def smoothed(mesh: Mesh, rounds: int) -> Mesh:
    """Smooth a mesh without shrinking it.

    A windowed sinc filter (Taubin, Zhang and Golub, "Optimal surface smoothing as filter
    design", ECCV 1996). The triangles stay the same, so that a watertight mesh stays
    watertight; normals are made anew, and a texture is lost.

    Parameters
    ----------
    mesh : Mesh
    rounds : int
        Degree of the filter; 0 gives the mesh back.

    Raises
    ------
    MeshError
        When `rounds` is negative.
    """
    if rounds < 0:
        raise MeshError(f"A mesh cannot be smoothed {rounds} times; give 0 or more.")
    if rounds == 0 or mesh.is_empty:
        return mesh
    from vtkmodules.vtkFiltersCore import vtkWindowedSincPolyDataFilter

    smoother = vtkWindowedSincPolyDataFilter()
    smoother.SetInputData(_to_vtk(mesh))
    # The filter is exact only from a certain degree on; fewer rounds pass more through.
    smoother.SetNumberOfIterations(max(rounds, 5))
    smoother.SetPassBand(min(_PASS_BAND * 20 / rounds, 1.9))
    smoother.NormalizeCoordinatesOn()
    smoother.Update()
    vertices, _ = _from_vtk(smoother.GetOutput())
    return Mesh(vertices.astype(mesh.vertices.dtype), mesh.faces, colors=mesh.colors).with_normals()


def reduced(mesh: Mesh, faces: int) -> Mesh:
    """Reduce a mesh to about so many triangles.

    Quadric edge collapse (Garland and Heckbert, "Surface simplification using quadric
    error metrics", SIGGRAPH 1997). A watertight mesh stays watertight, and keeps more
    triangles where its holes and parts need them. Colours and texture are lost, normals are
    made anew.

    Parameters
    ----------
    mesh : Mesh
    faces : int
        Target; 0, or more than there are, gives the mesh back.

    Raises
    ------
    MeshError
        When `faces` is negative.
    """
    if faces < 0:
        raise MeshError(f"A mesh cannot have {faces} triangles; give 0 or more.")
    if faces == 0 or faces >= len(mesh.faces):
        return mesh
    if mesh.is_watertight and mesh.texture is None:
        points, light = collapsed(mesh.vertices.astype(np.float64), mesh.faces, faces)
        return Mesh(points.astype(mesh.vertices.dtype), light.astype(np.int32)).with_normals()
    from vtkmodules.vtkFiltersCore import vtkQuadricDecimation

    decimation = vtkQuadricDecimation()
    decimation.SetInputData(_to_vtk(mesh))
    decimation.SetTargetReduction(1 - faces / len(mesh.faces))
    decimation.VolumePreservationOn()
    decimation.Update()
    vertices, triangles = _from_vtk(decimation.GetOutput())
    return Mesh(vertices.astype(mesh.vertices.dtype), triangles).with_normals()


def _to_vtk(mesh: Mesh) -> Any:  # noqa: ANN401 - a vtkPolyData
    """Hand a mesh to VTK in float64: georeferenced coordinates need it."""
    from vtkmodules.util.numpy_support import numpy_to_vtk, numpy_to_vtkIdTypeArray
    from vtkmodules.vtkCommonCore import vtkPoints
    from vtkmodules.vtkCommonDataModel import vtkCellArray, vtkPolyData

    points = vtkPoints()
    points.SetData(numpy_to_vtk(np.ascontiguousarray(mesh.vertices, np.float64), deep=True))
    cells = vtkCellArray()
    connectivity = numpy_to_vtkIdTypeArray(mesh.faces.astype(np.int64).ravel(), deep=True)
    cells.SetData(3, connectivity)
    data = vtkPolyData()
    data.SetPoints(points)
    data.SetPolys(cells)
    return data


def _from_vtk(data: Any) -> tuple[Float64Array, npt.NDArray[np.int32]]:  # noqa: ANN401 - a vtkPolyData
    """Vertices (V, 3) and triangles (F, 3) int32, copied out of VTK's memory."""
    from vtkmodules.util.numpy_support import vtk_to_numpy

    vertices = vtk_to_numpy(data.GetPoints().GetData()).copy()
    triangles = vtk_to_numpy(data.GetPolys().GetConnectivityArray()).reshape(-1, 3)
    return vertices, triangles.astype(np.int32)
