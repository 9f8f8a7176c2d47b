"""What the program remembers."""

from PySide6.QtWidgets import QWidget

from occviewer.gui.dialogs import PreferencesDialog


def test_the_latest_file_comes_first_and_missing_ones_are_dropped(preferences, tmp_path):
    files = [tmp_path / f"{number}.occ" for number in range(12)]
    for file in files:
        file.touch()
        preferences.add_recent(file)
    preferences.add_recent(files[5])
    latest = [files[5], *reversed(files[6:]), *reversed(files[2:5])]
    assert preferences.recent == latest[:10]
    files[11].unlink()
    assert files[11] not in preferences.recent


def test_a_recent_file_that_cannot_be_looked_at_stops_nothing(preferences, tmp_path):
    here = tmp_path / "here.occ"
    here.touch()
    # As a folder that is closed or a share that is gone, a name too long makes stat fail.
    preferences._settings.setValue("recent", [str(tmp_path / ("x" * 5000)), str(here)])
    assert preferences.recent == [here]


def test_the_model_of_new_sessions_can_be_chosen(preferences, qtbot):
    parent = QWidget()
    qtbot.addWidget(parent)
    changed = []
    models = ["furniture", "houses"]
    dialog = PreferencesDialog(preferences, [("CPU", "cpu")], models, changed.append, parent)
    assert dialog.model.currentData() == "furniture"
    dialog.model.setCurrentIndex(1)
    dialog.model.activated.emit(1)
    assert changed == ["model"]
    assert preferences.model == "houses"
    dialog.close()
