"""Drawing a shape's parts with VTK, off screen: colour and coverage of every pixel."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from occviewer.arrays import Float32Array, Float64Array, UInt8Array
from occviewer.cameras import PictureCamera
from occviewer.meshes.renderer import quiet_vtk, require_renderer
from occviewer.training.rendering.parts import Part

_SAMPLES = 4  # a pixel
_CREASE = 40.0  # degrees between faces that are shaded as an edge
_SHADOW_PIXELS = 512
_REACH = 0.95  # half the diagonal of the box, and a little


@dataclass(frozen=True)
class Light:
    """A light that is far away.

    Attributes
    ----------
    direction : (3,) of float
        Towards the light, box frame.
    color : (3,) of float
        Red, green and blue, 0 … 1.
    intensity : float
    """

    direction: tuple[float, float, float]
    color: tuple[float, float, float]
    intensity: float


@dataclass(frozen=True, eq=False)
class Look:
    """How a shape is lit and what it is made of, for one picture.

    Attributes
    ----------
    lights : sequence of Light
        The first casts shadows, where there are any.
    colors : (P, 3) float64
        Of the parts; what textures are multiplied by.
    ambient : float
        Light from everywhere, 0 … 1.
    specular : float
        Strength of highlights, 0 … 1.
    power : float
        Exponent of the highlights: how small and sharp they are.
    shadows : bool
    """

    lights: Sequence[Light]
    colors: Float64Array
    ambient: float
    specular: float
    power: float
    shadows: bool


class Drawer:
    """Draws one shape again and again. Close it when done, or use it in a ``with``.

    Parameters
    ----------
    parts : sequence of Part
    pixels : int
        Side of the pictures, which are square.

    Raises
    ------
    MeshError
        When the machine cannot draw.
    """

    def __init__(self, parts: Sequence[Part], pixels: int) -> None:
        require_renderer()
        import vtkmodules.vtkRenderingOpenGL2  # noqa: F401 - gives VTK its renderer
        from vtkmodules.vtkRenderingCore import (
            vtkRenderer,
            vtkRenderWindow,
            vtkWindowToImageFilter,
        )

        self._pixels = pixels
        self._renderer = vtkRenderer()
        self._renderer.SetBackground(0, 0, 0)
        self._renderer.SetBackgroundAlpha(0)
        self._renderer.SetAutomaticLightCreation(False)
        with quiet_vtk():
            self._window = vtkRenderWindow()
        self._window.SetOffScreenRendering(True)
        self._window.SetSize(pixels, pixels)
        self._window.SetMultiSamples(_SAMPLES)
        self._window.SetAlphaBitPlanes(True)
        self._window.AddRenderer(self._renderer)
        self._grab = vtkWindowToImageFilter()
        self._grab.SetInput(self._window)
        self._grab.SetInputBufferTypeToRGBA()
        self._grab.ReadFrontBufferOff()
        self._grab.ShouldRerenderOff()
        self._shadow_pass: Any = None
        self._groups = [_Group([parts[i] for i in group], group) for group in _grouped(parts)]
        for group in self._groups:
            self._renderer.AddActor(group.actor)

    def __enter__(self) -> Drawer:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Give back what the graphics library holds."""
        self._pass(None)
        if self._shadow_pass is not None:
            self._shadow_pass.ReleaseGraphicsResources(self._window)
        self._window.Finalize()

    def draw(self, camera: PictureCamera, look: Look) -> UInt8Array:
        """Draw (pixels, pixels, 4): red, green and blue times coverage, and coverage."""
        from vtkmodules.util.numpy_support import vtk_to_numpy

        for group in self._groups:
            group.paint(look)
        self._light(look)
        point_camera(self._renderer.GetActiveCamera(), camera)
        self._window.Render()
        self._grab.Modified()
        self._grab.Update()
        values = vtk_to_numpy(self._grab.GetOutput().GetPointData().GetScalars())
        # Rows run upwards in VTK.
        picture: UInt8Array = values.reshape(self._pixels, self._pixels, 4)[::-1].copy()
        return picture

    def _light(self, look: Look) -> None:
        from vtkmodules.vtkRenderingCore import vtkLight

        self._renderer.RemoveAllLights()
        for light in look.lights:
            lamp = vtkLight()
            lamp.SetLightTypeToSceneLight()
            lamp.SetPosition(*(4.0 * value for value in light.direction))
            lamp.SetFocalPoint(0, 0, 0)
            lamp.SetColor(*light.color)
            lamp.SetIntensity(light.intensity)
            if look.shadows:
                # Shadow maps are of lamps with a cone; this one sees the whole box.
                lamp.PositionalOn()
                lamp.SetConeAngle(20)
            self._renderer.AddLight(lamp)
        if not look.shadows:
            self._pass(None)
            return
        if self._shadow_pass is None:
            self._shadow_pass = _shadow_pass()
        self._pass(self._shadow_pass)

    def _pass(self, wanted: Any) -> None:  # noqa: ANN401 - a vtkRenderPass, or None for VTK's own
        self._renderer.SetPass(wanted)


