"""The compute thread has the model that the document and the panel say, whatever was stopped."""

import threading
from types import SimpleNamespace

import numpy as np
import pytest
from PySide6.QtCore import QObject

from occviewer.document import ModelReference
from occviewer.document.settings import ExtractionSettings
from occviewer.document.shape import Shape
from occviewer.document.source import Source
from occviewer.document.state import Document
from occviewer.errors import CheckpointError, ExtractionError
from occviewer.gui.pipeline import Pipeline
from occviewer.gui.worker import ComputeThread
from occviewer.observations import PointCloud

A, B, C = (ModelReference(shipped=name) for name in "ABC")


class FakeStudio:
    """Opens, encodes and extracts by names; one step can be held up as long as a test wants."""

    searches = searching = False
    takes = frozenset({"cloud"})

    def __init__(self):
        self.model, self.opened = None, []
        self.broken, self.asked = set(), []
        self.slow, self.begun, self.go_on = None, threading.Event(), threading.Event()

    def open_model(self, reference, device):
        self.opened.append(reference.shipped)
        if reference.shipped == self.slow:
            self.begun.set()
            assert self.go_on.wait(20)
        if reference.shipped in self.broken:
            raise CheckpointError(f"{reference.shipped} cannot be opened.")
        self.model = reference.shipped
        return SimpleNamespace(name=reference.shipped)

    def warm_up(self):
        """Nothing here is compiled."""

    def encode(self, source, how):
        self.asked.append(("encode", self.model))
        if "encode" in self.broken:
            raise CheckpointError("It cannot be encoded.")
        return f"code {len(self.asked)} by {self.model}"

    def mesh(self, code, edit, settings, *, live, cancel, progress, paint):
        self.asked.append(("live" if live else "fine", self.model))
        if ("live" if live else "fine") in self.broken:
            raise ExtractionError("There is no surface.")
        return SimpleNamespace(code=code, live=live)


class Window(QObject):
    """What a window knows of the pipeline."""

    def __init__(self):
        super().__init__()
        self.studio, self.compute = FakeStudio(), ComputeThread(self)
        self.pipeline = Pipeline(self.compute, self.studio, self)
        self.document = Document(model=A)
        self.meshes, self.failures = [], []
        self.pipeline.meshed.connect(self.meshes.append)
        self.pipeline.failed.connect(lambda lane, failure: self.failures.append(failure.sentence))
        self.pipeline.encoded.connect(self.complete)

    def complete(self, change):
        self.show(change(self.document))

    def show(self, document):
        self.document = document
        self.pipeline.follow(document)

    def choose(self, model):
        self.show(Document(model=model, shape=self.document.shape))


@pytest.fixture
def window(qtbot):
    made = Window()
    yield made
    made.studio.go_on.set()
    assert made.compute.stop(20)
    made.deleteLater()


@pytest.fixture
def quiet(window, qtbot):
    def wait():
        qtbot.waitUntil(lambda: not window.compute.busy(), timeout=20_000)

    return wait


def scan():
    return Shape(Source(PointCloud(np.eye(3))))


def stuck(window, model):
    """Choose a model whose opening does not end yet."""
    window.studio.slow = model.shipped
    window.choose(model)
    assert window.studio.begun.wait(20)


def test_a_model_whose_opening_was_stopped_does_not_stay_in_the_place_of_the_other(window, quiet):
    window.choose(A)
    quiet()
    stuck(window, B)
    window.pipeline.stop()
    window.choose(A)
    window.studio.go_on.set()
    quiet()
    assert window.pipeline.ready
    assert (window.studio.model, window.pipeline.model.name) == ("A", "A")


def test_a_session_of_the_open_model_does_not_open_it_again(window, quiet):
    opened, digest = ModelReference(shipped="A"), "0" * 64
    opened.__dict__["sha256"] = digest  # as opening it finds out
    window.choose(opened)
    quiet()
    window.choose(ModelReference(shipped="A", digest=digest))
    assert window.pipeline.ready
    quiet()
    assert window.studio.opened == ["A"]
    window.choose(ModelReference(shipped="A", digest="1" * 64))
    assert not window.pipeline.ready
    quiet()
    assert window.studio.opened == ["A", "A"]


def test_a_model_that_was_undone_while_it_opened_completes_nothing(window, quiet):
    window.choose(A)
    quiet()
    stuck(window, B)
    window.choose(A)
    assert not window.pipeline.ready
    window.show(Document(model=A, shape=scan()))
    window.studio.go_on.set()
    quiet()
    assert window.document.shape.code == "code 1 by A"
    assert {by for _, by in window.studio.asked} == {"A"}


def test_a_model_that_fails_after_another_was_given_up_leaves_none(window, quiet):
    window.choose(A)
    quiet()
    stuck(window, B)
    window.studio.broken = {"C"}
    window.choose(C)
    window.studio.go_on.set()
    quiet()
    assert window.failures == ["C cannot be opened."]
    window.choose(A)
    quiet()
    assert window.studio.model == "A"


def test_after_the_first_opening_was_stopped_the_next_scan_opens_the_model(window, quiet):
    stuck(window, A)
    window.pipeline.stop()
    window.studio.go_on.set()
    quiet()
    window.show(Document(model=A, shape=scan()))
    quiet()
    assert window.pipeline.ready
    assert window.meshes


def test_a_shape_too_thin_for_the_coarse_mesh_is_shown_all_the_same(window, quiet):
    window.studio.broken = {"live"}
    window.show(Document(model=A, shape=scan(), extraction=ExtractionSettings(resolution=128)))
    quiet()
    assert [result.live for result in window.meshes] == [False]
    assert window.failures == []


def test_a_shape_without_any_surface_is_said_once(window, quiet):
    window.studio.broken = {"live", "fine"}
    window.show(Document(model=A, shape=scan(), extraction=ExtractionSettings(resolution=128)))
    quiet()
    window.show(window.document)
    quiet()
    assert window.failures == ["There is no surface."]


@pytest.mark.parametrize("step", ["encode", "fine"])
def test_the_shape_before_goes_when_the_next_one_cannot_be_made(window, quiet, step):
    window.show(Document(model=A, shape=scan()))
    quiet()
    assert window.meshes[-1] is not None
    window.studio.broken = {step, "live"}
    window.show(Document(model=A, shape=scan()))
    quiet()
    assert len(window.failures) == 1
    assert window.meshes[-1] is None


def test_a_model_that_could_not_be_opened_is_tried_again(window, quiet):
    window.studio.broken = {"A"}
    window.choose(A)
    quiet()
    assert window.failures == ["A cannot be opened."]
    window.studio.broken = set()
    window.choose(A)
    quiet()
    assert not window.pipeline.ready, "a document that changes is no wish to try it again"
    window.pipeline.retry()
    quiet()
    assert window.pipeline.ready
