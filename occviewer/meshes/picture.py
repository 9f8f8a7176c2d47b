"""Pictures of a mesh, drawn off screen: for cards, reports and the command line."""

from __future__ import annotations

import io
import os
from dataclasses import replace
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from occviewer.arrays import Float64Array, UInt8Array
from occviewer.errors import MeshError
from occviewer.meshes.framing import Camera, fitted_camera
from occviewer.meshes.mesh import Mesh
from occviewer.meshes.renderer import quiet_vtk, require_renderer
from occviewer.meshes.sampling import sample_surface

# From where to look, in the box frame: +Y is up, +Z the shape's front.
VIEWS = {
    "isometric": (0.62, 0.48, 1.0),
    "front": (0.0, 0.12, 1.0),
    "back": (0.0, 0.12, -1.0),
    "left": (-1.0, 0.12, 0.0),
    "right": (1.0, 0.12, 0.0),
    "top": (0.0, 1.0, 0.001),
}

_CLAY = (0.83, 0.81, 0.78)
_DOTS = (0.91, 0.36, 0.13)
_SHADOW = (38, 42, 52)
_BACKGROUND = (0.95, 0.955, 0.965)

# Key, fill, rim and bounce light: degrees to the right of the camera and above the
# horizon, colour, intensity.
_LIGHTS = (
    (-33.0, 55.0, (1.0, 0.97, 0.92), 0.76),
    (26.0, 12.0, (0.90, 0.95, 1.0), 0.36),
    (160.0, 35.0, (1.0, 1.0, 1.0), 0.35),
    (0.0, -60.0, (1.0, 0.98, 0.95), 0.16),
)

# Drawn so many times larger and averaged, which smooths every edge alike.
_OVERSAMPLING = 2


def render_picture(
    mesh: Mesh,
    path: str | os.PathLike[str] | None = None,
    *,
    size: tuple[int, int] = (1200, 900),
    points: npt.ArrayLike | None = None,
    view: str = "isometric",
    background: tuple[float, float, float] = _BACKGROUND,
) -> UInt8Array:
    """Draw a mesh that lies in the box frame; needs no display.

    Parameters
    ----------
    mesh : Mesh
        In the box frame: +Y up, +Z to the front. A texture or colours of vertices are shown.
    path : path, optional
        PNG or JPEG to write.
    size : (int, int)
        Width and height of the picture in pixels.
    points : (N, 3) array, optional
        Observed points in the box frame, drawn as small dots.
    view : str
        One of `VIEWS`; "isometric" looks at the front from the upper right.
    background : (3,) float
        Red, green and blue in 0 … 1, at the height of the floor.

    Returns
    -------
    (height, width, 3) uint8

    Raises
    ------
    MeshError
        When the mesh is empty, the view unknown, the machine cannot draw or the
        file cannot be written.
    """
    if mesh.is_empty:
        raise MeshError("An empty mesh cannot be drawn.")
    if view not in VIEWS:
        raise MeshError(f"There is no view {view!r}; choose one of {', '.join(VIEWS)}.")
    width, height = (int(pixels) for pixels in size)
    if not (16 <= width <= 8192 and 16 <= height <= 8192):
        raise MeshError(f"A picture of {width} x {height} is not possible; use 16 … 8192 pixels.")
    if path is not None and Path(path).suffix.lower() not in (".png", ".jpg", ".jpeg"):
        raise MeshError(f"{path}: pictures are written as .png or .jpg; choose one of these.")
    # Drawn around the origin: the graphics card reckons in float32.
    middle = mesh.bounds.astype(np.float64).mean(axis=0)
    mesh = replace(mesh, vertices=(mesh.vertices - middle).astype(np.float32))
    dots = None if points is None else np.asarray(points, np.float64).reshape(-1, 3) - middle
    everything = mesh.vertices if dots is None else np.concatenate([mesh.vertices, dots])
    camera = fitted_camera(everything, VIEWS[view], width / height)

    picture = _drawn(mesh, dots, camera, (width, height), background)
    if path is not None:
        _write(picture, Path(path))
    return picture


def _drawn(
    mesh: Mesh,
    dots: Float64Array | None,
    camera: Camera,
    size: tuple[int, int],
    background: tuple[float, float, float],
) -> UInt8Array:
    require_renderer()
    import pyvista

    with quiet_vtk():
        plotter = pyvista.Plotter(
            off_screen=True,
            window_size=[side * _OVERSAMPLING for side in size],
            lighting="none",
        )
    try:
        lower = np.array(background)
        plotter.set_background(lower.tolist(), top=(1 - 0.3 * (1 - lower)).tolist())
        extent = float(np.ptp(mesh.bounds, axis=0).max())
        for right, up, color, intensity in _LIGHTS:
            direction = camera.direction(right, up)
            plotter.add_light(
                pyvista.Light(
                    position=(camera.target + 10 * extent * direction).tolist(),
                    focal_point=camera.target.tolist(),
                    color=color,
                    intensity=intensity,
                    light_type="scene light",
                )
            )
        _add_floor(plotter, mesh, camera.direction(*_LIGHTS[0][:2]))
        _add_mesh(plotter, mesh)
        if dots is not None and len(dots):
            # Half of the dots lie under the surface they were fitted with: bring
            # all of them a little to the front, so that they show where they are.
            lifted = dots + 0.008 * extent * (camera.position - dots) / camera.distance
            plotter.add_points(
                lifted,
                color=_DOTS,
                point_size=_OVERSAMPLING * max(2.0, size[0] / 330),
                render_points_as_spheres=True,
                ambient=0.35,
            )
        plotter.camera.position = camera.position.tolist()
        plotter.camera.focal_point = camera.target.tolist()
        plotter.camera.up = camera.up.tolist()
        plotter.camera.view_angle = camera.view_angle
        plotter.renderer.ResetCameraClippingRange()
        large = plotter.screenshot(return_img=True)
    finally:
        plotter.close()
    return _reduced(np.asarray(large)[..., :3], size)