class _Group:
    """Parts that one actor draws: one with a texture, or all that have none."""

    def __init__(self, parts: Sequence[Part], numbers: Sequence[int]) -> None:
        from vtkmodules.vtkRenderingCore import vtkActor, vtkPolyDataMapper

        self._numbers = list(numbers)
        self._textured = parts[0].texture is not None
        data = poly_data(parts)
        mapper = vtkPolyDataMapper()
        mapper.SetInputData(data)
        self.actor = vtkActor()
        self.actor.SetMapper(mapper)
        self.actor.GetProperty().SetOpacity(parts[0].opacity)
        if self._textured:
            mapper.ScalarVisibilityOff()
            self.actor.SetTexture(_vtk_texture(parts[0].texture))
            return
        mapper.SetScalarModeToUsePointData()
        mapper.ScalarVisibilityOn()
        mapper.SetColorModeToDirectScalars()
        self._data = data
        from vtkmodules.util.numpy_support import vtk_to_numpy

        self._of_part = vtk_to_numpy(data.GetPointData().GetArray("part")).astype(np.int64)

    def paint(self, look: Look) -> None:
        surface = self.actor.GetProperty()
        surface.SetAmbient(look.ambient)
        surface.SetDiffuse(1.0)
        surface.SetSpecular(look.specular)
        surface.SetSpecularPower(look.power)
        colors = look.colors[self._numbers]
        if self._textured:
            surface.SetDiffuseColor(*colors[0])
            surface.SetAmbientColor(*colors[0])
            return
        from vtkmodules.util.numpy_support import numpy_to_vtk

        rounded = np.round(255 * colors.clip(0, 1)).astype(np.uint8)[self._of_part]
        scalars = numpy_to_vtk(rounded, deep=True)
        scalars.SetName("colors")
        self._data.GetPointData().SetScalars(scalars)


def _grouped(parts: Sequence[Part]) -> list[list[int]]:
    """Numbers of the parts that can be drawn at once: every actor costs time."""
    groups: list[list[int]] = []
    plain: dict[float, list[int]] = {}
    for number, part in enumerate(parts):
        if part.texture is not None:
            groups.append([number])
        else:
            plain.setdefault(part.opacity, []).append(number)
    return [*groups, *plain.values()]


def point_camera(eye: Any, camera: PictureCamera) -> tuple[float, float]:  # noqa: ANN401
    """Point VTK's camera as that of a square picture; nearest and farthest depth it sees."""
    half = camera.size[0] / 2
    eye.SetPosition(*camera.position)
    eye.SetFocalPoint(0, 0, 0)
    eye.SetViewUp(*camera.rotation[1])
    eye.SetViewAngle(2 * np.degrees(np.arctan(half / camera.focal)))
    # VTK's window centre is how far the axis lies from the middle, rightwards and upwards,
    # in half pictures, with the sign of what is moved.
    eye.SetWindowCenter(1 - camera.centre[0] / half, camera.centre[1] / half - 1)
    near, far = max(0.01, camera.distance - _REACH), camera.distance + _REACH
    eye.SetClippingRange(near, far)
    return near, far


