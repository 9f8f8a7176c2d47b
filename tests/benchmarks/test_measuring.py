"""Clocks, memory and the lock."""

import sys
import time

import numpy as np
import pytest

from occviewer.benchmarks.measuring import Heartbeat, median_seconds, peak_megabytes


def test_the_median_leaves_out_the_first_run_and_the_outlier():
    pauses = iter([0.2, 0.02, 0.2, 0.02])
    seconds, made = median_seconds(lambda: time.sleep(next(pauses)) or "made", 3)
    assert 0.02 <= seconds < 0.15
    assert made == "made"


@pytest.mark.skipif(sys.platform != "linux", reason="the peak is read from Linux")
def test_the_peak_is_seen_although_the_memory_is_given_back():
    assert 75 < peak_megabytes(lambda: np.ones(80_000_000, np.uint8).sum()) < 120
    assert peak_megabytes(lambda: None) < 20


def test_a_pause_of_python_is_seen():
    numbers = list(range(2_000_000))
    with Heartbeat() as heart:
        time.sleep(0.01)
        began = time.perf_counter()
        numbers.sort(key=None, reverse=True)  # one call of C, which keeps the lock
        held = time.perf_counter() - began
    assert heart.longest > 0.5 * held
