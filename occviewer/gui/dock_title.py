"""The bar above a panel, with its name and buttons to take it out of the window or close it."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QSize
from PySide6.QtGui import QPalette
from PySide6.QtWidgets import QDockWidget, QHBoxLayout, QLabel, QSizePolicy, QToolButton, QWidget

_ICON = 14  # pixels


class DockTitle(QWidget):
    """Takes the place of the style's own, whose icons stay dark in a dark window.

    Qt's own buttons cannot be reached by keyboard either. Dragging and double clicking are left
    to the dock, as Qt asks of title bars.

    Parameters
    ----------
    dock : QDockWidget
        It gets the bar.

    Attributes
    ----------
    float_button, close_button : QToolButton
    """

    def __init__(self, dock: QDockWidget) -> None:
        super().__init__(dock)
        self._dock = dock
        self._name = QLabel(dock.windowTitle(), self)
        # A narrow column of panels cuts the name, not the buttons.
        self._name.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.float_button, self.close_button = (QToolButton(self) for _ in range(2))
        self.float_button.clicked.connect(lambda: dock.setFloating(not dock.isFloating()))
        self.close_button.clicked.connect(dock.close)
        self.close_button.setToolTip("Close the panel; View > Panels shows it again.")
        self.close_button.setAccessibleName(f"Close the panel {dock.windowTitle()}")
        row = QHBoxLayout(self)
        row.setContentsMargins(9, 2, 2, 2)
        row.setSpacing(0)
        row.addWidget(self._name, 1)
        for button in (self.float_button, self.close_button):
            button.setAutoRaise(True)
            button.setIconSize(QSize(_ICON, _ICON))
            row.addWidget(button)
        dock.topLevelChanged.connect(self._show_place)
        self._show_place(dock.isFloating())
        dock.setTitleBarWidget(self)

    def changeEvent(self, event: QEvent) -> None:  # noqa: N802 - Qt's name
        """Draw the icons in the colour of the theme."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange:
            self._draw_icons()

    def _show_place(self, floating: bool) -> None:
        says = "Put the panel back into the window." if floating else "Take the panel out."
        self.float_button.setToolTip(says)
        verb = "Put back" if floating else "Take out"
        self.float_button.setAccessibleName(f"{verb} the panel {self._dock.windowTitle()}")
        self._draw_icons()

    def _draw_icons(self) -> None:
        import qtawesome

        colour = self.palette().color(QPalette.ColorRole.WindowText).name()
        out = "mdi6.dock-window" if self._dock.isFloating() else "mdi6.open-in-new"
        self.float_button.setIcon(qtawesome.icon(out, color=colour))
        self.close_button.setIcon(qtawesome.icon("mdi6.close", color=colour))