def poly_data(parts: Sequence[Part]) -> Any:  # noqa: ANN401 - a vtkPolyData
    """Make one mesh of parts, with the number of its part at every vertex."""
    from vtkmodules.util.numpy_support import numpy_to_vtk, numpy_to_vtkIdTypeArray
    from vtkmodules.vtkCommonCore import vtkPoints
    from vtkmodules.vtkCommonDataModel import vtkCellArray, vtkPolyData
    from vtkmodules.vtkFiltersCore import vtkAppendPolyData, vtkPolyDataNormals

    append = vtkAppendPolyData()
    for number, part in enumerate(parts):
        data = vtkPolyData()
        points = vtkPoints()
        points.SetData(numpy_to_vtk(np.ascontiguousarray(part.vertices), deep=True))
        data.SetPoints(points)
        cells = vtkCellArray()
        offsets = np.arange(0, 3 * len(part.faces) + 1, 3, dtype=np.int64)
        cells.SetData(
            numpy_to_vtkIdTypeArray(offsets, deep=True),
            numpy_to_vtkIdTypeArray(part.faces.ravel().astype(np.int64), deep=True),
        )
        data.SetPolys(cells)
        tag = numpy_to_vtk(np.full(len(part.vertices), number, np.int32), deep=True)
        tag.SetName("part")
        data.GetPointData().AddArray(tag)
        if part.places is not None:
            places = numpy_to_vtk(np.ascontiguousarray(part.places), deep=True)
            places.SetName("places")
            data.GetPointData().SetTCoords(places)
        if part.normals is None:
            crease = vtkPolyDataNormals()
            crease.SetInputData(data)
            crease.SetFeatureAngle(_CREASE)
            crease.ConsistencyOff()
            crease.Update()
            data = crease.GetOutput()
        else:
            normals: Float32Array = np.ascontiguousarray(part.normals, np.float32)
            data.GetPointData().SetNormals(numpy_to_vtk(normals, deep=True))
        data.GetPointData().GetNormals().SetName("normals")
        append.AddInputData(data)
    append.Update()
    return append.GetOutput()


def _vtk_texture(picture: UInt8Array | None) -> Any:  # noqa: ANN401 - a vtkTexture
    from vtkmodules.util.numpy_support import numpy_to_vtk
    from vtkmodules.vtkCommonDataModel import vtkImageData
    from vtkmodules.vtkRenderingCore import vtkTexture

    assert picture is not None
    image = vtkImageData()
    image.SetDimensions(picture.shape[1], picture.shape[0], 1)
    flat = np.ascontiguousarray(picture[::-1].reshape(-1, 3))
    image.GetPointData().SetScalars(numpy_to_vtk(flat, deep=True))
    texture = vtkTexture()
    texture.SetInputData(image)
    texture.InterpolateOn()
    # Software renderers take seconds a picture for textures that are seen at a slant.
    texture.SetMaximumAnisotropicFiltering(1.0)
    texture.MipmapOn()
    texture.RepeatOn()
    return texture


def _shadow_pass() -> Any:  # noqa: ANN401 - a vtkRenderPass
    from vtkmodules.vtkRenderingOpenGL2 import (
        vtkCameraPass,
        vtkLightsPass,
        vtkRenderPassCollection,
        vtkSequencePass,
        vtkShadowMapPass,
        vtkTranslucentPass,
    )

    shadows = vtkShadowMapPass()
    shadows.GetShadowMapBakerPass().SetResolution(_SHADOW_PIXELS)
    passes = vtkRenderPassCollection()
    # What is translucent neither casts shadows nor catches them, but is to be drawn.
    for step in (shadows.GetShadowMapBakerPass(), shadows, vtkLightsPass(), vtkTranslucentPass()):
        passes.AddItem(step)
    sequence = vtkSequencePass()
    sequence.SetPasses(passes)
    camera = vtkCameraPass()
    camera.SetDelegatePass(sequence)
    return camera
