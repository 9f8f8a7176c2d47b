"""Time, memory, the machine, and how long Python's lock is held."""

from __future__ import annotations

import ctypes
import gc
import os
import platform
import statistics
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any, TypeVar

Made = TypeVar("Made")

REPEATS = 5
"""Measurements of which the median is given."""

_BEAT = 0.0005  # seconds


def median_seconds(work: Callable[[], Made], repeats: int) -> tuple[float, Made]:
    """Median wall time of some runs, after one that is not counted, and what they make."""
    made = work()
    times = []
    for _ in range(repeats):
        began = time.perf_counter()
        made = work()
        times.append(time.perf_counter() - began)
    return statistics.median(times), made


def peak_megabytes(work: Callable[[], object]) -> float | None:
    """Most memory that a run takes above what the process holds already.

    Returns
    -------
    float or None
        10⁶ bytes; None where the system does not tell (elsewhere than on Linux).
    """
    _give_memory_back()
    if not _reset_peak():
        work()
        return None
    before = _status("VmRSS")
    work()
    return round(max(0.0, _status("VmHWM") - before), 1)


class Heartbeat:
    """Watches, in a thread, for how long Python lets no other thread run.

    What the system does with the processor counts too, so compare with a quiet machine.

    Attributes
    ----------
    longest : float
        Longest pause between two beats so far, less the time slept; seconds.
    """

    def __init__(self) -> None:
        self.longest = 0.0
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._beat, daemon=True)

    def __enter__(self) -> Heartbeat:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._stopped.set()
        self._thread.join()

    def _beat(self) -> None:
        last = time.perf_counter()
        while not self._stopped.is_set():
            time.sleep(_BEAT)
            now = time.perf_counter()
            self.longest = max(self.longest, now - last - _BEAT)
            last = now


def machine(device: str) -> dict[str, Any]:
    """Say on what was measured: processor, device, system, and versions of what computes."""
    import numpy
    import torch
    from vtkmodules.vtkCommonCore import vtkVersion

    about = {
        "processor": _processor(),
        "cores": os.cpu_count(),
        "threads": torch.get_num_threads(),
        "device": device,
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        "torch": torch.__version__,
        "numpy": numpy.__version__,
        "vtk": vtkVersion.GetVTKVersion(),
    }
    if torch.device(device).type == "cuda":
        about["device"] = torch.cuda.get_device_name(device)
    return about


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()


def _give_memory_back() -> None:
    """Return freed memory to the system, so that taking it again is seen."""
    gc.collect()
    if sys.platform == "linux":
        trim = getattr(ctypes.CDLL(None), "malloc_trim", None)  # glibc has it, musl has not
        if trim is not None:
            trim(0)


def _reset_peak() -> bool:
    """Let the kernel measure the peak anew; whether it can."""
    try:
        Path("/proc/self/clear_refs").write_text("5")
    except OSError:
        return False
    return True


def _status(entry: str) -> float:
    """Read memory of this process in 10⁶ bytes: VmRSS now, VmHWM at most."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith(f"{entry}:"):
            return int(line.split()[1]) * 1024 / 1e6
    raise OSError(f"/proc/self/status does not tell {entry}.")
