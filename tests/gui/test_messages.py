"""Messages come and go."""

import pytest
from PySide6.QtCore import QCoreApplication, QEvent
from PySide6.QtWidgets import QLayout, QPushButton, QToolButton, QWidgetItem
from shiboken6 import getAllValidWrappers, getCppPointer

from occviewer.gui.messages import Messages


@pytest.fixture
def messages(qtbot):
    made = Messages()
    qtbot.addWidget(made)
    made.show()
    return made


def sentences(messages):
    return [message.sentence for message in messages.shown()]


def delete():
    """Let what was closed be deleted, and what is new be shown."""
    QCoreApplication.processEvents()
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)


def forgotten(widget):
    """Items of layouts that Qt deleted, while Python still takes them for alive.

    Python takes whatever comes to lie at the same address for them, and crashes some day.
    """
    known = {getCppPointer(w)[0] for w in getAllValidWrappers() if type(w) is QWidgetItem}
    layouts = widget.findChildren(QLayout)
    items = [layout.itemAt(i) for layout in layouts for i in range(layout.count())]
    return known - {getCppPointer(item)[0] for item in items}


def test_the_newest_four_are_shown_each_once(messages):
    for number in range(6):
        messages.show_message("warning", f"Number {number}.")
    messages.show_message("error", "Number 3.")
    delete()
    assert sentences(messages) == ["Number 2.", "Number 4.", "Number 5.", "Number 3."]
    assert [message.isVisible() for message in messages.shown()] == [True] * 4
    assert len(messages.log) == 7


def test_a_message_closes_by_its_cross_and_by_an_answer(messages):
    answered = []
    messages.show_message("error", "It failed.")
    messages.ask("Shall it be?", {"Yes": lambda: answered.append("yes")})
    cross = messages.shown()[0].findChild(QToolButton)
    cross.click()
    cross.click()  # in haste
    assert sentences(messages) == ["Shall it be?"]
    messages.shown()[0].findChild(QPushButton, "answer").click()
    assert answered == ["yes"]
    assert messages.shown() == []
    delete()
    assert messages.findChildren(QToolButton) == []


def test_what_qt_deletes_with_a_message_is_forgotten(messages):
    for number in range(6):
        messages.show_message("note", f"Number {number}.")
        assert messages.shown()[-1].sentence == f"Number {number}."
    messages.take_back("Number 4.")
    messages.shown()[0].leave()
    delete()
    assert sentences(messages) == ["Number 3.", "Number 5."]
    assert not forgotten(messages)
