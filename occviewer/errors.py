"""Errors that a person can act on.

Every error that the program raises on purpose is an `OccviewerError`: one
sentence that names the file or the value and says what to do. The command line
prints it and the window shows it as it is; anything else that escapes is a bug.
"""


class OccviewerError(Exception):
    """Base of all errors whose text is meant for the person in front of the program."""


class ObservationError(OccviewerError):
    """An observation (scan, picture, voxels) cannot be read or used."""


class CheckpointError(OccviewerError):
    """A checkpoint cannot be opened: missing, truncated, unsafe or of another kind."""


class ExtractionError(OccviewerError):
    """A field cannot be turned into a mesh with the settings that were asked for."""


class NoSurfaceError(ExtractionError):
    """A field is inside or outside everywhere at the level that was asked for."""


class MeshError(OccviewerError):
    """A mesh cannot be read, written or worked on."""


class DataError(OccviewerError):
    """Training data or a training recipe is missing, broken or does not fit."""


class Cancelled(Exception):
    """The caller asked for the work to stop; nothing is left half done."""
