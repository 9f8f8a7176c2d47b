"""A simulated depth camera: partial scans of any mesh, for trials and tests.

Scanning works in metres in the canonical frame (+Y up, +Z to the front, the middle of
the bounding box at the origin) and hands its points back in the mesh's own world frame.
Camera axes are OpenCV's: x to the right, y down, z ahead.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from occviewer.arrays import Float32Array, Float64Array, FloatArray, IntArray, UInt8Array
from occviewer.errors import DataError
from occviewer.meshes import Mesh
from occviewer.observations import PointCloud
from occviewer.placement import Placement
from occviewer.training.depth_sensor import DepthSensor
from occviewer.training.mesh_folder import axes_rotation
from occviewer.training.visibility import Occluder

_NEIGHBOURS = 16  # for the planes that give normals
_MARGIN = 1.1  # how much more than the shape a camera sees that chose its own distance
_FLOOR_COLOR = (150, 145, 140)


@dataclass(frozen=True)
class DepthCamera:
    """A pinhole camera that looks at the middle of a shape.

    Attributes
    ----------
    azimuth : float
        Degrees about the vertical: 0 looks at the front, 90 at the shape's +X side.
    elevation : float
        Degrees above the horizon, -90…90.
    distance : float, optional
        Metres from the middle of the shape; without it, the shape just fits.
    field_of_view : float
        Horizontal angle in degrees.
    pixels : (int, int)
        Width and height of the depth image.

    Raises
    ------
    DataError
        When a value is outside its range.
    """

    azimuth: float = 30.0
    elevation: float = 20.0
    distance: float | None = None
    field_of_view: float = 57.0
    pixels: tuple[int, int] = (320, 240)

    def __post_init__(self) -> None:
        if not (np.isfinite(self.azimuth) and abs(self.elevation) <= 90):
            raise DataError(
                f"A camera looks from an azimuth and an elevation in -90…90 degrees, "
                f"not from {self.azimuth} and {self.elevation}."
            )
        if self.distance is not None and not (np.isfinite(self.distance) and self.distance > 0):
            raise DataError(f"The distance of a camera is a length in metres, not {self.distance}.")
        if not 1 <= self.field_of_view <= 150:
            raise DataError(
                f"The field of view of a camera is 1…150 degrees, not {self.field_of_view}."
            )
        if not all(1 <= side <= 8192 for side in self.pixels):
            raise DataError(f"A depth image has 1…8192 pixels a side, not {self.pixels}.")

    @property
    def focal(self) -> float:
        """Focal length in pixels."""
        return float(self.pixels[0] / 2 / np.tan(np.radians(self.field_of_view) / 2))

    def rays(self) -> Float64Array:
        """Direction of each pixel (H * W, 3) in camera axes, with z = 1; row by row."""
        width, height = self.pixels
        x = (np.arange(width) + 0.5 - width / 2) / self.focal
        y = (np.arange(height) + 0.5 - height / 2) / self.focal
        across, down = np.meshgrid(x, y)
        return np.stack([across, down, np.ones_like(across)], -1).reshape(-1, 3)

    def placement(self, radius: float) -> Placement:
        """From the canonical frame, in metres, to camera axes.

        Parameters
        ----------
        radius : float
            Of the shape about its middle, in metres: for cameras without a distance.
        """
        around, above = np.radians(self.azimuth), np.radians(self.elevation)
        outwards = np.array(
            [np.sin(around) * np.cos(above), np.sin(above), np.cos(around) * np.cos(above)]
        )
        right = np.array([np.cos(around), 0.0, -np.sin(around)])
        distance = self.distance
        if distance is None:
            half = np.arctan(min(self.pixels) / 2 / self.focal)
            distance = float(_MARGIN * radius / np.sin(half))
        axes = np.stack([right, np.cross(right, outwards), -outwards])
        return Placement(rotation=axes, centre=distance * outwards)


@dataclass(frozen=True, eq=False)
class Scan:
    """What the cameras saw.

    Attributes
    ----------
    cloud : PointCloud
        In the mesh's world frame and units, with normals towards the camera, and with
        colours if the mesh has any.
    cameras : tuple of Placement
        From the mesh's world to the axes of each camera, without a change of scale.
    distances : tuple of float
        Metres from each camera to the middle of the shape.
    """

    cloud: PointCloud
    cameras: tuple[Placement, ...]
    distances: tuple[float, ...]


def scan(
    mesh: Mesh,
    cameras: Sequence[DepthCamera],
    sensor: DepthSensor | None = None,
    *,
    face_colors: UInt8Array | None = None,
    size: float = 1.0,
    up: str = "y",
    front: str | None = None,
    floor: float | None = None,
    seed: int = 0,
) -> Scan:
    """Scan a mesh with one depth camera or more.

    Parameters
    ----------
    mesh : Mesh
        In any units and axes.
    cameras : sequence of DepthCamera
        One for each view; their points are put together.
    sensor : DepthSensor, optional
        Noise and holes; the default is a raw structured-light camera's.
    face_colors : (F, 3) uint8, optional
        Colours of the triangles. They are seen as lit from the camera (Lambert).
    size : float
        Longest side of the shape in metres: noise depends on the true distance.
    up, front : str
        Axes of the mesh, as `occviewer.training.mesh_folder.axes_rotation` takes them.
    floor : float, optional
        Metres of ground seen around the shape; without it there is no ground.
    seed : int
        Of noise and dropout.

    Returns
    -------
    Scan
        Normals are those of planes through neighbouring points, as a scanner's
        software would find them.

    Raises
    ------
    DataError
        When there is no camera, no pixel sees the mesh, a size is no length, or Embree is
        not installed.
    """
    if not (np.isfinite(size) and size > 0 and (floor is None or floor >= 0)):
        raise DataError(
            f"The size of a shape and the ground around it are lengths in metres, not {size} "
            f"and {floor}."
        )
    if not cameras:
        raise DataError("A scan needs a camera; give one or more.")
    bounds = mesh.bounds.astype(np.float64)
    longest = float(np.ptp(bounds, axis=0).max())
    if not longest > 0:
        raise DataError("All vertices of the mesh lie on one point, so it cannot be scanned.")
    rotation = np.array(axes_rotation(up, front)).reshape(3, 3)
    frame = Placement(rotation, size / longest, bounds.mean(axis=0))
    scene = _Scene(frame.to_box(mesh.vertices)[mesh.faces], face_colors, floor)
    sensor = sensor or DepthSensor()
    rng = np.random.default_rng(seed)
    radius = float(np.linalg.norm(np.ptp(bounds, axis=0))) * frame.scale / 2
    clouds, placements, distances = [], [], []
    for camera in cameras:
        local = camera.placement(radius)
        clouds.append(_view(scene, camera, local, sensor, rng))
        world_axes = local.rotation @ frame.rotation
        placements.append(Placement(world_axes, centre=frame.to_world(local.centre)))
        distances.append(float(np.linalg.norm(local.centre)))
    points, normals, colors = (np.concatenate(parts) for parts in zip(*clouds, strict=True))
    if not len(points):
        raise DataError("The camera sees nothing of the mesh; change its direction or distance.")
    cloud = PointCloud(
        frame.to_world(points),
        frame.directions_to_world(normals),
        None if face_colors is None else colors,
    )
    return Scan(cloud, tuple(placements), tuple(distances))


def cameras_around(camera: DepthCamera, views: int) -> list[DepthCamera]:
    """Put cameras at equal angles about the vertical, the first one where `camera` is."""
    return [
        replace(camera, azimuth=camera.azimuth + 360.0 * number / views) for number in range(views)
    ]


class _Scene:
    """Triangles that rays are cast at, with their normals and colours."""

    def __init__(
        self, triangles: Float32Array, colors: UInt8Array | None, floor: float | None
    ) -> None:
        self.colors = np.zeros((len(triangles), 3), np.uint8) if colors is None else colors
        if floor is not None:
            low, high = triangles.min((0, 1)) - floor, triangles.max((0, 1)) + floor
            height = triangles[..., 1].min()
            ring = [(low[0], low[2]), (low[0], high[2]), (high[0], high[2]), (high[0], low[2])]
            corners = np.array([(x, height, z) for x, z in ring], np.float32)
            triangles = np.concatenate([triangles, corners[[[0, 1, 2], [0, 2, 3]]]])
            self.colors = np.concatenate([self.colors, [_FLOOR_COLOR] * 2]).astype(np.uint8)
        self._occluder = Occluder(triangles)
        edges = (triangles[:, 1:] - triangles[:, :1]).astype(np.float64)
        crosses = np.cross(edges[:, 0], edges[:, 1])
        lengths = np.linalg.norm(crosses, axis=1, keepdims=True)
        self._normals = crosses / np.where(lengths > 0, lengths, 1)

    def seen(
        self, rays: Float64Array, camera: Placement
    ) -> tuple[Float64Array, Float64Array, IntArray]:
        """Depth (N,), infinite where nothing is, angle (N,) at the surface, triangle (N,)."""
        directions = camera.directions_to_world(rays)
        origins = np.broadcast_to(camera.centre, directions.shape)
        distances, triangles = self._occluder.first_hits(origins, directions)
        depth = np.where(triangles < 0, np.inf, distances).astype(np.float64)
        along = np.abs(np.einsum("ij,ij->i", directions, self._normals[triangles]))
        cosine = along / np.linalg.norm(directions, axis=1)
        angle = np.where(triangles < 0, 0.0, np.arccos(np.clip(cosine, 0, 1)))
        return depth, angle, triangles


def _view(
    scene: _Scene,
    camera: DepthCamera,
    placement: Placement,
    sensor: DepthSensor,
    rng: np.random.Generator,
) -> tuple[Float64Array, Float32Array, UInt8Array]:
    """Points, normals and colours (N, 3) that one camera records, in the canonical frame."""
    rays = camera.rays()
    depth, angle, triangles = scene.seen(rays, placement)
    if sensor.noise > 0:
        # A pixel reports the depth beside it, which frays the outlines as in real scans.
        beside = rays.copy()
        beside[:, :2] += sensor.lateral_shift(angle, rng)
        depth, angle, triangles = scene.seen(beside, placement)
    width, height = camera.pixels
    image = sensor.measured(depth.reshape(height, width), angle.reshape(height, width), rng)
    reported = image.ravel()
    found = np.isfinite(reported)
    points = placement.to_world(rays[found] * reported[found, None])
    lit = 0.4 + 0.6 * np.cos(angle[found])
    colors = np.round(scene.colors[triangles[found]] * lit[:, None]).astype(np.uint8)
    return points, _estimated_normals(points, placement.centre), colors


def _estimated_normals(points: Float64Array, towards: FloatArray) -> Float32Array:
    """Fit planes to the neighbours of each point: their normals (N, 3), turned to the camera."""
    to_camera = towards - points
    if len(points) < 3:
        lengths: Float64Array = np.linalg.norm(to_camera, axis=1, keepdims=True)
        return (to_camera / lengths).astype(np.float32)
    from scipy.spatial import cKDTree

    _, near = cKDTree(points).query(points, k=min(_NEIGHBOURS, len(points)))
    around = points[near] - points[near].mean(axis=1, keepdims=True)
    _, vectors = np.linalg.eigh(np.einsum("nki,nkj->nij", around, around))
    normals = vectors[:, :, 0]  # of the smallest spread
    facing = np.einsum("ij,ij->i", normals, to_camera)
    turned: Float64Array = np.where(facing[:, None] < 0, -normals, normals)
    return turned.astype(np.float32)