def _add_mesh(plotter: Any, mesh: Mesh) -> None:  # noqa: ANN401 - a pyvista.Plotter
    import pyvista

    smooth = mesh.with_normals()
    surface = pyvista.PolyData.from_regular_faces(
        np.array(smooth.vertices, np.float32), np.array(smooth.faces)
    )
    surface.point_data.active_normals = np.array(smooth.normals)
    look: dict[str, Any] = {"color": _CLAY}
    if mesh.texture is not None:
        surface.active_texture_coordinates = np.array(mesh.texture.uv)
        image = pyvista.Texture(np.array(mesh.texture.image))
        image.interpolate = True
        look = {"texture": image}
    elif mesh.colors is not None:
        surface.point_data["colors"] = np.array(mesh.colors[:, :3])
        look = {"scalars": "colors", "rgb": True}
    plotter.add_mesh(
        surface,
        **look,
        smooth_shading=True,
        split_sharp_edges=False,
        ambient=0.14,
        diffuse=0.9,
        specular=0.12,
        specular_power=25,
        show_scalar_bar=False,
    )


def _add_floor(plotter: Any, mesh: Mesh, light: Float64Array) -> None:  # noqa: ANN401
    """Lay a soft shadow on an otherwise invisible floor."""
    import pyvista

    extent = float(np.ptp(mesh.bounds, axis=0).max())
    height = float(mesh.bounds[0, 1]) - 0.002 * extent
    half = 1.6 * extent
    shade = _shadow(mesh, light, height, half)
    texture = np.zeros((*shade.shape, 4), np.uint8)
    texture[..., :3] = _SHADOW
    texture[..., 3] = np.round(255 * shade)
    floor = pyvista.Plane(
        center=(0.0, height, 0.0),
        direction=(0, 1, 0),
        i_size=2 * half,
        j_size=2 * half,
        i_resolution=1,
        j_resolution=1,
    )
    # The texture's columns run along x, its rows along z.
    places = floor.points[:, [0, 2]] / (2 * half) + 0.5
    floor.active_texture_coordinates = places.astype(np.float32)
    # Rows of a picture run downwards, texture coordinates upwards.
    image = pyvista.Texture(np.ascontiguousarray(texture[::-1]))
    image.interpolate = True
    plotter.add_mesh(floor, texture=image, lighting=False)


def _shadow(mesh: Mesh, light: Float64Array, height: float, half: float) -> Float64Array:
    """Compute the darkness (rows z, columns x) of a floor from -half to half.

    A cast shadow, sharp and soft, and a dark line where something stands.
    """
    from scipy.ndimage import gaussian_filter

    pixels = 640
    samples, _ = sample_surface(mesh, 200_000, np.random.default_rng(0))
    x, y, z = samples.astype(np.float64).T
    above = y - height

    def caught(x: Float64Array, z: Float64Array, weights: Float64Array | None) -> Float64Array:
        counts, _, _ = np.histogram2d(z, x, pixels, [[-half, half]] * 2, weights=weights)
        # Eight times the mean is black already; more samples are not blacker.
        darkness: Float64Array = np.minimum(counts / (len(x) / pixels**2 * 8), 1.0)
        return darkness

    steep = max(float(light[1]), 0.3)
    cast = caught(x - above * light[0] / steep, z - above * light[2] / steep, None)
    near = caught(x, z, np.exp(-above / (0.06 * half)))
    shade = (
        0.30 * gaussian_filter(cast, 0.011 * pixels)
        + 0.22 * gaussian_filter(cast, 0.028 * pixels)
        + 0.45 * gaussian_filter(near, 0.0044 * pixels)
    )
    across = np.linspace(-1, 1, pixels)
    fade = np.clip(1.6 * (1 - np.hypot(across[:, None], across[None, :])), 0, 1)
    faded: Float64Array = np.clip(shade, 0, 0.75) * fade
    return faded


def _reduced(large: UInt8Array, size: tuple[int, int]) -> UInt8Array:
    """Average blocks of pixels, in linear light."""
    width, height = size
    linear = ((np.arange(256) / 255.0) ** 2.2).astype(np.float32)
    total = np.zeros((height, width, 3), np.float32)
    for row, column in product(range(_OVERSAMPLING), repeat=2):
        total += linear[large[row::_OVERSAMPLING, column::_OVERSAMPLING]]
    return np.round(255 * (total / _OVERSAMPLING**2) ** np.float32(1 / 2.2)).astype(np.uint8)


def _write(picture: UInt8Array, path: Path) -> None:
    from PIL import Image

    from occviewer.files import write_whole

    content = io.BytesIO()
    kind = "PNG" if path.suffix.lower() == ".png" else "JPEG"
    Image.fromarray(picture).save(content, kind, quality=92)
    write_whole(path, content.getvalue(), MeshError)
