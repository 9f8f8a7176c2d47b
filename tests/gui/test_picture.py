"""What the 3D view draws, compared with a picture that somebody looked at."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from PySide6.QtCore import QEvent
from PySide6.QtWidgets import QApplication

from occviewer.meshes import Mesh

KNOWN = Path(__file__).parent / "pictures" / "ring.png"
SIZE = (320, 240)
# Drivers draw edges a little differently: so much of 255 over the whole picture, which is
# compared at a quarter of its size.
MEAN, WORST = 2.0, 40.0


def ring(steps=48):
    """A ring with a tube (box frame), and points on its upper half in two colours."""
    around = np.arange(steps) * 2 * np.pi / steps
    u, v = (angle.ravel() for angle in np.meshgrid(around, around, indexing="ij"))
    outer = 0.34 + 0.14 * np.cos(v)
    points = np.stack([outer * np.cos(u), 0.14 * np.sin(v), outer * np.sin(u)], 1)
    index = np.arange(steps * steps).reshape(steps, steps)
    right, up = np.roll(index, -1, 0), np.roll(index, -1, 1)
    across = np.roll(right, -1, 1)
    faces = np.concatenate(
        [np.stack([index, up, right], -1), np.stack([right, up, across], -1)]
    ).reshape(-1, 3)
    top = points[points[:, 1] > 0.07]
    colours = np.where(top[:, :1] > 0, [[200, 40, 40]], [[40, 60, 200]]).astype(np.uint8)
    return Mesh(points.astype(np.float32), faces.astype(np.int32)), top, colours


@pytest.fixture
def viewport(qtbot):
    from occviewer.gui.application import prepare_application
    from occviewer.gui.viewport import Viewport

    prepare_application()
    viewport = Viewport()
    # As many pixels on a dense screen.
    density = viewport.devicePixelRatioF()
    viewport.resize(round(SIZE[0] / density), round(SIZE[1] / density))
    viewport.set_background("white", dark=False)
    viewport.show()
    qtbot.waitExposed(viewport)
    mesh, points, colours = ring()
    viewport.show_mesh(mesh)
    viewport.show_points(points, colours)
    viewport.look("isometric")
    yield viewport
    viewport.close_canvas()
    viewport.close()
    viewport.deleteLater()


def drawn(viewport):
    """What is seen, small."""
    picture = Image.fromarray(viewport.picture())
    return picture.resize((SIZE[0] // 4, SIZE[1] // 4), Image.Resampling.BOX)


def difference(one, other):
    """Mean and largest difference of two pictures, of 255."""
    apart = np.abs(np.asarray(one, float) - np.asarray(other.convert("RGB"), float))
    return apart.mean(), apart.max()


def test_mesh_points_and_floor_look_as_they_did(viewport, tmp_path):
    picture = drawn(viewport)
    picture.save(tmp_path / "ring.png")
    known = Image.open(KNOWN)
    mean, worst = difference(picture, known)
    assert mean < MEAN, f"look at {tmp_path / 'ring.png'}"
    assert worst < WORST, f"look at {tmp_path / 'ring.png'}"


@pytest.mark.parametrize("change", ["no points", "no floor", "normals", "from above", "dark"])
def test_what_a_person_would_see_is_more_than_the_tolerance(viewport, change):
    changes = {
        "no points": lambda: viewport.set_visible("points", False),
        "no floor": lambda: viewport.set_visible("floor", False),
        "normals": lambda: viewport.set_shading("normals"),
        "from above": lambda: viewport.look("top"),
        "dark": lambda: viewport.set_background("dark", dark=False),
    }
    changes[change]()
    mean, worst = difference(drawn(viewport), Image.open(KNOWN))
    assert mean > MEAN or worst > WORST


def test_a_shape_is_smooth_until_somebody_wants_it_flat(viewport):
    mesh, _, _ = ring(12)
    viewport.show_mesh(mesh)
    viewport.set_visible("points", False)
    first = drawn(viewport)
    viewport.set_shading("flat")
    flat = drawn(viewport)
    viewport.set_shading("smooth")
    assert difference(first, drawn(viewport))[0] == 0
    assert difference(first, flat)[1] > 20


def test_marks_have_their_size_on_a_dense_screen_as_well(viewport, monkeypatch):
    size, line = viewport._cloud_actor.prop.point_size, viewport._floor_actor.prop.line_width
    density = viewport.devicePixelRatioF()
    # Of the class: what is set on a widget itself Qt's binding never lets go.
    monkeypatch.setattr(type(viewport), "devicePixelRatioF", lambda self: 3 * density)
    QApplication.sendEvent(viewport, QEvent(QEvent.Type.DevicePixelRatioChange))
    assert viewport._cloud_actor.prop.point_size == pytest.approx(3 * size)
    assert viewport._floor_actor.prop.line_width == pytest.approx(3 * line)


@pytest.mark.parametrize("factor", [1, 2])
def test_a_transparent_picture_holds_the_shape_and_nothing_else(viewport, factor):
    viewport.set_visible("floor", False)
    alpha = viewport.picture(factor, transparent=True)[..., 3]
    tall, wide = alpha.shape
    assert alpha[int(0.62 * tall), wide // 2] == 255
    # The axes stand at the bottom left of the view, and are not in the picture.
    assert alpha[: tall // 4].max() == alpha[-tall // 4 :].max() == 0


def make_slow(viewport, qtbot, monkeypatch):
    """Let every drawing count as slow, as one without a graphics card does."""
    monkeypatch.setattr("occviewer.gui.canvas._SLOW", 0.0)
    for _ in range(4):
        viewport.turn(1, 0)
        qtbot.wait(40)
    assert viewport.canvas.is_slow


def samples(viewport):
    return viewport.canvas.render_window.GetMultiSamples()


def test_while_the_shape_moves_slow_machines_draw_one_sample_a_pixel(viewport, qtbot, monkeypatch):
    make_slow(viewport, qtbot, monkeypatch)
    mesh, _, _ = ring(24)
    fine = samples(viewport)
    assert fine > 1
    viewport.show_mesh(mesh, moving=True)
    qtbot.wait(60)
    assert samples(viewport) == 0
    viewport.show_mesh(mesh)
    qtbot.wait(60)
    assert samples(viewport) == fine


def test_pictures_are_smooth_whatever_moves(viewport, qtbot, monkeypatch):
    rested = drawn(viewport)
    make_slow(viewport, qtbot, monkeypatch)
    viewport.look("isometric")
    viewport.show_mesh(ring()[0], moving=True)
    mean, worst = difference(drawn(viewport), rested)
    assert mean < 0.2
    assert worst < 12


def test_fast_machines_draw_everything_smooth(viewport, qtbot, monkeypatch):
    make_slow(viewport, qtbot, monkeypatch)
    monkeypatch.setattr("occviewer.gui.canvas._SLOW", 60.0)
    fine = samples(viewport)
    viewport.show_mesh(ring(24)[0], moving=True)
    assert samples(viewport) == fine
    assert not viewport.canvas.in_motion
