"""How far the nearest and the farthest surface of a shape lie behind every pixel of a view."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from occviewer.arrays import Float32Array, Float64Array
from occviewer.cameras import PictureCamera
from occviewer.meshes.renderer import quiet_vtk, require_renderer
from occviewer.training.rendering.drawing import point_camera, poly_data
from occviewer.training.rendering.parts import Part


class DepthDrawer:
    """Measures one shape again and again. Close it when done, or use it in a ``with``.

    Panes of glass count like all else.

    Parameters
    ----------
    parts : sequence of Part
    pixels : int
        Side of the maps, which are square.

    Raises
    ------
    MeshError
        When the machine cannot draw.
    """

    def __init__(self, parts: Sequence[Part], pixels: int) -> None:
        require_renderer()
        import vtkmodules.vtkRenderingOpenGL2  # noqa: F401 - gives VTK its renderer
        from vtkmodules.vtkRenderingCore import (
            vtkActor,
            vtkPolyDataMapper,
            vtkRenderer,
            vtkRenderWindow,
        )

        self._pixels = pixels
        mapper = vtkPolyDataMapper()
        mapper.SetInputData(poly_data(parts))
        mapper.ScalarVisibilityOff()
        actor = vtkActor()
        actor.SetMapper(mapper)
        self._renderer = vtkRenderer()
        self._renderer.AddActor(actor)
        with quiet_vtk():
            self._window = vtkRenderWindow()
        self._window.SetOffScreenRendering(True)
        self._window.SetSize(pixels, pixels)
        self._window.SetMultiSamples(0)  # depths of one point of a pixel, not of a mixture
        self._window.AddRenderer(self._renderer)

    def __enter__(self) -> DepthDrawer:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Give back what the graphics library holds."""
        self._window.Finalize()

    def measure(self, camera: PictureCamera) -> Float32Array:
        """Depths (2, pixels, pixels) of the first and the last surface, NaN where there is none.

        Depths are in box units along the line of sight, as `PictureCamera.project` gives them,
        at the middles of the pixels. The camera is of a picture of any size, scaled to this one.
        """
        camera = camera.resized(self._pixels, self._pixels)
        eye = self._renderer.GetActiveCamera()
        eye.UseExplicitProjectionTransformMatrixOff()
        near, far = point_camera(eye, camera)
        first = self._buffer()
        # With near and far exchanged the graphics library keeps what is farthest.
        matrix = eye.GetProjectionTransformMatrix(1.0, -1.0, 1.0)
        for column in range(4):
            matrix.SetElement(2, column, -matrix.GetElement(2, column))
        eye.SetExplicitProjectionTransformMatrix(matrix)
        eye.UseExplicitProjectionTransformMatrixOn()
        last = 1 - self._buffer()
        empty = first >= 1
        depths = far * near / (far - np.stack([first, last]) * (far - near))
        depths[:, empty] = np.nan
        return depths.astype(np.float32)

    def _buffer(self) -> Float64Array:
        """Draw, and read the depth buffer (pixels, pixels), rows downwards."""
        from vtkmodules.util.numpy_support import vtk_to_numpy
        from vtkmodules.vtkCommonCore import vtkFloatArray

        self._window.Render()
        values = vtkFloatArray()
        last = self._pixels - 1
        self._window.GetZbufferData(0, 0, last, last, values)
        buffer: Float64Array = vtk_to_numpy(values).astype(np.float64)
        return buffer.reshape(self._pixels, self._pixels)[::-1]
