"""Chooses models, sets what their files do not say, and asks for what must be known."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject

from occviewer.document import commands
from occviewer.document.commands.settings import MODEL_SETTING
from occviewer.document.model_reference import ModelReference
from occviewer.gui.failures import Failure
from occviewer.gui.questions import ask_choice

if TYPE_CHECKING:
    from occviewer.gui.controller import Controller


class ModelControl(QObject):
    """Connects the model panel of a window."""

    def __init__(self, controller: Controller) -> None:
        super().__init__(controller)
        self._controller = controller
        self._complaint = ""
        window = controller.window
        for chooser in (window.model, window.gallery):
            chooser.model_chosen.connect(self.choose)
        window.model.open_wanted.connect(controller.files.open_model)
        window.model.settings.changed.connect(self.set)
        window.model.settings.reset_wanted.connect(self.reset)
        controller.pipeline.opened.connect(self._opened)

    def choose(self, location: str) -> None:
        """Work with another model: a shipped name, a file, or a folder of DeepSDF."""
        from occviewer.models.shipped import shipped_models
        from occviewer.models.sniffing import weights_in

        if location in shipped_models():
            reference = ModelReference(shipped=location)
        else:
            path = weights_in(Path(location))
            # The weights of every DeepSDF have the same name.
            label = path.parents[1].name if path.parent.name == "ModelParameters" else ""
            reference = ModelReference(path=path, label=label)
        controller = self._controller
        now = controller.document.model
        if now is not None and (now.shipped, now.path) == (reference.shipped, reference.path):
            reference = now  # with its settings
        controller.do(commands.change_model, reference)
        if not controller.pipeline.ready:
            controller.pipeline.retry()  # it may be the same that could not be opened before

    def set(self, name: str, value: object) -> None:
        """Set what the model's file does not say; None brings the default back."""
        if not self._controller.do(commands.set_model_settings, {name: value}):
            self._controller.display.show_settings()  # what was typed is not in force

    def reset(self) -> None:
        """Take back everything that was set."""
        model = self._controller.document.model
        if model is not None and model.settings:
            self._controller.do(commands.set_model_settings, dict.fromkeys(dict(model.settings)))

    def failed(self, failure: Failure) -> None:
        """Say why the document's model was not opened, or ask for what its file does not say."""
        from occviewer.models.families.base import MissingSettingError

        sentence = failure.sentence
        if isinstance(failure.error, MissingSettingError):
            # How to say it on the command line is no help here.
            sentence = f"{sentence.partition('; say it')[0]}."
            ask_choice(
                self._controller.window,
                f"What is the {failure.error.setting}?",
                sentence,
                failure.error.choices,
                partial(self.set, failure.error.setting),
            )
        answers: dict[str, Callable[[], object]] = {"Try again": self._controller.pipeline.retry}
        document, history = self._controller.document, self._controller.history
        if document.model is not None:
            title, _ = commands.change_model(document, document.model)
            undone = history.undo_title or ""
            if undone == title or undone.startswith(MODEL_SETTING):
                answers["Undo"] = history.undo
        messages = self._controller.window.messages
        messages.ask(sentence, answers, "error", failure.details)
        self._complaint = sentence

    def _opened(self) -> None:
        """Take back what was said when a model did not open: another did, or it was answered."""
        if self._complaint:
            self._controller.window.messages.take_back(self._complaint)
            self._complaint = ""
