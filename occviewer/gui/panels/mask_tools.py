"""How the object in a picture is found: the method, a box, and strokes of a brush."""

from __future__ import annotations

from typing import cast

from PySide6.QtCore import QSignalBlocker, Signal
from PySide6.QtWidgets import (
    QButtonGroup,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from occviewer.gui.panels.choices import choice
from occviewer.gui.panels.picture_view import Tool
from occviewer.gui.panels.value_slider import ValueSlider

BRUSH = 12.0
"""Radius of the brush at first, pixels of the screen."""

GIVEN, NETWORK = "given", "model"
_METHODS = (
    ("Automatic", "auto"),
    ("Transparency", "transparency"),
    ("Plain background", "plain"),
    ("GrabCut", "grabcut"),
    ("Network from a file…", NETWORK),
    ("Mask from a file…", GIVEN),
)
_TOOLS: tuple[tuple[Tool, str, str], ...] = (
    ("box", "&Box", "Drag a box around the object: what is outside is background."),
    ("include", "&Include", "Paint over parts of the object that are missing in the mask."),
    ("exclude", "E&xclude", "Paint over background that is in the mask."),
)


class MaskTools(QWidget):
    """The controls of the mask's tab."""

    method_chosen = Signal(str)
    file_wanted = Signal()
    network_wanted = Signal()
    tool_chosen = Signal(str)
    radius_changed = Signal(float)
    box_removed = Signal()
    reset_wanted = Signal()
    object_chosen = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        self._make_tools(layout)
        form = QFormLayout()
        layout.addLayout(form)
        self.method = choice(
            "Method",
            _METHODS,
            "How the object is told from its background. Automatic takes transparency, else a "
            "plain background, else GrabCut; a box or a stroke takes GrabCut. A network is an "
            "ONNX file that you have, of U²-Net, IS-Net or BiRefNet; nothing is downloaded.",
        )
        self.method.activated.connect(self._choose_method)
        self.object = choice("Object", [], "Which of the objects in the picture is meant.")
        self.object.activated.connect(self._choose_object)
        self._object_label = QLabel("&Object", self)
        self._object_label.setBuddy(self.object)
        self.radius = ValueSlider(
            "Brush size", 2, 60, BRUSH, decimals=0, suffix=" px",
            tip="Radius of the brush on the screen; also [ and ] over the picture.",
        )  # fmt: skip
        self.radius.changed.connect(self.radius_changed)
        form.addRow("&Method", self.method)
        form.addRow(self._object_label, self.object)
        form.addRow("Brush &size", self.radius)
        self.reset = QPushButton("Reset &mask", self)
        self.reset.setToolTip("Take away box and strokes, and the choice of an object.")
        self.reset.clicked.connect(self.reset_wanted)
        form.addRow("", self.reset)
        self.show_objects(0, None)

    @property
    def tool(self) -> Tool:
        """What the mouse draws; nothing with an empty name."""
        checked = self._group.checkedButton()
        return "" if checked is None else cast(Tool, checked.property("tool"))

    def choose_tool(self, tool: Tool) -> None:
        """Take a tool up, or none with an empty name."""
        for button in self._group.buttons():
            if button.property("tool") == tool and not button.isChecked():
                button.click()
            elif not tool and button.isChecked():
                button.click()

    def show_masking(self, method: str, *, edited: bool, enabled: bool) -> None:
        """Show how the mask is found, and whether there is something to take away."""
        with QSignalBlocker(self.method):
            self.method.setCurrentIndex(max(self.method.findData(method), 0))
        self._shown = method
        self.reset.setEnabled(edited and enabled)
        for widget in (self.method, self.object, *self._group.buttons()):
            widget.setEnabled(enabled)

    def show_objects(self, count: int, chosen: int | None) -> None:
        """Offer so many objects to choose from; with none or one there is no choice."""
        several = count > 1
        self._object_label.setVisible(several)
        self.object.setVisible(several)
        with QSignalBlocker(self.object):
            self.object.clear()
            if several and chosen is None:
                self.object.addItem("Choose one…", 0)
            for number in range(1, count + 1):
                words = f"{number} (the largest)" if number == 1 else str(number)
                self.object.addItem(words, number)
            self.object.setCurrentIndex(max(self.object.findData(chosen or 0), 0))

    def _make_tools(self, layout: QVBoxLayout) -> None:
        row = QHBoxLayout()
        row.setSpacing(4)
        self._group = QButtonGroup(self)
        self._group.setExclusive(False)
        self.buttons: dict[Tool, QPushButton] = {}
        for tool, text, tip in _TOOLS:
            button = QPushButton(text, self)
            button.setCheckable(True)
            button.setToolTip(tip)
            button.setProperty("tool", tool)
            button.setMinimumWidth(10)
            button.clicked.connect(lambda on, pressed=button: self._choose_tool(pressed, on))
            self._group.addButton(button)
            self.buttons[tool] = button
            row.addWidget(button, 1)
        layout.addLayout(row)

    def _choose_tool(self, pressed: QPushButton, on: bool) -> None:
        for button in self._group.buttons():
            if button is not pressed:
                button.setChecked(False)
        self.tool_chosen.emit(pressed.property("tool") if on else "")

    def _choose_method(self) -> None:
        method = self.method.currentData()
        if method in (GIVEN, NETWORK):
            with QSignalBlocker(self.method):  # until a file was chosen
                self.method.setCurrentIndex(max(self.method.findData(self._shown), 0))
            (self.file_wanted if method == GIVEN else self.network_wanted).emit()
        else:
            self.method_chosen.emit(method)

    def _choose_object(self) -> None:
        if number := self.object.currentData():
            self.object_chosen.emit(number)
