"""The process that draws a film, as the window's thread sees it: nothing here waits."""

from __future__ import annotations

import json
import os
import shutil
import sys
import tempfile
from pathlib import Path

from PySide6.QtCore import QObject, QProcess, QProcessEnvironment, Signal

import occviewer
from occviewer.files import why_not_written
from occviewer.gui.failures import Failure
from occviewer.meshes.film_worker import END_LINE, Plan, frame_line
from occviewer.meshes.framing import Camera

_PREFIX = "occviewer-film-"
_KILLED = 1000  # milliseconds that a killed process may take to be gone


class FilmMaker(QObject):
    """Draws one film in a process and a folder of its own.

    Parameters
    ----------
    suffix : str
        ``.mp4``, ``.gif``, ``.glb``, or empty for a folder of PNG pictures.
    size : (int, int)
        Pixels.
    rate : float
        Frames a second.
    background : (float, float, float)
        Red, green and blue in 0 … 1.
    """

    drawn = Signal(int)
    """Number of frames that are drawn."""
    done = Signal()
    """`result` is complete."""
    failed = Signal(object)
    """With a Failure."""

    def __init__(
        self,
        suffix: str,
        size: tuple[int, int],
        rate: float,
        background: tuple[float, float, float],
        parent: QObject,
    ) -> None:
        super().__init__(parent)
        self._ended = False
        self._answers = b""
        self._scratch: Path | None = None
        self.result = Path()
        self._process = QProcess(self)
        self._process.setProgram(sys.executable)
        self._process.setArguments(["-m", "occviewer.meshes.film_worker"])
        environment = QProcessEnvironment.systemEnvironment()
        places = [str(Path(occviewer.__file__).parent.parent), environment.value("PYTHONPATH")]
        environment.insert("PYTHONPATH", os.pathsep.join(filter(None, places)))
        self._process.setProcessEnvironment(environment)
        self._process.readyReadStandardOutput.connect(self._read)
        self._process.finished.connect(lambda *_: self._process_ended())
        self._process.errorOccurred.connect(lambda *_: self._process_ended())
        self._settings = (suffix, size, rate, background)

    def start(self) -> None:
        """Start the process; what goes wrong is told by `failed`."""
        suffix, size, rate, background = self._settings
        try:
            self._scratch = Path(tempfile.mkdtemp(prefix=_PREFIX))
        except OSError as error:
            self._fail(Failure(why_not_written(Path(tempfile.gettempdir()), error)))
            return
        self.result = self._scratch / f"film{suffix}"
        plan = Plan(str(self.result), str(self._scratch), size, rate, background)
        self._process.start()
        self._process.write(plan.line())

    def add(self, camera: Camera, mesh: bytes) -> None:
        """Draw a frame: a packed mesh, or no bytes for the mesh of the frame before."""
        self._process.write(frame_line(camera, len(mesh)))
        if mesh:
            self._process.write(mesh)

    def end(self) -> None:
        """Say that all frames were added."""
        self._process.write(END_LINE)

    def close(self) -> None:
        """End the process if it still runs, and leave nothing behind; may be called twice."""
        self._ended = True
        # A process that outlives its wait tells of its end while this is taken down.
        self._process.blockSignals(True)
        if self._process.state() != QProcess.ProcessState.NotRunning:
            self._process.kill()
            self._process.waitForFinished(_KILLED)
        if self._scratch is not None:
            shutil.rmtree(self._scratch, ignore_errors=True)

    def _read(self) -> None:
        self._answers += bytes(self._process.readAllStandardOutput().data())
        *lines, self._answers = self._answers.split(b"\n")
        for line in lines:
            answer = json.loads(line)
            if "drawn" in answer and not self._ended:
                self.drawn.emit(answer["drawn"])
            elif "error" in answer:
                self._fail(Failure(answer["error"], self._complaints()))
            elif "done" in answer and not self._ended:
                self._ended = True
                self.done.emit()

    def _process_ended(self) -> None:
        if self._process.state() == QProcess.ProcessState.NotRunning and not self._ended:
            self._read()
            self._fail(
                Failure(
                    "The program that draws films ended unexpectedly; try a smaller picture, or "
                    "export a GLB, which needs no drawing.",
                    f"{self._process.errorString()}\n{self._complaints()}",
                )
            )

    def _complaints(self) -> str:
        return bytes(self._process.readAllStandardError().data()).decode(errors="replace").strip()

    def _fail(self, failure: Failure) -> None:
        if not self._ended:
            self._ended = True
            self.failed.emit(failure)
