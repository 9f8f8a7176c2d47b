"""Pictures that are drawn while a network learns from them."""

import numpy as np
import pytest
import torch
import trimesh
from scipy.spatial import cKDTree

from occviewer.cli import main
from occviewer.cutouts import SCREEN
from occviewer.errors import DataError
from occviewer.networks.camera_numbers import camera_angles
from occviewer.networks.surface_maps import turned
from occviewer.training.dataset import ShapeSet
from occviewer.training.live.dice import Dice
from occviewer.training.live.examples import LiveSource, load_live_meshes
from occviewer.training.live.meshes import MeshStore, live_mesh
from occviewer.training.live.scenes import make_scene
from occviewer.training.live.shading import shaded
from occviewer.training.live.spoiling import network_inputs
from occviewer.training.live.warps import Warp
from occviewer.training.rendering.parts import Part

from .conftest import CPU, box, part, parts_of

SQUARE = np.array([[0, 1, 2], [0, 2, 3]])


def seen_points(batch, number):
    """Places that a picture shows, in the frame of the shape (N, 3)."""
    azimuths = camera_angles(batch.cameras)[0]
    ends = batch.surfaces[number].view(2, 3, -1).permute(0, 2, 1).reshape(1, -1, 3)
    shown = torch.isfinite(ends[0, :, 0])
    return turned(ends[:, shown], azimuths[number : number + 1])[0].numpy()


def test_a_batch_has_what_stored_views_would_give(batch):
    assert batch.images.shape == (12, 3, 64, 64)
    assert batch.surfaces.shape == (12, 6, 32, 32)
    assert batch.queries.shape == (12, 400, 3)
    assert batch.inside.shape == (12, 400)
    assert batch.images.min() >= 0
    assert batch.images.max() <= 1
    assert set(batch.inside.unique().tolist()) == {0.0, 1.0}


def test_what_is_seen_is_the_surface_of_the_labelled_shape(batch):
    for number in range(12):
        seen = seen_points(batch, number)
        tree = cKDTree(seen)
        queries = batch.queries[number].numpy()
        inside = batch.inside[number].numpy() > 0.5
        # Whatever is inside lies between what is seen of the shape.
        low, high = seen.min(0) - 0.06, seen.max(0) + 0.06
        assert ((queries[inside] >= low) & (queries[inside] <= high)).all()
        # Half of the labels are near the surface, on both of its sides.
        near = np.arange(400) < 200
        away, _ = tree.query(queries[near])
        assert np.median(away) < 0.12
        assert inside[near].any()
        assert not inside[near].all()


def test_the_longest_side_is_one(batch):
    for number in range(12):
        seen = seen_points(batch, number)
        assert 0.8 < np.ptp(seen, axis=0).max() < 1.02


def test_behind_the_shape_is_the_screen(batch):
    screen = torch.tensor(SCREEN) / 255
    corner = batch.images[:, :, 0, 0]
    assert (corner - screen).abs().amax(1).median() == 0
    shown = torch.isfinite(batch.surfaces[:, 0])
    green = (batch.images - screen[:, None, None]).abs().amax(1)[:, ::2, ::2] < 0.02
    assert (green & shown).sum() < 0.25 * shown.sum()
    assert (green & ~shown).sum() > 0.75 * (~shown).sum()


def test_pictures_are_a_function_of_the_seed_and_no_two_are_alike(source, batch):
    again = source.examples({}, 64, [3], CPU).draw(12, 12, 400)
    other = source.examples({}, 64, [4], CPU).draw(12, 0, 0)
    assert torch.equal(again.images, batch.images)
    assert torch.equal(again.queries, batch.queries)
    assert not torch.equal(other.images, batch.images)
    assert other.queries.shape[0] == 0
    pairs = torch.cdist(batch.images.flatten(1), batch.images.flatten(1))
    assert pairs[~torch.eye(12, dtype=torch.bool)].min() > 1


def test_only_what_weighs_is_drawn(shapes, source):
    nothing = {record.category: 0.0 for record in shapes.records}
    with pytest.raises(DataError, match="leave no shape"):
        source.examples(nothing, 64, [0], CPU)


def test_sizes_that_cannot_be_drawn_are_refused(source):
    with pytest.raises(DataError, match="take 60 or 64 instead of 62"):
        source.examples({}, 62, [0], CPU)


def test_the_records_are_those_of_the_meshes(shapes):
    assert [r.name for r in LiveSource(shapes, {1: live_mesh(parts_of("box"))}).records] == ["box"]


def test_warps_keep_mirror_images_and_upright_legs():
    dice = Dice(1, CPU)
    half = torch.tensor([[0.5, 0.4, 0.3]]).repeat(64, 1)
    warp = Warp(half, torch.full((64,), 2), dice)
    assert (warp.half.amax(1) - 0.5).abs().max() < 1e-5
    pictures = torch.arange(64)
    points = torch.rand(64, 3) * 2 * half - half
    mirrored = points * torch.tensor([-1.0, 1.0, 1.0])
    moved = warp.points(points, pictures)
    assert torch.allclose(
        warp.points(mirrored, pictures), moved * torch.tensor([-1.0, 1.0, 1.0]), atol=1e-6
    )
    higher = points.clone()
    higher[:, 1] += 0.05 * (half[:, 1] - higher[:, 1])
    raised = warp.points(higher, pictures)
    assert torch.allclose(raised[:, [0, 2]], moved[:, [0, 2]])
    assert (raised[:, 1] > moved[:, 1]).all()
    assert (moved - points).abs().amax() > 0.05


