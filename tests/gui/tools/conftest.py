"""What tests of the tools share."""

import pytest

from .hands import CHAIR, hand_with


@pytest.fixture
def hand(opened, qtbot):
    """The mouse over a window in which a chair was completed."""
    return hand_with(CHAIR, opened, qtbot)
