"""The gizmo and the crop box in numbers."""

import numpy as np
import pytest

from occviewer.document import Source
from occviewer.gui.tools.cropping import FACES, CropBox
from occviewer.gui.tools.moving import RADIUS, Gizmo, along_line, moved_placement
from occviewer.gui.tools.projecting import View
from occviewer.models.placing import rotation_of, turn
from occviewer.observations import PointCloud
from occviewer.placement import Placement

from .test_selecting import camera

UTM = np.array([500_123.4, 5_400_456.8, 212.5])
PLACEMENT = Placement(rotation_of("z", 33), 0.5, UTM)
MIDDLE = np.array([200.0, 100.0])


def box_of(placement, world):
    """Box points in double precision."""
    return (world - placement.centre) @ placement.rotation.T * placement.scale


def test_a_cloud_is_scaled_and_turned_about_a_point_then_shifted():
    world = UTM + np.random.default_rng(0).normal(size=(50, 3))
    before = box_of(PLACEMENT, world)
    rotation, about, shift = turn(1, 40) @ turn(0, -20), np.array([0.1, 0.2, -0.3]), [0.5, 0, -1]
    moved = moved_placement(PLACEMENT, shift=shift, rotation=rotation, factor=1.7, about=about)
    expected = 1.7 * (before - about) @ rotation.T + about + shift
    assert box_of(moved, world) == pytest.approx(expected, abs=1e-8)


def test_a_thousand_turns_leave_a_rotation():
    placement = PLACEMENT
    for _ in range(1000):
        placement = moved_placement(placement, rotation=turn(0, 7.3), about=(0.3, 0, 0))
    assert placement.rotation @ placement.rotation.T == pytest.approx(np.eye(3), abs=1e-12)


def looking(pivot=(0.0, 0.0, 0.0)):
    """A gizmo seen from the front right and above."""
    view = camera()
    rotation = turn(0, 25) @ turn(1, 30)
    whole = np.eye(4)
    whole[:3, :3] = rotation
    eye, forward = rotation.T @ view.eye, rotation.T @ view.forward
    view = View(view.matrix @ whole, eye, forward, view.width, view.height)
    return Gizmo(view, np.asarray(pivot, np.float64))


@pytest.mark.parametrize("axis", range(3))
def test_an_arrow_moves_along_its_axis_as_far_as_the_mouse_goes(axis):
    gizmo = looking()
    line = gizmo.lines()[f"move {'xyz'[axis]}"]
    grip = line[0] * 0.2 + line[-1] * 0.8
    assert gizmo.handle_at(grip) == f"move {'xyz'[axis]}"
    target = gizmo.view.project(gizmo.pivot[None] + 0.7 * np.eye(3)[axis])[0]
    start = gizmo.view.project(gizmo.pivot[None] + 0.2 * np.eye(3)[axis])[0]
    moved = gizmo.dragged(f"move {'xyz'[axis]}", start, target, PLACEMENT)
    shift = box_of(moved, UTM[None])[0]
    assert shift == pytest.approx(0.5 * np.eye(3)[axis], abs=1e-4)


