"""A slider and a field for exact entry that show one number."""

from __future__ import annotations

from PySide6.QtCore import SignalInstance
from PySide6.QtWidgets import QAbstractSpinBox, QHBoxLayout, QSlider, QWidget


def stand_beside(
    owner: QWidget,
    slider: QSlider,
    number: QAbstractSpinBox,
    grabbed: SignalInstance,
    released: SignalInstance,
) -> None:
    """Put both into their owner, who tells when the slider is dragged.

    Parameters
    ----------
    owner : QWidget
        Without a layout yet.
    slider, number : QWidget
    grabbed, released : Signal
        Of the owner: emitted when a drag begins and when it ends.
    """
    layout = QHBoxLayout(owner)
    layout.setContentsMargins(0, 0, 0, 0)
    layout.addWidget(slider, 1)
    layout.addWidget(number)
    owner.setFocusProxy(slider)
    slider.sliderPressed.connect(grabbed)
    slider.sliderReleased.connect(released)
