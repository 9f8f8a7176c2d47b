"""What a person does in a window, step by step, for tests that watch all of it."""

import numpy as np

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