@pytest.mark.parametrize("axis", range(3))
def test_a_ring_turns_with_the_mouse(axis):
    gizmo = looking()
    name = f"turn {'xyz'[axis]}"
    line = gizmo.lines()[name]
    start, onward = line[len(line) // 2], line[len(line) // 2 + 2]
    moved = gizmo.dragged(name, start, onward, PLACEMENT)
    made = moved.rotation @ PLACEMENT.rotation.T
    angle = np.degrees(np.arccos((np.trace(made) - 1) / 2))
    # Two of 64 parts of a ring.
    assert angle == pytest.approx(2 * 360 / 64, rel=0.2)
    assert made == pytest.approx(turn(axis, angle), abs=1e-6)
    assert moved.scale == PLACEMENT.scale
    stepped = gizmo.dragged(name, start, onward, PLACEMENT, stepped=True)
    assert stepped.rotation @ PLACEMENT.rotation.T == pytest.approx(turn(axis, 15), abs=1e-9)


def test_the_square_scales_by_the_distance_from_the_middle():
    gizmo = looking(pivot=(0.1, 0, 0))
    handle = gizmo.scale_handle
    assert gizmo.handle_at(handle) == "scale"
    assert gizmo.handle_at(gizmo.centre) == "free"
    assert gizmo.handle_at(gizmo.centre + [0, 3 * RADIUS]) == ""
    further = gizmo.centre + 1.5 * (handle - gizmo.centre)
    grown = gizmo.dragged("scale", handle, further, PLACEMENT)
    assert grown.scale == pytest.approx(1.5 * PLACEMENT.scale)
    pivot = PLACEMENT.to_world(gizmo.pivot[None])
    assert box_of(grown, pivot)[0] == pytest.approx(gizmo.pivot, abs=1e-8)


def test_the_dot_moves_beside_the_mouse():
    gizmo = looking()
    moved = gizmo.dragged("free", gizmo.centre, gizmo.centre + [40, -25], PLACEMENT)
    seen = gizmo.view.project(box_of(moved, UTM[None]))[0]
    assert seen == pytest.approx(gizmo.centre + [40, -25], abs=0.1)


def test_an_axis_that_points_at_the_eye_does_not_run_away():
    view = camera()
    assert along_line(view, np.zeros(3), np.array([0.0, 0, 1]), MIDDLE + 1e-3) == 0.0
    gizmo = Gizmo(view, np.zeros(3))
    moved = gizmo.dragged("turn x", MIDDLE, MIDDLE + [0, 60], PLACEMENT)
    assert np.isfinite(moved.rotation).all()


def test_a_cloud_behind_the_camera_has_no_handles():
    gizmo = Gizmo(camera(), np.array([0.0, 0, 10]))
    assert gizmo.handle_at(MIDDLE) == ""


def source(**changes):
    box = np.random.default_rng(3).uniform(-0.4, 0.4, (500, 3)) * [1, 0.5, 1]
    return Source(PointCloud(PLACEMENT.to_world(box)), **changes)


def test_a_new_crop_box_goes_around_all_points_along_the_models_box():
    made = source()
    box = CropBox.around(made, PLACEMENT)
    corners, points = box.corners, box_of(PLACEMENT, made.cloud.points)
    assert (corners.min(0) < points.min(0)).all()
    assert (corners.max(0) > points.max(0)).all()
    assert corners.min(0) == pytest.approx(points.min(0), abs=0.03)
    cropped = source(crop=box.limits, crop_axes=box.axes)
    assert cropped.counted().all()
    assert CropBox.around(cropped, PLACEMENT).corners == pytest.approx(corners, abs=1e-8)


def test_a_face_follows_the_mouse_and_the_others_stay():
    gizmo, made = looking(), source()
    box = CropBox.around(made, PLACEMENT)
    for face, (axis, side) in enumerate(FACES):
        start = gizmo.view.project(box.handle(face)[None])[0]
        inward = box.handle(face) - 0.1 * box.direction(face)
        moved = box.dragged(gizmo.view, face, start, gizmo.view.project(inward[None])[0])
        change = np.zeros((2, 3))
        change[side, axis] = 0.1 * (-1 if side else 1)
        edges = np.stack([box.corners.min(0), box.corners.max(0)]) + change
        assert moved.corners.min(0) == pytest.approx(edges[0], abs=1e-4)
        assert moved.corners.max(0) == pytest.approx(edges[1], abs=1e-4)


def test_faces_do_not_pass_each_other():
    gizmo = looking()
    box = CropBox.around(source(), PLACEMENT)
    top = FACES.index((1, 1))
    start = gizmo.view.project(box.handle(top)[None])[0]
    flat = box.dragged(gizmo.view, top, start, start + [0, 5000])
    assert flat.high[1] > flat.low[1]


def test_the_nearer_of_two_handles_is_taken():
    view = camera()
    box = CropBox.around(source(), PLACEMENT)
    front = max(range(6), key=lambda face: box.handle(face)[2])
    assert box.face_at(view, view.project(box.handle(front)[None])[0]) == front
    assert box.face_at(view, (1.0, 1.0)) is None
