"""What the worker processes of the tests run; importable by name in a fresh process."""

import os
import signal
import time
from dataclasses import replace
from pathlib import Path

import numpy as np

from occviewer.errors import DataError
from occviewer.training.labelling import LabelledShape
from occviewer.training.shape_file import save_shape


def behave(job):
    """Do what the job is called: return, raise, crash, hang."""
    name, _, argument = job.partition(":")
    if name == "refuse":
        raise DataError("The mesh is of no use.")
    if name == "raise":
        raise KeyError(argument)
    if name == "memory":
        raise MemoryError
    if name == "exit":
        os._exit(int(argument))
    if name == "kill":
        os.kill(os.getpid(), signal.SIGKILL)
    if name == "segfault":
        os.kill(os.getpid(), signal.SIGSEGV)
    if name == "hang":
        time.sleep(60)
    return f"{job} done"


def fake_prepare(job):
    """Write a shape that depends on the job only; do what the mesh file says first."""
    behave(job.source.path.read_text().split("\n")[0])
    rng = np.random.default_rng([job.seed, len(job.source.record.name)])
    points = rng.random((8, 3)).astype(np.float16)
    flags = rng.random(8) < 0.5
    cameras = np.zeros((1, 3), np.float32)
    shape = LabelledShape(
        cameras[[0, 0]], points, flags, points, flags, points, points, cameras, flags[None]
    )
    record = replace(job.source.record, rotation=list(job.source.rotation))
    save_shape(job.target, shape, record)
    marks = Path(os.environ["OCCVIEWER_TEST_MARKS"])
    (marks / f"{job.source.record.name}.{time.time_ns()}").touch()
    return record
