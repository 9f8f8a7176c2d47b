"""Asks how the mesh is to be written: for which program, how large, which way up, how fine."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtGui import QColor, QIcon, QPixmap
from PySide6.QtWidgets import (
    QCheckBox,
    QColorDialog,
    QComboBox,
    QDialog,
    QDoubleSpinBox,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from occviewer.gui.buttons import foot
from occviewer.gui.export_choice import FORMATS, ExportChoice
from occviewer.gui.panels.choices import choice
from occviewer.meshes.colouring import COLOURED_SUFFIXES, Colours
from occviewer.meshes.export_options import PRESETS, Sides, preset

_RESOLUTIONS = (64, 128, 256, 384, 512, 768, 1024)
_UNITS = {"m": "metres", "cm": "centimetres", "mm": "millimetres", "in": "inches", "ft": "feet"}
_AXES = (("As the scan lies", "scan"), ("+Y up, on the floor", "y"), ("+Z up, on the floor", "z"))
_COLOURS = (
    ("None", "none"),
    ("One colour", "uniform"),
    ("By direction", "normals"),
    ("Those of the scan", "scan"),
)
_OBSERVED = 3  # row of the last of them


class ExportDialog(QDialog):
    """Choices for one export; the size in the file is shown before anything is written.

    Parameters
    ----------
    choice : ExportChoice
        With which it begins: what was chosen the last time.
    upright, as_scan : (float, float, float)
        Sides of the mesh in units of the scan: along the box's axes, and along the world's.
    resolution : int
        Of the mesh on display.
    coloured : bool
        Whether the scan has colours.
    parent : QWidget
    """

    chosen = Signal(object)
    """With the ExportChoice, when the person goes on to name the file."""

    def __init__(
        self,
        choice_: ExportChoice,
        upright: Sides,
        as_scan: Sides,
        resolution: int,
        coloured: str,
        parent: QWidget,
    ) -> None:
        super().__init__(parent)
        self.setWindowTitle("Export mesh")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._choice, self._upright, self._as_scan = choice_, upright, as_scan
        self._make_fields(resolution, coloured)
        self._lay_out()
        self._show()

    @property
    def choice(self) -> ExportChoice:
        """What is chosen now."""
        return self._choice

    def _make_fields(self, resolution: int, coloured: str) -> None:
        self.preset = choice("For", [(p.title, p.name) for p in PRESETS])
        self.format = choice("Format", FORMATS, "Kind of the file that is written.")
        self.unit = choice(
            "The scan is in",
            [(name, unit) for unit, name in _UNITS.items()],
            "Scans do not say in which unit they are; other programs need to know.",
        )
        self.scale = _number("Scale", "Units of the file for one unit of the scan.")
        self.longest = _number("Longest side", "Longest side of the mesh in the file.")
        self.up = choice(
            "Up axis",
            _AXES,
            "Where the scan lies, or standing at the origin with its front to +Z or -Y.",
        )
        self.colours = choice("Colours", _COLOURS, "Colours of the vertices.")
        if not coloured:
            self._forbid(self.colours, _OBSERVED, "The scan has no colours.")
        else:
            self.colours.setItemText(_OBSERVED, f"Those of the {coloured}")
        self.colour = QPushButton("Choose…", self)
        self.colour.setToolTip("Choose the colour of the mesh.")
        self.colour.setAccessibleName("Colour of the mesh")
        finer = [(f"{cells}³", cells) for cells in _RESOLUTIONS if cells != resolution]
        self.resolution = choice(
            "Resolution",
            [(f"As displayed ({resolution}³)", 0), *finer],
            "Cells along the box. Finer ones take longer: eight times for twice as many at most.",
        )
        self.refined = QCheckBox("Bring vertices &exactly onto the surface", self)
        self.refined.setToolTip("Asks the network where the surface lies at each vertex.")
        self.refined.setAccessibleName("Bring vertices exactly onto the surface")
        self.size_text = QLabel(self)
        self.size_text.setAccessibleName("Size in the file")
        self.size_text.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.about = QLabel(self)
        self.about.setWordWrap(True)
        self.about.setAccessibleName("About this choice")
        for box in (self.preset, self.format, self.unit):
            box.activated.connect(lambda *_: self._take_preset())
        for box in (self.up, self.colours, self.resolution):
            box.activated.connect(lambda *_: self._take_fields())
        self.refined.toggled.connect(lambda *_: self._take_fields())
        self.scale.valueChanged.connect(lambda value: self._resize(scale=value, longest=None))
        self.longest.valueChanged.connect(lambda value: self._resize(longest=value))
        self.colour.clicked.connect(lambda *_: self._choose_colour())

    def _lay_out(self) -> None:
        colours = QHBoxLayout()
        colours.addWidget(self.colours, 1)
        colours.addWidget(self.colour)
        form = QFormLayout()
        form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        form.addRow("&For", self.preset)
        form.addRow("", self.about)
        form.addRow("F&ormat", self.format)
        form.addRow("&Up axis", self.up)
        form.addRow("The scan is &in", self.unit)
        form.addRow("&Scale", self.scale)
        form.addRow("&Longest side", self.longest)
        form.addRow("Size in the file", self.size_text)
        colours_label = QLabel("&Colours", self)
        colours_label.setBuddy(self.colours)
        form.addRow(colours_label, colours)
        form.addRow("&Resolution", self.resolution)
        form.addRow("", self.refined)
        buttons, self.go_on = foot(self, "Export…", "Choose the file and write it.", self._finish)
        layout = QVBoxLayout(self)
        layout.addLayout(form)
        layout.addStretch(1)
        layout.addWidget(buttons)
        self.setMinimumWidth(440)

    def _take_preset(self) -> None:
        """Take over what the preset wants; a preset that was just chosen brings its format."""
        wanted = preset(self.preset.currentData())
        is_new = wanted.name != self._choice.preset
        suffix = wanted.suffix if is_new else self.format.currentData()
        unit, before = self.unit.currentData(), self._choice
        options = wanted.options(suffix, unit)
        same_unit = unit == before.scan_unit and options.unit == before.options.unit
        if not is_new and same_unit and options != before.options:
            # Another format alone does not take back a size that somebody chose.
            options = replace(options, scale=before.options.scale, longest=before.options.longest)
        self._choice = replace(
            self._choice,
            preset=wanted.name,
            suffix=suffix,
            scan_unit=unit,
            options=options,
        )
        self._show()

    def _take_fields(self) -> None:
        self._choice = replace(
            self._choice,
            options=replace(self._choice.options, up=self.up.currentData()),
            colours=self.colours.currentData(),
            resolution=self.resolution.currentData(),
            refined=self.refined.isChecked(),
        )
        self._show()

    def _resize(self, longest: float | None, scale: float | None = None) -> None:
        options = self._choice.options
        given = options.scale if scale is None else scale
        self._choice = replace(self._choice, options=replace(options, scale=given, longest=longest))
        self._show()

    def _choose_colour(self) -> None:
        dialog = QColorDialog(QColor(*self._choice.colour), self)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.colorSelected.connect(self._take_colour)
        dialog.open()

    def _take_colour(self, colour: QColor) -> None:
        rgb = (colour.red(), colour.green(), colour.blue())
        self._choice = replace(self._choice, colour=rgb)
        self._show()

    def _show(self) -> None:
        """Show the choice without telling anybody."""
        now, options = self._choice, self._choice.options
        plan = preset(now.preset)
        fields = (self.preset, self.format, self.unit, self.up, self.colours, self.resolution,
                  self.refined, self.scale, self.longest)  # fmt: skip
        blockers = [QSignalBlocker(field) for field in fields]
        for box, value in (
            (self.preset, now.preset),
            (self.format, now.suffix),
            (self.unit, now.scan_unit),
            (self.up, options.up),
            (self.colours, self._colours_possible()),
            (self.resolution, now.resolution),
        ):
            box.setCurrentIndex(max(box.findData(value), 0))
        self.refined.setChecked(now.refined)
        sides = options.sides(self._upright, self._as_scan)
        own = replace(options, scale=1.0, longest=None).sides(self._upright, self._as_scan)
        scale = max(sides) / max(own)
        unit = f" {options.unit}" if options.unit else ""
        self.longest.setSuffix(unit)
        if not self.scale.hasFocus() or options.longest is not None:
            self.scale.setValue(scale)
        if not self.longest.hasFocus() or options.longest is None:
            self.longest.setValue(max(sides))
        del blockers
        self.unit.setEnabled(bool(plan.upright) and options.longest is None)
        self.colours.setEnabled(now.suffix in COLOURED_SUFFIXES)
        self.colours.setToolTip(
            "Colours of the vertices."
            if self.colours.isEnabled()
            else "This format holds no colours."
        )
        self.colour.setEnabled(self._colours_possible() == "uniform")
        self.colour.setIcon(_swatch(now.colour))
        named = unit or " in the scan's units"
        self.size_text.setText(" × ".join(f"{side:.4g}" for side in sides) + named)
        self.about.setText(plan.tip)

    def _colours_possible(self) -> Colours:
        """Give the colours that were chosen, as far as format and scan have them."""
        now = self._choice
        item = self.colours.model().item(_OBSERVED)  # type: ignore[attr-defined]
        if now.suffix not in COLOURED_SUFFIXES or (now.colours == "scan" and not item.isEnabled()):
            return "none"
        return now.colours

    def _finish(self) -> None:
        final = replace(self._choice, colours=self._colours_possible())
        self.accept()
        self.chosen.emit(final)

    @staticmethod
    def _forbid(box: QComboBox, row: int, why: str) -> None:
        item = box.model().item(row)  # type: ignore[attr-defined]
        item.setEnabled(False)
        item.setToolTip(why)


class _Number(QDoubleSpinBox):
    """A field for a length, without zeros at its end."""

    def textFromValue(self, value: float) -> str:  # noqa: N802 - Qt's name
        """Say a number with as many digits as it needs."""
        return self.locale().toString(float(value), "g", 7)


def _number(name: str, tip: str) -> QDoubleSpinBox:
    spin = _Number()
    spin.setDecimals(6)
    spin.setRange(1e-6, 1e9)
    spin.setStepType(QDoubleSpinBox.StepType.AdaptiveDecimalStepType)
    spin.setKeyboardTracking(False)
    spin.setAccessibleName(name)
    spin.setToolTip(tip)
    return spin


def _swatch(colour: tuple[int, int, int]) -> QIcon:
    pixmap = QPixmap(32, 32)
    pixmap.fill(QColor(*colour))
    return QIcon(pixmap)
