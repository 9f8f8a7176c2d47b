"""What a person does in a window, step by step, for tests that watch all of it."""

import numpy as np
from PySide6.QtCore import QEvent, QPointF, Qt
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import QApplication

from occviewer.gui.export_choice import ExportChoice
from occviewer.meshes.export_options import preset
from occviewer.observations import PointCloud

LONG = 120_000


def at_rest(controller):
    """Whether nothing is computed, saved or awaited."""
    result = controller.display.result
    return (
        controller.pipeline.settled
        and not controller.compute.busy()
        and not controller.storage.busy()
        and (result is None or not result.live)
    )


def coloured_scan(path, count):
    """Write a coloured scan of a box with so many points, and give its path."""
    rng = np.random.default_rng(0)
    points = rng.uniform(-1, 1, (count, 3))
    wall = rng.integers(0, 3, count)
    points[np.arange(count), wall] = np.sign(points[np.arange(count), wall])
    points *= [0.5, 0.4, 0.3]
    colours = ((points / [0.5, 0.4, 0.3] + 1) * 127.5).astype(np.uint8)
    PointCloud(points, colors=colours).save(path)
    return path


def tour(window, controller, folder, scan, points):
    """Do everything once; yields the name of what was begun, to be waited for.

    Parameters
    ----------
    scan : Path
        What is imported, with so many points; see `coloured_scan`.
    """
    actions, source, mesh = window.actions_, window.source, window.extraction
    controller.import_file(scan)
    yield "import"
    slider = mesh.threshold.slider
    slider.setSliderDown(True)
    for place in range(450, 550, 10):
        slider.setValue(place)
        yield "threshold"
    slider.setSliderDown(False)
    yield "threshold at rest"
    source.subsample.number.setValue(points // 2)
    yield "subsample"
    source.noise.number.setValue(0.01)
    yield "noise"
    actions["edit.undo"].trigger()
    yield "undo"
    mesh.smoothing.setValue(5)
    yield "smoothing"
    actions["shading.points"].trigger()
    yield "point colours"
    actions["shading.normals"].trigger()
    yield "normals"
    actions["shape.capture"].trigger()
    yield "capture"
    controller.files.session = folder / "work.occ"
    actions["file.save"].trigger()
    yield "save"
    controller.safekeeping.keep()
    yield "autosave"
    for name, colours, suffix in (
        ("world", "none", ".ply"),
        ("blender", "scan", ".glb"),
        ("unreal", "normals", ".obj"),
        ("print", "none", ".stl"),
    ):
        choice = ExportChoice(name, suffix, preset(name).options(suffix), colours)
        controller.exports.write_mesh(choice, folder / f"{name}{suffix}")
        yield f"export {suffix}"
    controller.exports.write_picture(folder / "picture.png", 2, True)
    yield "picture"
    actions["help.diagnostics"].trigger()
    yield "diagnostics"
    controller.files.open_session(folder / "work.occ")
    yield "open session"


def tour_of_shapes(window, controller):
    """Slide, blend, sample, play and undo everything; a shape with a latent code is on display.

    Yields the name of what was begun, to be waited for unless a slider is down.
    """
    panel, actions, steps = window.latent, window.actions_, controller.history.position
    for name, row in (("latent slider", panel.rows[0].value), ("detail", panel.detail)):
        yield from _drag(row.slider, name)
    yield from _drag(window.source.yaw.slider, "heading")
    actions["latent.randomise"].trigger()
    yield "randomise"
    window.sampler.count.setValue(8)
    window.sampler.new.click()
    yield "new shapes"
    for number in range(4):
        controller.sampling.take(number)
        yield "take a sample"
        actions["shape.capture"].trigger()
        yield "capture"
        window.blend.corners[number].current_wanted.emit()
        yield "corner of the pad"
    square = window.blend.square
    middle = square._point(0.5, 0.5)
    for number in range(20):
        kind = QEvent.Type.MouseMove if number else QEvent.Type.MouseButtonPress
        _mouse(square, kind, middle + QPointF(2.0 * number, -number))
        yield "pad"
    _mouse(square, QEvent.Type.MouseButtonRelease, middle + QPointF(40.0, -20.0))
    yield "pad at rest"
    controller.track.add([entry.id for entry in controller.document.shelf[-4:]])
    yield "track"
    yield from _drag(window.track.bar, "scrub")
    window.track.seconds.setValue(3.0)
    window.track.play.click()
    yield "play"
    while controller.history.position > steps:
        actions["edit.undo"].trigger()
        yield "undo everything"
    while actions["edit.redo"].isEnabled():
        actions["edit.redo"].trigger()
        yield "redo everything"


def _drag(slider, name):
    slider.setSliderDown(True)
    low, high = slider.minimum(), slider.maximum()
    for number in range(20):
        slider.setValue(low + (high - low) * number // 40)
        yield name
    slider.setSliderDown(False)
    yield f"{name} at rest"


def _mouse(widget, kind, at):
    """Press, move or release the left button at a place of a widget."""
    no, left = Qt.MouseButton.NoButton, Qt.MouseButton.LeftButton
    changed = no if kind == QEvent.Type.MouseMove else left
    held = no if kind == QEvent.Type.MouseButtonRelease else left
    place = QPointF(widget.mapToGlobal(at.toPoint()))
    keys = Qt.KeyboardModifier.NoModifier
    QApplication.sendEvent(widget, QMouseEvent(kind, at, place, changed, held, keys))
