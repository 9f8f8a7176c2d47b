"""Warped meshes before their cameras, and what each pixel shows of them."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor

from occviewer.training.live.dice import Dice
from occviewer.training.live.materials import varied_colors
from occviewer.training.live.meshes import Gathered, MeshStore
from occviewer.training.live.rasters import Rasters, rasterise
from occviewer.training.live.viewing import Cameras, draw_cameras
from occviewer.training.live.warps import Warp


@dataclass(frozen=True, eq=False)
class Scene:
    """Warped meshes before their cameras.

    Attributes
    ----------
    meshes : Gathered
    vertices, normals : (V, 3) Tensor
        As they are warped.
    colors : (P, 3) Tensor
        Of the materials in these pictures.
    cameras : Cameras
    corners : (F, 3, 2) Tensor
        Of the triangles, in pixels.
    depths : (F, 3) Tensor
    rasters : Rasters
    """

    meshes: Gathered
    vertices: Tensor
    normals: Tensor
    colors: Tensor
    cameras: Cameras
    corners: Tensor
    depths: Tensor
    rasters: Rasters


def make_scene(store: MeshStore, numbers: Tensor, warp: Warp, pixels: int, dice: Dice) -> Scene:
    """Warp the meshes with some numbers (B,), and see each with a camera of its own.

    Parameters
    ----------
    store : MeshStore
    numbers : (B,) Tensor
    warp : Warp
        Of that many pictures.
    pixels : int
        Side of the pictures.
    dice : Dice
    """
    count, meshes = len(numbers), store.gather(numbers)
    of = meshes.vertex_picture
    vertices = warp.points(meshes.vertices, of)
    normals = warp.normals(meshes.vertices, meshes.normals, of)
    colors = varied_colors(meshes.colors, meshes.textures >= 0, meshes.part_picture, count, dice)
    cameras = draw_cameras(vertices, of, count, dice)
    flat, depth = cameras.project(vertices, of, pixels)
    corners, depths = flat[meshes.faces], depth[meshes.faces]
    rasters = rasterise(
        corners,
        depths,
        meshes.face_picture,
        count,
        pixels,
        opacity=meshes.opacities[meshes.face_part],
        dice=dice,
    )
    return Scene(meshes, vertices, normals, colors, cameras, corners, depths, rasters)
