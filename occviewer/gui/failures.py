"""What a person is told of an exception. No Qt here."""

from __future__ import annotations

import traceback
from dataclasses import dataclass, field

from occviewer.errors import OccviewerError


@dataclass(frozen=True)
class Failure:
    """Why a piece of work gave nothing.

    Attributes
    ----------
    sentence : str
        For the person.
    details : str
        The traceback, for who helps them; empty when the sentence says it all.
    error : Exception, optional
        Of our own: what it knows besides.
    """

    sentence: str
    details: str = ""
    error: Exception | None = field(default=None, repr=False, compare=False)


def failure_of(error: Exception) -> Failure:
    """Put an exception into words: our own say it already, memory is nobody's fault."""
    match error:
        case OccviewerError():
            return Failure(str(error), error=error)
        case MemoryError():
            return Failure(
                "There is not enough memory for this; choose a lower resolution or a smaller file."
            )
        # CUDA's and Apple's alike; known by its words, since torch may not be imported yet.
        case RuntimeError() if "out of memory" in str(error):
            return Failure(
                "The GPU has not enough memory for this; choose a lower resolution or the "
                "processor as the device."
            )
    return Failure(
        f"Something went wrong inside OccViewer ({type(error).__name__}); "
        "your work is kept. Copy the details into a report, please.",
        "".join(traceback.format_exception(error)),
    )
