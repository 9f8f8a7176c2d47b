"""The history: documents as they were, to undo and redo."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from occviewer.document.checks import require
from occviewer.document.memory import Ledger, weight
from occviewer.document.state import Document

STEPS = 500
MEMORY = 1 << 30


@dataclass(eq=False)
class _Step:
    """One state; the object itself is the mark by which `modified` knows it again."""

    title: str
    document: Document
    merge: str | None = None


class History:
    """A line of documents, one of which is the present.

    Documents are immutable and share what did not change, so that a step costs what it
    changed. To be used in one thread.

    Parameters
    ----------
    document : Document, optional
        The first state; an empty document by default.
    title : str
        What the list calls the first state.
    steps : int
        So many steps can be undone; the oldest are forgotten beyond.
    memory : int
        Bytes that the past may hold besides what the present needs. Beyond, the oldest
        steps lose the codes that can be made again from their sources, and if that is
        not enough they are forgotten.
    """

    def __init__(
        self,
        document: Document | None = None,
        title: str = "New session",
        *,
        steps: int = STEPS,
        memory: int = MEMORY,
    ) -> None:
        require(steps >= 1, "A history needs at least one step.")
        self._limit, self._memory = steps, memory
        self._listeners: list[Callable[[], None]] = []
        self._begin(document or Document(), title, saved=True)

    def _begin(self, document: Document, title: str, *, saved: bool) -> None:
        self._steps = [_Step(title, document)]
        self._position = 0
        self._beginning = object()
        self._saved: object = self._steps[0] if saved else None
        self._ledger = Ledger()
        self._ledger.add(document)

    @property
    def document(self) -> Document:
        """The present document."""
        return self._steps[self._position].document

    @property
    def titles(self) -> tuple[str, ...]:
        """Titles of all states, the oldest first; also of those that can be redone."""
        return tuple(step.title for step in self._steps)

    @property
    def position(self) -> int:
        """Index of the present among `titles`."""
        return self._position

    @property
    def undo_title(self) -> str | None:
        """Title of the step that `undo` takes back; None if there is none."""
        return self._steps[self._position].title if self._position > 0 else None

    @property
    def redo_title(self) -> str | None:
        """Title of the step that `redo` makes again; None if there is none."""
        following = self._steps[self._position + 1 : self._position + 2]
        return following[0].title if following else None

    @property
    def modified(self) -> bool:
        """Whether the present is another state than the one that was saved."""
        return self._steps[self._position] is not self._saved

    @property
    def state(self) -> object:
        """Mark of the present state, for `mark_saved` after a save that took its time."""
        return self._steps[self._position]

    @property
    def beginning(self) -> object:
        """Mark of the session: another one after every `start`."""
        return self._beginning

    def start(self, document: Document, title: str, *, saved: bool = True) -> None:
        """Forget everything and begin with a document; listeners stay.

        Parameters
        ----------
        document : Document
            The first state.
        title : str
            What the list calls it, such as "Open chair.occ".
        saved : bool
            False where the document is in no file yet, as after a crash.
        """
        self._begin(document, title, saved=saved)
        self._tell()

    def do(self, title: str, document: Document, merge: str | None = None) -> None:
        """Make a step; what could be redone is forgotten.

        Nothing happens if the document is the present one.

        Parameters
        ----------
        title : str
            For the list.
        document : Document
            The new present.
        merge : str, optional
            Steps with the same key become one, until `end_merge` or another step, an undo
            or a save comes between: one drag of a slider is one step.
        """
        if document is self.document:
            return
        present = self._steps[self._position]
        if merge is not None and present.merge == merge and self._position > 0:
            self._cut(self._position)
        else:
            present.merge = None
            self._cut(self._position + 1)
        self._steps.append(_Step(title, document, merge))
        self._position = len(self._steps) - 1
        self._ledger.add(document)
        self._trim()
        self._tell()

    def end_merge(self) -> None:
        """Let the next step be one of its own, whatever its key."""
        self._steps[self._position].merge = None

    def amend(self, document: Document) -> None:
        """Put a document in the place of the present one, without a step.

        For what was computed afterwards and belongs to the state: a code, a preview.
        Whether the state counts as saved does not change, nor does what can be redone.
        """
        self.complete(lambda now: document if now is self.document else now)

    def complete(self, change: Callable[[Document], Document]) -> None:
        """Bring what was computed to every state that waits for it, without a step.

        Parameters
        ----------
        change : callable
            Returns the completed document, or the same object where nothing is missing;
            see `occviewer.document.commands.with_code`.
        """
        changed = [(step, change(step.document)) for step in self._steps]
        changed = [(step, document) for step, document in changed if document is not step.document]
        for step, document in changed:
            self._replace(step, document)
        if changed:
            self._trim()
            self._tell()

    def undo(self) -> None:
        """Go back one step; nothing happens at the first."""
        self.go_to(max(0, self._position - 1))

    def redo(self) -> None:
        """Go forward one step; nothing happens at the last."""
        self.go_to(min(len(self._steps) - 1, self._position + 1))

    def go_to(self, position: int) -> None:
        """Go to a state by its index among `titles`."""
        require(0 <= position < len(self._steps), f"The history has no state {position}.")
        self.end_merge()
        if position != self._position:
            self._position = position
            self._tell()

    def mark_saved(self, state: object = None) -> None:
        """Take note that a state was saved: that which `state` marks, or the present."""
        self.end_merge()
        self._saved = self.state if state is None else state
        self._tell()

    def add_listener(self, listener: Callable[[], None]) -> None:
        """Call a function after every change of what this history says."""
        self._listeners.append(listener)

    def remove_listener(self, listener: Callable[[], None]) -> None:
        """Call it no more; nothing happens if it was not called."""
        if listener in self._listeners:
            self._listeners.remove(listener)

    def _tell(self) -> None:
        for listener in tuple(self._listeners):
            listener()

    def _cut(self, length: int) -> None:
        for step in self._steps[length:]:
            self._ledger.remove(step.document)
        del self._steps[length:]

    def _replace(self, step: _Step, document: Document) -> None:
        # Added first, so that shared arrays are never counted as gone.
        self._ledger.add(document)
        self._ledger.remove(step.document)
        step.document = document

    def _trim(self) -> None:
        """Hold the limits of steps and memory."""
        while self._position > self._limit:
            self._drop_oldest()
        if not self._is_heavy():
            return
        for step in self._steps[: self._position]:
            shape = step.document.shape
            if shape.source is not None and shape.code is not None and self._is_heavy():
                waiting = replace(step.document, shape=replace(shape, code=None))
                self._replace(step, waiting)
        while self._position > 0 and self._is_heavy():
            self._drop_oldest()

    def _drop_oldest(self) -> None:
        self._ledger.remove(self._steps.pop(0).document)
        self._position -= 1

    def _is_heavy(self) -> bool:
        total = self._ledger.total
        return total > self._memory and total - weight(self.document) > self._memory
