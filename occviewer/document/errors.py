"""What goes wrong with a session by a person's value or file."""

from occviewer.errors import OccviewerError


class DocumentError(OccviewerError):
    """A change that the session does not allow, or a session file that cannot be used."""
