"""All that a person can do, in one table: menus, toolbar, shortcuts and the search come from it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from PySide6.QtCore import QObject
from PySide6.QtGui import QAction, QActionGroup, QKeySequence
from PySide6.QtWidgets import QMainWindow, QMenu, QToolBar


@dataclass(frozen=True)
class ActionSpec:
    """One thing to do.

    Attributes
    ----------
    name : str
        By which the program calls it, such as ``view.fit``.
    text : str
        In menus, with ``&`` before the mnemonic.
    menu : str
        Menu that it stands in, with ``/`` before a submenu; empty for none.
    tip : str
        A sentence of what it does.
    shortcut : str
        Portable key sequences, separated by ``; ``.
    icon : str
        Name of an icon of Material Design; none if empty.
    checkable : bool
        Whether it is on or off.
    group : str
        Of the actions of one group exactly one is on.
    separator : bool
        Whether a line stands above it in its menu.
    """

    name: str
    text: str
    menu: str
    tip: str
    shortcut: str = ""
    icon: str = ""
    checkable: bool = False
    group: str = ""
    separator: bool = False

    @property
    def plain(self) -> str:
        """The text without mnemonic and dots."""
        return self.text.replace("&", "").rstrip("…")


class Actions(QObject):
    """The program's actions, made from their table.

    Parameters
    ----------
    specs : iterable of ActionSpec
    window : QMainWindow
        Owns the actions, so that their shortcuts work everywhere in it.
    """

    def __init__(self, specs: Iterable[ActionSpec], window: QMainWindow) -> None:
        super().__init__(window)
        self.specs = {spec.name: spec for spec in specs}
        self._actions: dict[str, QAction] = {}
        groups: dict[str, list[QAction]] = {}
        for spec in self.specs.values():
            action = QAction(spec.text, window)
            action.setIconText(spec.plain)
            action.setObjectName(spec.name)
            action.setCheckable(spec.checkable or bool(spec.group))
            keys = QKeySequence.listFromString(
                spec.shortcut, QKeySequence.SequenceFormat.PortableText
            )
            keys = [key for key in keys if not key.isEmpty()]
            action.setShortcuts(keys)
            action.setToolTip(_tip(spec, keys))
            action.setStatusTip(spec.tip)
            window.addAction(action)
            self._actions[spec.name] = action
            if spec.group:
                groups.setdefault(spec.group, []).append(action)
        for members in groups.values():
            _exclusive(members)

    def __getitem__(self, name: str) -> QAction:
        return self._actions[name]

    def __iter__(self) -> Iterator[tuple[ActionSpec, QAction]]:
        return ((self.specs[name], action) for name, action in self._actions.items())

    def draw_icons(self, colour: str) -> None:
        """Draw the icons anew, in a colour (hex) that suits the theme."""
        import qtawesome

        for spec, action in self:
            if spec.icon:
                action.setIcon(qtawesome.icon(f"mdi6.{spec.icon}", color=colour))
                action.setIconVisibleInMenu(False)

    def on(self, name: str, function: Callable[[], object]) -> None:
        """Do `function` when the action is triggered."""
        self._actions[name].triggered.connect(lambda *_: function())

    def on_checked(self, name: str, function: Callable[[bool], object]) -> None:
        """Tell `function` when the action is switched on or off."""
        self._actions[name].toggled.connect(function)

    def fill_menus(self, window: QMainWindow) -> dict[str, QMenu]:
        """Make the menu bar; returns the menus by their paths."""
        menus: dict[str, QMenu] = {}
        for spec, action in self:
            if not spec.menu:
                continue
            menu = _menu(window, menus, spec.menu)
            if spec.separator:
                menu.addSeparator()
            menu.addAction(action)
        return menus

    def fill_toolbar(self, toolbar: QToolBar, names: Iterable[str]) -> None:
        """Put actions into a toolbar; an empty name is a line between them."""
        for name in names:
            if name:
                toolbar.addAction(self._actions[name])
            else:
                toolbar.addSeparator()


def _menu(window: QMainWindow, menus: dict[str, QMenu], path: str) -> QMenu:
    if path not in menus:
        above, _, title = path.rpartition("/")
        parent = _menu(window, menus, above) if above else window.menuBar()
        menus[path] = parent.addMenu(title)
        menus[path].setToolTipsVisible(True)
    return menus[path]


def _exclusive(members: list[QAction]) -> None:
    group = QActionGroup(members[0].parent() or members[0])
    for action in members:
        group.addAction(action)


def _tip(spec: ActionSpec, keys: list[QKeySequence]) -> str:
    if not keys:
        return spec.tip
    return f"{spec.tip} ({keys[0].toString(QKeySequence.SequenceFormat.NativeText)})"
