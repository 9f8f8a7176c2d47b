"""The application opens its window where it can, and reconstructs headless elsewhere."""

import importlib.util
import sys
from types import ModuleType

import pytest

import occviewer
from occviewer import app, assets

SAMPLE = assets.resources() / "samples" / "chair_scan.ply"


@pytest.fixture
def desktop(tmp_path, monkeypatch):
    """Stand in for a machine where a window can be opened; it returns status 7."""
    for package in ("gui", "PySide6", "pyvistaqt", "qtawesome"):
        folder = tmp_path / "libraries" / package
        folder.mkdir(parents=True)
        (folder / "__init__.py").write_text("")
    gui = tmp_path / "libraries" / "gui" / "__init__.py"
    gui.write_text("opened = []\ndef main(argv):\n    opened.append(argv)\n    return 7\n")
    monkeypatch.syspath_prepend(tmp_path / "libraries")
    monkeypatch.setattr(occviewer, "__path__", [str(tmp_path / "libraries"), *occviewer.__path__])
    for name in [name for name in sys.modules if name.split(".")[:2] == ["occviewer", "gui"]]:
        monkeypatch.delitem(sys.modules, name)
    for name in ("PySide6", "pyvistaqt", "qtawesome"):
        monkeypatch.delitem(sys.modules, name, raising=False)
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setenv("DISPLAY", ":0")
    yield
    sys.modules.pop("occviewer.gui", None)


@pytest.fixture
def reconstruct(monkeypatch, tmp_path):
    """Stand in for the command line; collects what it is asked, returns `status`."""
    stand_in = ModuleType("occviewer.cli")
    stand_in.asked = []
    stand_in.status = 0

    def main(argv=None):
        stand_in.asked.append(argv)
        return stand_in.status

    stand_in.main = main
    monkeypatch.setitem(sys.modules, "occviewer.cli", stand_in)
    monkeypatch.chdir(tmp_path)
    return stand_in


def hide(monkeypatch, missing):
    find_spec = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name: None if name == missing else find_spec(name)
    )


def test_the_window_opens_on_the_sample(desktop, reconstruct, capsys):
    assert app.main([]) == 7
    assert sys.modules["occviewer.gui"].opened == [[str(SAMPLE)]]
    assert reconstruct.asked == []
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize(
    ("missing", "sentence"),
    [
        ("PySide6", 'PySide6 is not installed (pip install "occviewer[gui]")'),
        ("pyvistaqt", 'pyvistaqt is not installed (pip install "occviewer[gui]")'),
        ("qtawesome", 'qtawesome is not installed (pip install "occviewer[gui]")'),
    ],
)
def test_what_is_missing_is_said_and_the_sample_reconstructed(
    missing, sentence, desktop, reconstruct, monkeypatch, capsys
):
    hide(monkeypatch, missing)
    assert app.main([]) == 0
    first_line = capsys.readouterr().out.splitlines()[0]
    assert first_line == f"No window: {sentence}; reconstructing chair_scan.ply without one."
    mesh, picture = "out/chair.glb", "out/chair.png"
    assert reconstruct.asked == [["reconstruct", str(SAMPLE), "-o", mesh, "--picture", picture]]


def test_without_a_display_the_sample_is_reconstructed(desktop, reconstruct, monkeypatch, capsys):
    monkeypatch.delenv("DISPLAY")
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    assert app.main([]) == 0
    assert "there is no display" in capsys.readouterr().out
    assert len(reconstruct.asked) == 1


@pytest.mark.parametrize("platform", ["darwin", "win32"])
def test_macos_and_windows_need_no_display_variable(platform, desktop, reconstruct, monkeypatch):
    monkeypatch.delenv("DISPLAY")
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    monkeypatch.setattr(sys, "platform", platform)
    assert app.main([]) == 7


def test_the_places_of_the_files_are_printed(reconstruct, monkeypatch, tmp_path, capsys):
    hide(monkeypatch, "PySide6")
    assert app.main([]) == 0
    printed = capsys.readouterr().out
    assert str(tmp_path / "out" / "chair.glb") in printed
    assert str(tmp_path / "out" / "chair.png") in printed
    assert (tmp_path / "out").is_dir()


def test_a_failed_reconstruction_is_passed_on(reconstruct, monkeypatch, tmp_path, capsys):
    hide(monkeypatch, "PySide6")
    reconstruct.status = 1
    assert app.main([]) == 1
    assert "chair.glb" not in capsys.readouterr().out


def test_a_folder_that_cannot_be_made_gives_one_sentence(
    reconstruct, monkeypatch, tmp_path, capsys
):
    hide(monkeypatch, "PySide6")
    (tmp_path / "out").write_text("a file in the way")
    assert app.main([]) == 1
    complaint = capsys.readouterr().err
    assert complaint.count("\n") == 1
    assert str(tmp_path / "out") in complaint
    assert reconstruct.asked == []


def test_an_unknown_argument_is_a_usage_error(reconstruct, capsys):
    with pytest.raises(SystemExit) as stop:
        app.main(["--colour"])
    assert stop.value.code == 2
    assert "--colour" in capsys.readouterr().err
