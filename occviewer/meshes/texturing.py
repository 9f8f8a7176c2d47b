"""The colours of a picture on a mesh: projected, mirrored, and extended where nothing was seen.

Either on the vertices, or baked into a texture, which shows as much as the picture did.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from occviewer.arrays import BoolArray, Float64Array, FloatArray, IntArray, UInt8Array
from occviewer.cameras import PictureCamera
from occviewer.errors import Cancelled, MeshError
from occviewer.meshes.mesh import Mesh
from occviewer.meshes.processing import reduced
from occviewer.meshes.projecting import SeenColors
from occviewer.meshes.rasterising import rasterised
from occviewer.meshes.texture import Texture
from occviewer.meshes.unwrapping import unwrapped

TEXTURE_PIXELS = 1024
"""Side of a texture."""

TEXTURED_TRIANGLES = 20_000
"""Triangles of a mesh with a texture: the texture shows what they do not, and laying many more
flat takes minutes."""

_MIRRORED = 0.025  # box units between a vertex and the mirror image of another
_SYMMETRIC = 0.8  # share of the vertices whose mirror images lie on the mesh
_MIRROR_WEIGHT = 0.25
_SMOOTH = 0.02  # how strongly neighbours are alike, against 1 for what was seen head on
_FLIP = np.array([-1.0, 1.0, 1.0])

Progress = Callable[[float], None]


def coloured_by_picture(
    mesh: Mesh, camera: PictureCamera, pixels: UInt8Array, inside: BoolArray
) -> Mesh:
    """Give the vertices of a mesh the colours of the picture that shows it.

    What the camera sees takes its colour from the picture. What it does not see takes that
    of its mirror image, left and right, where the mesh is symmetric, and is else a smooth
    extension of what is around it.

    Parameters
    ----------
    mesh : Mesh
        Box frame.
    camera : PictureCamera
        Of the picture.
    pixels : (H, W, 3) uint8
    inside : (H, W) bool
        Where the shape is: no colour comes from elsewhere.

    Raises
    ------
    MeshError
        The mesh is empty, or the camera sees nothing of it.
    """
    mesh, _, colors = _colors_of_vertices(mesh, camera, pixels, inside)
    return replace(mesh, colors=_as_bytes(colors), texture=None)


def textured_by_picture(
    mesh: Mesh,
    camera: PictureCamera,
    pixels: UInt8Array,
    inside: BoolArray,
    *,
    side: int = TEXTURE_PIXELS,
    triangles: int = TEXTURED_TRIANGLES,
    progress: Progress = lambda share: None,
    cancel: Callable[[], bool] = lambda: False,
) -> Mesh:
    """Bake the picture that shows a mesh into a texture of it.

    Colours come from where they do in `coloured_by_picture`, for each pixel of the texture.
    Between the charts they go on, so that no seam shows.

    Parameters
    ----------
    mesh, camera, pixels, inside
        As for `coloured_by_picture`.
    side : int
        Pixels of the texture's sides.
    triangles : int
        To which the mesh is reduced first.
    progress : callable
        Told which share is done, 0 … 1.
    cancel : callable
        Asked between steps, and ten times a second while the mesh is laid flat.

    Returns
    -------
    Mesh
        Its vertices are there more than once at seams.

    Raises
    ------
    MeshError
        The mesh is empty, cannot be laid flat, or the camera sees nothing of it.
    Cancelled
        `cancel` said true.
    """

    def step(share: float) -> None:
        if cancel():
            raise Cancelled("The texture is no longer wanted.")
        progress(share)

    step(0.0)
    mesh = reduced(replace(mesh, colors=None, texture=None), triangles)
    step(0.2)
    mesh, picture, base = _colors_of_vertices(mesh, camera, pixels, inside)
    step(0.4)
    cut, uv = unwrapped(replace(mesh, colors=_as_bytes(base)), side, cancel=cancel)
    step(0.7)
    image = _baked(cut, uv, picture, side, lambda share: step(0.7 + 0.3 * share))
    return replace(cut, colors=None, texture=Texture(image, uv))


@dataclass(frozen=True, eq=False)
class _Picture:
    """What a picture says of a mesh, and whether its mirror image may say it as well."""

    seen: SeenColors
    symmetric: bool

    def at(
        self, points: FloatArray, normals: FloatArray
    ) -> tuple[Float64Array, Float64Array, BoolArray]:
        """Colours, how sure they are, and which of them are of mirror images."""
        colors, sure = self.seen.at(points, normals)
        mirrored = np.zeros(len(points), bool)
        if self.symmetric:
            others, others_sure = self.seen.at(points * _FLIP, normals * _FLIP)
            mirrored = others_sure > sure
            colors[mirrored], sure = others[mirrored], np.maximum(sure, others_sure)
        return colors, sure, mirrored


def _colors_of_vertices(
    mesh: Mesh, camera: PictureCamera, pixels: UInt8Array, inside: BoolArray
) -> tuple[Mesh, _Picture, Float64Array]:
    """Mesh with normals, what its picture says, and colours (V, 3) of all vertices."""
    if mesh.is_empty:
        raise MeshError("An empty mesh cannot be coloured.")
    mesh = mesh.with_normals()
    assert mesh.normals is not None
    seen = SeenColors(mesh, camera, pixels, inside)
    picture = _Picture(seen, _is_symmetric(mesh))
    colors, sure, mirrored = picture.at(
        mesh.vertices.astype(np.float64), mesh.normals.astype(np.float64)
    )
    if not sure.any():
        raise MeshError(
            "The camera sees nothing of the mesh; turn it to where the picture is from."
        )
    weights = sure**2 * np.where(mirrored, _MIRROR_WEIGHT, 1.0)
    return mesh, picture, _extended(mesh.faces, colors, weights)


def _is_symmetric(mesh: Mesh) -> bool:
    """Whether the right half of a mesh is the mirror image of the left."""
    from scipy.spatial import cKDTree

    vertices = mesh.vertices.astype(np.float64)
    distance, _ = cKDTree(vertices).query(vertices * _FLIP, distance_upper_bound=_MIRRORED)
    return bool((distance < _MIRRORED).mean() >= _SYMMETRIC)


def _baked(
    mesh: Mesh, uv: FloatArray, picture: _Picture, side: int, progress: Progress
) -> UInt8Array:
    """Colours of all pixels (side, side, 3) of a texture."""
    from scipy import ndimage

    assert mesh.normals is not None
    assert mesh.colors is not None
    image = np.zeros((side, side, 3), np.uint8)
    covered = np.zeros((side, side), bool)
    places = np.stack([uv[:, 0] * side, (1 - uv[:, 1]) * side], 1)
    for part in rasterised(places[mesh.faces], side, side):
        corners, shares = mesh.faces[part.triangles], part.shares[..., None]
        points = (mesh.vertices[corners] * shares).sum(1)
        normals = (mesh.normals[corners] * shares).sum(1)
        normals /= np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-9)
        base = (mesh.colors[corners] * shares).sum(1)
        colors, sure, _ = picture.at(points, normals)
        mixed = base + sure[:, None] * (colors - base)
        image[part.rows, part.columns] = _as_bytes(mixed)
        covered[part.rows, part.columns] = True
        progress(float(part.triangles[-1]) / len(mesh.faces) if len(part.triangles) else 0.0)
    if not covered.any():
        raise MeshError("The mesh is too finely divided for a texture; reduce it first.")
    # Filters mix what is beside a chart into it, and in smaller copies what is farther away.
    nearest = ndimage.distance_transform_edt(~covered, return_distances=False, return_indices=True)
    filled: UInt8Array = image[nearest[0], nearest[1]]
    return filled


def _extended(faces: IntArray, colors: Float64Array, weights: Float64Array) -> Float64Array:
    """Colours (V, 3) that are near what is known and change as little as possible.

    The minimum of Σ w (c - known)² + smooth Σ (c - c')² over vertices and edges: one sparse
    linear system, with no seam between what was seen and what was not.
    """
    from scipy.sparse import coo_matrix, diags
    from scipy.sparse.linalg import cg

    count = len(colors)
    edges = np.concatenate([faces[:, [0, 1]], faces[:, [1, 2]], faces[:, [2, 0]]])
    ones = np.ones(len(edges))
    links = coo_matrix((ones, (edges[:, 0], edges[:, 1])), shape=(count, count)).tocsr()
    links = ((links + links.T) > 0).astype(np.float64)
    degree = np.asarray(links.sum(1)).ravel()
    mean = (colors * weights[:, None]).sum(0) / weights.sum()
    # Parts of which nothing was seen come out in the mean colour.
    faint = 1e-6
    system = diags(weights + faint) + _SMOOTH * (diags(degree) - links)
    inverse = diags(1 / system.diagonal())
    result = np.empty_like(colors)
    for channel in range(3):
        wanted = weights * (colors[:, channel] - mean[channel])
        solved, _ = cg(system, wanted, rtol=1e-4, maxiter=2000, M=inverse)
        result[:, channel] = solved + mean[channel]
    return result


def _as_bytes(colors: Float64Array) -> UInt8Array:
    return np.round(colors.clip(0, 255)).astype(np.uint8)
