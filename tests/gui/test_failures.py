"""What a person is told of what went wrong."""

import pytest
import torch

from occviewer.errors import ExtractionError
from occviewer.gui.application import report_fault
from occviewer.gui.failures import failure_of


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (ExtractionError("There is no surface."), "There is no surface."),
        (MemoryError(), "not enough memory for this; choose a lower resolution or a smaller file"),
        (torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 9 GiB."), "The GPU has not"),
        (RuntimeError("MPS backend out of memory"), "The GPU has not"),
    ],
)
def test_what_is_no_fault_of_the_program_is_not_told_as_one(error, words):
    failure = failure_of(error)
    assert words in failure.sentence
    assert failure.details == ""


def test_a_fault_of_the_window_is_told_with_what_helps_to_find_it(without_model, capsys):
    window, controller = without_model
    try:
        window.no_such_thing  # noqa: B018 - what is asked for is the fault
    except AttributeError as error:
        report_fault(controller, type(error), error, error.__traceback__)
    (message,) = window.messages.shown()
    assert "Something went wrong inside OccViewer (AttributeError)" in message.sentence
    assert "no_such_thing" in message.details
    assert "no_such_thing" in capsys.readouterr().err
