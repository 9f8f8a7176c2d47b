"""Nothing slow runs in the window's thread; `tests.benchmarks.window_stalls` measures its stalls.

A test cannot time a busy machine. It can say in which thread the slow work was done.
"""

import importlib
import threading

import pytest

from .tours import LONG, at_rest, coloured_scan, tour

# Module, class (if any) and function, each of which may take longer than a moment.
SLOW = [
    ("occviewer.models.model", "Model", "encode"),
    ("occviewer.models.model", "Model", "field"),
    ("occviewer.models.opening", None, "load_checkpoint"),
    ("occviewer.document.model_reference", None, "sha256_of"),
    ("occviewer.observations", "PointCloud", "load"),
    ("occviewer.observations", "PointCloud", "subsampled"),
    ("occviewer.observations", "PointCloud", "select"),
    ("occviewer.document.source", "Source", "working_cloud"),
    ("occviewer.document.source", "Source", "working_indices"),
    ("occviewer.observations.point_cloud", None, "extremes"),
    ("occviewer.document.session", None, "pack"),
    ("occviewer.document.session", None, "unpack"),
    ("occviewer.extraction.pipeline", None, "_mesh"),
    ("occviewer.meshes.mesh", "Mesh", "save"),
    ("occviewer.meshes.mesh", "Mesh", "placed"),
    ("occviewer.meshes.mesh", "Mesh", "without_small_components"),
    ("occviewer.meshes.topology", None, "is_closed"),
    ("occviewer.meshes.processing", None, "smoothed"),
    ("occviewer.meshes.colouring", "PointColours", "laid_on"),
    ("occviewer.gui.previews", None, "preview_png"),
    ("occviewer.gui.exports", None, "merged"),
    ("occviewer.files", None, "written_whole"),
]


@pytest.fixture
def seen(monkeypatch):
    """Threads in which each slow function ran."""
    threads = {}

    def watch(module, owner, name):
        place = importlib.import_module(module)
        place = place if owner is None else getattr(place, owner)
        inner = vars(place)[name]
        function = getattr(inner, "__func__", inner)

        def watched(*args, **kwargs):
            threads.setdefault(f"{owner or module}.{name}", set()).add(
                threading.current_thread().name
            )
            return function(*args, **kwargs)

        kind = type(inner) if isinstance(inner, classmethod | staticmethod) else lambda f: f
        monkeypatch.setattr(place, name, kind(watched))

    for slow in SLOW:
        watch(*slow)
    return threads


@pytest.mark.slow
def test_nothing_slow_runs_in_the_windows_thread(seen, opened, qtbot, tmp_path):
    window, controller = opened
    scan = coloured_scan(tmp_path / "scan.ply", 20_000)
    for _ in tour(window, controller, tmp_path, scan, 20_000):
        if not window.extraction.threshold.slider.isSliderDown():
            qtbot.waitUntil(lambda: at_rest(controller), timeout=LONG)
    assert [m.sentence for m in window.messages.shown() if m.kind != "note"] == []
    wrote = {path.name for path in tmp_path.iterdir()}
    assert wrote >= {"blender.glb", "unreal.obj", "print.stl", "picture.png", "work.occ"}
    here = threading.current_thread().name
    assert {name: where for name, where in seen.items() if here in where} == {}
    # The test sees what it is about: all of it ran somewhere.
    missing = {name for _, owner, name in SLOW} - {name.rpartition(".")[2] for name in seen}
    assert not missing
