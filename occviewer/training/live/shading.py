"""What light makes of the surfaces that pictures show: the model that VTK's renders have."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F  # noqa: N812 - the usual name

from occviewer.training.live.dice import Dice
from occviewer.training.live.materials import patterned
from occviewer.training.live.meshes import TEXTURE
from occviewer.training.live.rasters import barycentric, rasterise
from occviewer.training.live.scenes import Scene
from occviewer.training.live.viewing import directions
from occviewer.training.rendering.looks import SHADOWS

_SHADOW_REACH = 0.9  # half the side of what a light sees, box units
_LIGHT_AWAY = 2.0
_BIAS = 0.012  # box units by which a shadow's cause must be nearer to the light
_LIFT = 0.004
_LIGHTS = 3


def shaded(scene: Scene, textures: Tensor, dice: Dice) -> tuple[Tensor, Tensor]:
    """Colours (N, 3) of the pixels at which a surface is seen, and the pixels' numbers (N,).

    Parameters
    ----------
    scene : Scene
    textures : (M, TEXTURE, TEXTURE, 3) uint8 Tensor
    dice : Dice
    """
    count, pixels, _ = scene.rasters.triangle.shape
    flat = scene.rasters.triangle.flatten()
    covered = (flat >= 0).nonzero()[:, 0]
    triangle = flat[covered]
    of = covered // (pixels * pixels)
    across, down = covered % pixels + 0.5, covered // pixels % pixels + 0.5
    weights = barycentric(scene.corners[triangle], across, down).clamp(0, 1)
    weights = weights / scene.depths[triangle]  # linear in space, not in the picture
    weights = (weights / weights.sum(1, keepdim=True))[:, :, None]
    corners = scene.meshes.faces[triangle]
    where = (scene.vertices[corners] * weights).sum(1)
    normals = F.normalize((scene.normals[corners] * weights).sum(1), dim=1)
    towards = F.normalize(scene.cameras.position()[of] - where, dim=1)
    facing = (normals * towards).sum(1, keepdim=True)
    normals = torch.where(facing < 0, -normals, normals)
    part = scene.meshes.face_part[triangle]
    base = scene.colors[part]
    texture = scene.meshes.textures[part]
    place = (scene.meshes.places[corners] * weights).sum(1)
    column = (place[:, 0] * TEXTURE).floor().long() % TEXTURE
    row = ((1 - place[:, 1]) * TEXTURE).floor().long() % TEXTURE
    painted = textures[texture.clamp(min=0), row, column].float() / 255
    base = torch.where((texture >= 0)[:, None], base * painted, base)
    base = patterned(base, where, of, count, dice)
    return _lit(scene, base, where, normals, towards, of, dice), covered


def _lit(
    scene: Scene,
    base: Tensor,
    where: Tensor,
    normals: Tensor,
    towards: Tensor,
    of: Tensor,
    dice: Dice,
) -> Tensor:
    """Light surfaces of colours `base` (N, 3): a lamp from the camera's side, up to two more."""
    count = len(scene.cameras.azimuth)
    roughness = dice.uniform(0.2, 0.9, count)
    gloss = dice.uniform(0, 0.5, count) * (1.1 - roughness)
    power = 2 / roughness**4 - 2 + 1e-3  # as in `rendering.looks.draw_look`
    total = dice.uniform(0.08, 0.35, count)[of][:, None] * base
    others = dice.whole(_LIGHTS, count)
    for number in range(_LIGHTS):
        if number == 0:
            beside, above = dice.uniform(-80, 80, count), dice.uniform(20, 80, count)
            direction = directions(scene.cameras.azimuth + beside, above)
            warmth = dice.uniform(-0.12, 0.12, count)
            color = torch.stack(
                [1 + warmth.clamp(max=0), 1 - warmth.abs() / 3, 1 - warmth.clamp(min=0)], 1
            )
            color = color * dice.uniform(0.55, 1, count)[:, None]
            shadow = _in_shadow(scene, where + _LIFT * normals, direction, of)
            on = ~(shadow & dice.chance(SHADOWS, count)[of])
        else:
            direction = directions(dice.uniform(0, 360, count), dice.uniform(-10, 70, count))
            color = (dice.uniform(0.1, 0.4, count) * (others >= number))[:, None].expand(count, 3)
            on = torch.ones_like(of, dtype=torch.bool)
        light = direction[of]
        fallen = (normals * light).sum(1)
        mirrored = 2 * fallen[:, None] * normals - light
        shine = (mirrored * towards).sum(1).clamp(0, 1) ** power[of] * gloss[of] * (fallen > 0)
        reflected = base * fallen.clamp(min=0)[:, None] + shine[:, None]
        total = total + reflected * color[of] * on[:, None]
    return total.clamp(0, 1)


def _in_shadow(scene: Scene, where: Tensor, direction: Tensor, of: Tensor) -> Tensor:
    """Whether something stands between places (N, 3) and the light in a direction (B, 3)."""
    count, pixels = len(direction), scene.rasters.first.shape[1]
    up = torch.tensor([0.0, 1.0, 0.0], device=direction.device).expand(count, 3)
    across = F.normalize(torch.linalg.cross(up, direction), dim=1)
    frame = torch.stack([across, torch.linalg.cross(direction, across), direction], 1)

    def seen(points: Tensor, pictures: Tensor) -> tuple[Tensor, Tensor]:
        turned = torch.einsum("nij,nj->ni", frame[pictures], points)
        flat = torch.stack([turned[:, 0], -turned[:, 1]], 1)
        return (flat / (2 * _SHADOW_REACH) + 0.5) * pixels, _LIGHT_AWAY - turned[:, 2]

    corners, depths = seen(scene.vertices, scene.meshes.vertex_picture)
    faces = scene.meshes.faces
    lit = rasterise(
        corners[faces], depths[faces], scene.meshes.face_picture, count, pixels, parallel=True
    )
    place, depth = seen(where, of)
    column, row = place.long().clamp(0, pixels - 1).unbind(1)
    return depth > lit.first[of, row, column] + _BIAS
