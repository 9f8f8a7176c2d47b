"""The main window: the viewport in the middle, panels around it, everything by one table."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import QByteArray, QEvent, QSize, Qt, Signal
from PySide6.QtGui import QCloseEvent, QDragEnterEvent, QDropEvent, QPalette, QShowEvent
from PySide6.QtWidgets import (
    QDockWidget,
    QLabel,
    QMainWindow,
    QMenu,
    QProgressBar,
    QScrollArea,
    QSplitter,
    QStackedWidget,
    QToolBar,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from occviewer.document.shape_source import Kind
from occviewer.gui.action_table import ACTIONS, TOOLBAR
from occviewer.gui.actions import Actions
from occviewer.gui.composing import CalmUpdates
from occviewer.gui.dock_title import DockTitle
from occviewer.gui.dropping import dropped_files, welcome_files
from occviewer.gui.gallery import Gallery
from occviewer.gui.messages import Messages
from occviewer.gui.palette import ActionPalette
from occviewer.gui.panels.blend_pad import BlendPad
from occviewer.gui.panels.extraction_panel import ExtractionPanel
from occviewer.gui.panels.given_box import GivenBox
from occviewer.gui.panels.history_panel import HistoryPanel
from occviewer.gui.panels.latent_panel import LatentPanel
from occviewer.gui.panels.model_panel import ModelPanel
from occviewer.gui.panels.picture_page import PicturePage
from occviewer.gui.panels.sampler import Sampler
from occviewer.gui.panels.shelf import Shelf
from occviewer.gui.panels.source_panel import SourcePanel
from occviewer.gui.panels.source_stack import SourceStack
from occviewer.gui.panels.stored_shapes import StoredShapes
from occviewer.gui.panels.track import TrackPanel
from occviewer.gui.panels.voxel_page import VoxelPage
from occviewer.gui.viewport import Viewport

_LAYOUT_VERSION = 3


class MainWindow(QMainWindow):
    """Widgets and where they stand; what they do is the controller's business.

    Attributes
    ----------
    actions_ : Actions
        All actions by their names.
    viewport : Viewport
    sources : SourceStack
        Pages of the source panel.
    source, picture, voxels, model, extraction, latent, blend, history, shelf, sampler, track
        The panels.
    stored : StoredShapes
        Shapes that came with the model, beside the shelf.
    given : GivenBox
        What the network got of the source.
    messages : Messages
    gallery : Gallery
        Shown instead of the viewport until there is a shape.
    """

    dropped = Signal(list)
    """Paths of files that were dropped on it."""
    close_wanted = Signal(object)
    """With the close event, which the receiver accepts or ignores."""

    def __init__(self) -> None:
        super().__init__()
        self._arranged = False
        self.setWindowTitle("Untitled[*] – OccViewer")
        self.setAcceptDrops(True)
        self.setDockNestingEnabled(True)
        self.actions_ = Actions(ACTIONS, self)
        self.viewport = Viewport(self)
        self.gallery = Gallery(self)
        self.messages = Messages(self)
        self._stack = QStackedWidget(self)
        self._stack.addWidget(self.viewport)
        CalmUpdates(self, lambda: self.viewport.canvas.in_motion)
        self._stack.addWidget(self.gallery)
        middle = QWidget(self)
        layout = QVBoxLayout(middle)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self.messages)
        layout.addWidget(self._stack, 1)
        self.setCentralWidget(middle)
        self._make_panels()
        self._make_bars()
        self._connect_panels()
        self._draw_icons()
        self.resize(1280, 800)

    def show_gallery(self, shown: bool) -> None:
        """Show the gallery, or the viewport."""
        self._stack.setCurrentWidget(self.gallery if shown else self.viewport)

    @property
    def gallery_is_shown(self) -> bool:
        """Whether the gallery stands where the viewport stands otherwise."""
        return self._stack.currentWidget() is self.gallery

    def show_progress(self, title: str, share: float | None) -> None:
        """Say what is being computed; no title for nothing, no share while it is unknown."""
        self._progress.setVisible(bool(title))
        self._stop.setVisible(bool(title))
        self._busy.setText(title)
        self._progress.setRange(0, 0 if share is None else 1000)
        if share is not None:
            self._progress.setValue(round(1000 * share))

    def show_status(self, text: str) -> None:
        """Show the device and timings at the right of the status bar."""
        self._status.setText(text)

    def find_action(self) -> ActionPalette:
        """Open the list of actions that is searched by typing."""
        palette = ActionPalette(self.actions_, self)
        palette.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        palette.move(self.mapToGlobal(self.rect().center()) - palette.rect().center() / 2)
        palette.open()
        return palette

    def raise_panel(self, panel: QWidget) -> None:
        """Show a panel in front of those that share its place."""
        for dock in self.findChildren(QDockWidget):
            if dock.isAncestorOf(panel):
                dock.show()
                dock.raise_()

    def go_to(self, panel: QWidget) -> None:
        """Show a panel, and give the keyboard to the first of its controls that takes it."""
        self.raise_panel(panel)
        for widget in (panel, *panel.findChildren(QWidget)):
            tabbed = widget.focusPolicy() & Qt.FocusPolicy.TabFocus
            if tabbed and widget.isEnabled() and widget.isVisibleTo(panel):
                widget.setFocus(Qt.FocusReason.ShortcutFocusReason)
                return

    def layout_state(self) -> QByteArray:
        """Where the panels stand, to be remembered."""
        return self.saveState(_LAYOUT_VERSION)

    def restore_layout(self, state: QByteArray) -> bool:
        """Put the panels where they stood."""
        self._arranged = self.restoreState(state, _LAYOUT_VERSION)
        return self._arranged

    def showEvent(self, event: QShowEvent) -> None:  # noqa: N802 - Qt's name
        """Arrange the panels once: put into tabs before, Qt leaves tab bars behind."""
        super().showEvent(event)
        if not self._arranged:
            self._arranged = True
            self._arrange_docks()

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:  # noqa: N802 - Qt's name
        """Take files."""
        welcome_files(event)

    def dropEvent(self, event: QDropEvent) -> None:  # noqa: N802 - Qt's name
        """Tell which files were dropped."""
        if files := dropped_files(event):
            self.dropped.emit(files)

    def changeEvent(self, event: QEvent) -> None:  # noqa: N802 - Qt's name
        """Draw the icons in the text's colour, also when the theme changes."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange and hasattr(self, "actions_"):
            self._draw_icons()

    def _draw_icons(self) -> None:
        self.actions_.draw_icons(self.palette().color(QPalette.ColorRole.ButtonText).name())

    def closeEvent(self, event: QCloseEvent) -> None:  # noqa: N802 - Qt's name
        """Let the controller decide; an unsaved session asks first."""
        self.close_wanted.emit(event)
        if event.isAccepted():
            self.viewport.close_canvas()

    def _make_panels(self) -> None:
        self.source, self.picture, self.model = (
            SourcePanel(self),
            PicturePage(self),
            ModelPanel(self),
        )
        self.voxels, self.given = VoxelPage(self), GivenBox(self)
        pages: dict[Kind, QWidget] = {
            "cloud": self.source,
            "picture": self.picture,
            "voxels": self.voxels,
        }
        self.sources = SourceStack(pages, self)
        beside = QWidget(self)
        layout = QVBoxLayout(beside)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.sources, 1)
        layout.addWidget(self.given)
        self.extraction, self.history = ExtractionPanel(self), HistoryPanel(self)
        self.shelf, self.latent, self.blend = Shelf(self), LatentPanel(self), BlendPad(self)
        left, right = Qt.DockWidgetArea.LeftDockWidgetArea, Qt.DockWidgetArea.RightDockWidgetArea
        docks = [
            self._dock("Source", beside, left),
            self._dock("Model", self.model, left),
            self._dock("Mesh", self.extraction, right),
            self._dock("History", self.history, right),
        ]
        docks[1].visibilityChanged.connect(self.model.set_seen)
        latent, blend = (
            self._dock("Latent", self.latent, right),
            self._dock("Blend", self.blend, right),
        )
        self.stored, shelves = StoredShapes(self), QSplitter(self)
        shelves.addWidget(self.shelf)
        shelves.addWidget(self.stored)
        shelves.setChildrenCollapsible(False)
        shelf = self._dock("Shelf", shelves, Qt.DockWidgetArea.BottomDockWidgetArea)
        self.sampler, self.track = Sampler(self), TrackPanel(self)
        track = self._dock("Track", self.track, Qt.DockWidgetArea.BottomDockWidgetArea)
        samples = self._dock("New shapes", self.sampler, Qt.DockWidgetArea.BottomDockWidgetArea)
        self._docks = [*docks, latent, blend, shelf, track, samples]

    def _arrange_docks(self) -> None:
        source, model, mesh, history, latent, blend, shelf, track, samples = self._docks
        across, down = Qt.Orientation.Horizontal, Qt.Orientation.Vertical
        # Side by side, so that shapes can be dragged from the shelf onto the track.
        self.splitDockWidget(shelf, track, across)
        for first, *others in ((source, model), (mesh, latent, blend), (shelf, samples)):
            for other in others:
                self.tabifyDockWidget(first, other)
            first.raise_()
        self.resizeDocks([source, mesh], [290, 290], across)
        self.resizeDocks([shelf, track], [640, 640], across)
        self.resizeDocks([shelf], [190], down)
        self.resizeDocks([mesh, history], [430, 120], down)

    def _dock(self, title: str, widget: QWidget, area: Qt.DockWidgetArea) -> QDockWidget:
        dock = QDockWidget(title, self)
        dock.setObjectName(f"dock.{title.lower()}")
        DockTitle(dock)
        if isinstance(widget, QSplitter | Sampler | TrackPanel):
            dock.setWidget(widget)
        else:
            scroll = QScrollArea(dock)
            scroll.setWidgetResizable(True)
            scroll.setFrameShape(QScrollArea.Shape.NoFrame)
            scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
            scroll.setWidget(widget)
            if widget is self.sources:
                self.sources.changed.connect(lambda: scroll.verticalScrollBar().setValue(0))
            # Panels scroll up and down only: nothing may hide at the right.
            edge = scroll.verticalScrollBar().sizeHint().width()
            wide = max(widget.minimumSizeHint().width(), widget.minimumWidth())
            scroll.setMinimumWidth(wide + edge)
            dock.setWidget(scroll)
        self.addDockWidget(area, dock)
        return dock

    def _connect_panels(self) -> None:
        panels: dict[str, QWidget] = {
            "source": self.sources,
            "model": self.model,
            "mesh": self.extraction,
            "latent": self.latent,
            "blend": self.blend,
            "history": self.history,
            "shelf": self.shelf,
            "samples": self.sampler,
            "track": self.track,
        }
        for name, panel in panels.items():
            self.actions_.on(f"panel.{name}", partial(self.go_to, panel))
        self.actions_.on("panel.view", self.viewport.canvas.setFocus)

    def _make_bars(self) -> None:
        menus = self.actions_.fill_menus(self)
        view = menus["&View"]
        view.addSeparator()
        panels = view.addMenu("&Panels")
        for dock in self.findChildren(QDockWidget):
            panels.addAction(dock.toggleViewAction())
        self.recent_menu = QMenu("Open &recent", menus["&File"])
        menus["&File"].insertMenu(self.actions_["file.new"], self.recent_menu)
        bar = QToolBar("Toolbar", self)
        bar.setObjectName("toolbar")
        bar.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextUnderIcon)
        bar.setIconSize(QSize(20, 20))
        self.actions_.fill_toolbar(bar, TOOLBAR)
        self.addToolBar(bar)
        self._busy, self._status = QLabel(self), QLabel(self)
        self._progress, self._stop = QProgressBar(self), QToolButton(self)
        self._progress.setMaximumWidth(160)
        self._progress.setTextVisible(False)
        self._progress.setAccessibleName("Progress")
        self._stop.setText("Stop")
        self._stop.setToolTip("Stop what is being computed (Esc)")
        self._stop.clicked.connect(self.actions_["shape.cancel"].trigger)
        status = self.statusBar()
        for widget in (self._busy, self._progress, self._stop, self._status):
            status.addPermanentWidget(widget)
        self.show_progress("", None)