def test_normals_stay_at_right_angles_to_warped_surfaces():
    dice = Dice(2, CPU)
    warp = Warp(torch.full((32, 3), 0.5), torch.ones(32, dtype=torch.int64), dice)
    pictures = torch.arange(32)
    points = torch.rand(32, 3) * 0.6 - 0.3
    along, beside = torch.randn(2, 32, 3)
    normals = torch.nn.functional.normalize(torch.linalg.cross(along, beside), dim=1)
    step = 1e-3
    turned_normals = warp.normals(points, normals, pictures)
    for direction in (along, beside):
        moved = warp.points(points + step * direction, pictures)
        moved = moved - warp.points(points - step * direction, pictures)
        assert (moved * turned_normals).sum(1).abs().max() < 2e-4


def test_round_shapes_that_are_stretched_are_alike_from_fewer_sides():
    warp = Warp(torch.full((200, 3), 0.5), torch.full((200,), 8), Dice(0, CPU))
    same = (warp.half[:, 0] - warp.half[:, 2]).abs() < 1e-6
    assert (warp.order[same] == 8).all()
    assert (warp.order[~same] == 2).all()
    assert 0.3 < same.float().mean() < 0.9


def test_meshes_are_thinned_where_a_picture_shows_no_difference():
    fine = part(trimesh.creation.icosphere(6, 0.5))  # 81,920 triangles
    mesh = live_mesh([fine])
    assert len(mesh.faces) < 30_000
    assert np.linalg.norm(mesh.vertices, axis=1) == pytest.approx(0.5, abs=1e-3)
    outwards = (mesh.normals * mesh.vertices).sum(1) / 0.5
    assert outwards.min() > 0.95
    edged = live_mesh([box((-0.5, -0.5, -0.5), (0.5, 0.5, 0.5))])
    assert len(edged.faces) == 12
    assert np.abs(edged.normals).max(1) == pytest.approx(1)


def test_textures_lie_where_the_file_says():
    texture = np.zeros((64, 64, 3), np.uint8)
    texture[:, :32, 0] = texture[:, 32:, 2] = 255  # red to the left, blue to the right
    corners = np.array([[-1, -1, 0], [1, -1, 0], [1, 1, 0], [-1, 1, 0]], np.float32) / 2
    sheet = Part(corners, SQUARE, None, corners[:, :2] + 0.5, texture, (1.0, 1.0, 1.0))
    count, dice = 16, Dice(0, CPU)
    store, numbers = MeshStore([live_mesh([sheet])], CPU), torch.zeros(count, dtype=torch.int64)
    warp = Warp(store.half[numbers], numbers + 1, dice)
    scene = make_scene(store, numbers, warp, 64, dice)
    colors, covered = shaded(scene, store.textures, dice)
    looked_at = 0
    for picture in range(count):
        facing = np.cos(np.radians(float(scene.cameras.azimuth[picture])))
        if abs(facing) < 0.3:
            continue  # seen from the edge
        looked_at += 1
        mine, across = covered // 64**2 == picture, covered % 64
        left = mine & (across < across[mine].float().median() - 6)
        red = float((colors[left, 0] - colors[left, 2]).mean()) > 0
        mine = scene.meshes.vertex_picture == picture
        mirrored = float((scene.vertices[mine, 0] * scene.meshes.vertices[mine, 0]).sum()) < 0
        assert red == ((facing > 0) != mirrored)
    assert looked_at > 6


def test_masks_and_photos_are_spoilt_but_not_beyond_recognition():
    photos = torch.full((64, 3, 64, 64), 0.5)
    shown = torch.zeros(64, 64, 64, dtype=torch.bool)
    shown[:, 16:48, 16:48] = True
    images = network_inputs(photos, shown, 32, Dice(0, CPU))
    assert images.shape == (64, 3, 32, 32)
    green = images[:, 1] - images[:, 0] > 0.8
    size = (~green).flatten(1).sum(1)
    assert size.float().median() == pytest.approx(16 * 16, rel=0.2)
    assert len(size.unique()) > 4
    assert images[:, :, 16, 16].std() > 0.05


def test_made_up_furniture_is_drawn_without_files(shapes, tmp_path):
    assert main(["data", "synthetic", "--count", "1", "-o", str(tmp_path), "--workers", "1"]) == 0
    made = ShapeSet([tmp_path], "train")
    meshes = load_live_meshes(made, tmp_path)
    batch = LiveSource(made, meshes).examples({}, 32, [0], CPU).draw(2, 1, 64)
    assert torch.isfinite(batch.surfaces[:, 0]).any()
    with pytest.raises(DataError, match="None of 3 meshes can be drawn: .* is not there"):
        load_live_meshes(shapes, tmp_path)
