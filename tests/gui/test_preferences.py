"""What the program remembers."""

from PySide6.QtWidgets import QApplication, QDockWidget, QWidget

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


def dock_of(window, panel):
    return next(dock for dock in window.findChildren(QDockWidget) if dock.isAncestorOf(panel))


def test_the_window_comes_back_as_large_and_with_its_panels_where_they_stood(
    without_model, preferences, tmp_path
):
    from occviewer.gui.application import open_window

    window, _ = without_model
    window.resize(1060, 640)
    dock_of(window, window.track).close()
    window.go_to(window.latent)
    QApplication.processEvents()
    window.close()
    again, controller = open_window(preferences, tmp_path / "other")
    again.show()
    QApplication.processEvents()
    assert (again.width(), again.height()) == (1060, 640)
    assert dock_of(again, again.track).isHidden()
    assert again.latent.isVisible()
    assert not again.latent.visibleRegion().isEmpty(), "in front of those that share its place"
    again.close()
    again.deleteLater()
    assert controller.all_ended


def test_a_layout_that_is_rubbish_is_passed_over(preferences, tmp_path, monkeypatch, qapp):
    from occviewer.gui.application import open_window, prepare_application
    from occviewer.gui.pipeline import Pipeline

    monkeypatch.setattr(Pipeline, "_open_model", lambda pipeline, wanted: None)
    prepare_application()
    preferences.window_layout = preferences.window_place = b"rubbish"
    window, controller = open_window(preferences, tmp_path / "recovery")
    window.show()
    QApplication.processEvents()
    assert dock_of(window, window.track).isVisible()
    assert window.extraction.isVisible()
    window.close()
    window.deleteLater()
    assert controller.all_ended
