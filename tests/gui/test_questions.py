"""Where something is written, and what it may replace."""

import pytest
from PySide6.QtWidgets import QFileDialog, QMessageBox, QWidget

from occviewer.gui.questions import ask_path

YES, NO = QMessageBox.StandardButton.Yes, QMessageBox.StandardButton.No


@pytest.fixture
def choose(qtbot, monkeypatch):
    """Ask for a session's path with a person who types names; the path, and what was asked."""
    parent = QWidget()
    qtbot.addWidget(parent)

    def choosing(names, answers=()):
        typed, answered, asked = iter(names), iter(answers), []

        def execute(question):
            assert all(button.icon().isNull() for button in question.buttons())
            asked.append(question.text())
            return next(answered)

        monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(next(typed)), ""))
        monkeypatch.setattr(QMessageBox, "exec", execute)
        path = ask_path(parent, "Save session", "session.occ", "Sessions", ".occ")
        return path, asked

    return choosing


def test_a_name_with_a_dot_is_kept_whole(choose, tmp_path):
    assert choose([tmp_path / "chair v1.2"]) == (tmp_path / "chair v1.2.occ", [])


def test_a_suffix_that_was_typed_stays_as_it_is(choose, tmp_path):
    assert choose([tmp_path / "chair.OCC"]) == (tmp_path / "chair.OCC", [])


def test_a_file_that_the_dialog_did_not_ask_about_is_asked_about(choose, tmp_path):
    (tmp_path / "chair.occ").touch()
    path, asked = choose([tmp_path / "chair"], [YES])
    assert path == tmp_path / "chair.occ"
    assert len(asked) == 1
    assert "chair.occ is there already" in asked[0]


def test_who_will_not_replace_it_may_choose_another_name(choose, tmp_path):
    (tmp_path / "chair.occ").touch()
    path, asked = choose([tmp_path / "chair", tmp_path / "stool"], [NO])
    assert path == tmp_path / "stool.occ"
    assert len(asked) == 1


def test_who_closes_the_dialog_writes_nothing(choose):
    assert choose([""]) == (None, [])
