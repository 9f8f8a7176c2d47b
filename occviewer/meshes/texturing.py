"""The colours of a picture on a mesh: projected, mirrored, and extended where nothing was seen."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from occviewer.arrays import BoolArray, Float64Array, IntArray, UInt8Array
from occviewer.cameras import PictureCamera
from occviewer.errors import MeshError
from occviewer.meshes.mesh import Mesh
from occviewer.meshes.sampling import sample_surface

_DEPTH_SIDE = 200  # pixels of the longer side of what is seen, for the test of depth
_SAMPLES = 400_000
_BEHIND = 0.03  # box units that a vertex may lie behind what is seen first
_GRAZING = 0.2  # cosine from which on a surface shows its colour
_RIM = 0.012  # of the mask's longer side: pixels at its edge are mixed with the background
_MIRRORED = 0.025  # box units between a vertex and the mirror image of one that was seen
_SYMMETRIC = 0.8  # share of the vertices whose mirror images lie on the mesh
_MIRROR_WEIGHT = 0.25
_SMOOTH = 0.02  # how strongly neighbours are alike, against 1 for what was seen head on


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
    if mesh.is_empty:
        raise MeshError("An empty mesh cannot be coloured.")
    mesh = mesh if mesh.normals is not None else mesh.with_normals()
    assert mesh.normals is not None
    vertices = mesh.vertices.astype(np.float64)
    normals = mesh.normals.astype(np.float64)
    places, depth = camera.project(vertices)
    towards = camera.position - vertices
    towards /= np.linalg.norm(towards, axis=1, keepdims=True)
    facing = (normals * towards).sum(1)
    seen = (facing > _GRAZING) & _first_on_rays(mesh, camera, places, depth)
    if not seen.any():
        raise MeshError(
            "The camera sees nothing of the mesh; turn it to where the picture is from."
        )
    colors = np.zeros((len(vertices), 3))
    colors[seen] = _looked_up(_without_background(pixels, inside), places[seen])
    weights = np.where(seen, facing.clip(0, 1) ** 2, 0.0)
    _mirror(vertices, normals, seen, colors, weights)
    smooth = _extended(mesh.faces, colors, weights)
    return replace(mesh, colors=np.round(smooth.clip(0, 255)).astype(np.uint8))


def _first_on_rays(
    mesh: Mesh, camera: PictureCamera, places: Float64Array, depth: Float64Array
) -> BoolArray:
    """Vertices that nothing of the mesh hides, by a depth picture of surface samples."""
    from scipy import ndimage

    low, high = places.min(0), places.max(0)
    scale = _DEPTH_SIDE / max(float((high - low).max()), 1e-9)
    samples, _ = sample_surface(mesh, _SAMPLES, np.random.default_rng(0))
    at, far = camera.project(samples)
    nearest = np.full((_DEPTH_SIDE + 3, _DEPTH_SIDE + 3), np.inf)
    cells = ((at - low) * scale).astype(int) + 1
    cells = cells.clip(0, _DEPTH_SIDE + 2)
    np.minimum.at(nearest, (cells[:, 1], cells[:, 0]), far)
    # Samples leave single cells out; neighbours fill them.
    nearest = ndimage.minimum_filter(nearest, 3)
    own = (((places - low) * scale).astype(int) + 1).clip(0, _DEPTH_SIDE + 2)
    visible: BoolArray = (depth > 0) & (depth <= nearest[own[:, 1], own[:, 0]] + _BEHIND)
    return visible


def _without_background(pixels: UInt8Array, inside: BoolArray) -> UInt8Array:
    """Continue the shape's colours over its edge, so that no background bleeds in."""
    from scipy import ndimage

    rows, columns = np.flatnonzero(inside.any(1)), np.flatnonzero(inside.any(0))
    longer = max(np.ptp(rows), np.ptp(columns)) if len(rows) else 1
    depth = ndimage.distance_transform_edt(inside)
    rim = _RIM * longer
    # Thin parts are all rim: there the middle line counts.
    core = inside & ((depth > rim) | (depth >= ndimage.maximum_filter(depth, 3)))
    nearest = ndimage.distance_transform_edt(~core, return_distances=False, return_indices=True)
    continued: UInt8Array = pixels[nearest[0], nearest[1]]
    return continued


def _looked_up(pixels: UInt8Array, places: Float64Array) -> Float64Array:
    """Colours (N, 3) of a picture between its pixels, at places (N, 2)."""
    from scipy import ndimage

    at = [places[:, 1] - 0.5, places[:, 0] - 0.5]
    channels = [
        ndimage.map_coordinates(pixels[..., c].astype(np.float64), at, order=1, mode="nearest")
        for c in range(3)
    ]
    return np.stack(channels, axis=1)


def _mirror(
    vertices: Float64Array,
    normals: Float64Array,
    seen: BoolArray,
    colors: Float64Array,
    weights: Float64Array,
) -> None:
    """Give unseen vertices the colours of their mirror images, in place, if that is right."""
    from scipy.spatial import cKDTree

    flip = np.array([-1.0, 1.0, 1.0])
    distance, _ = cKDTree(vertices).query(vertices * flip)
    if (distance < _MIRRORED).mean() < _SYMMETRIC:
        return
    sources = np.flatnonzero(seen)
    hidden = np.flatnonzero(~seen)
    if not len(hidden):
        return
    distance, nearest = cKDTree(vertices[sources]).query(vertices[hidden] * flip)
    origin = sources[nearest]
    alike = ((normals[hidden] * flip) * normals[origin]).sum(1) > 0.5
    good = alike & (distance < _MIRRORED)
    colors[hidden[good]] = colors[origin[good]]
    weights[hidden[good]] = _MIRROR_WEIGHT * weights[origin[good]]


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
