import os
import time
from pathlib import Path

import pytest

from occviewer.training.jobs import run_jobs


@pytest.fixture
def behave(monkeypatch):
    monkeypatch.syspath_prepend(Path(__file__).parent)
    import job_functions

    return job_functions.behave


def outcomes(function, jobs, workers=2, limit_seconds=30.0):
    done = list(run_jobs(function, jobs, workers=workers, limit_seconds=limit_seconds))
    assert sorted(outcome.job for outcome in done) == sorted(jobs)
    return {outcome.job: outcome for outcome in done}


def test_jobs_that_raise_or_take_their_process_with_them_stop_no_other(behave):
    good = [f"good:{i}" for i in range(4)]
    bad = {
        "refuse": "The mesh is of no use.",
        "raise:chair": "KeyError: 'chair'",
        "memory": "ran out of memory",
        "exit:3": "ended its process (exit status 3)",
        "kill": "ended its process (SIGKILL, probably out of memory)",
        "segfault": "ended its process (SIGSEGV)",
    }
    jobs = [job for pair in zip([*good, *good], bad, strict=False) for job in pair]
    jobs = list(dict.fromkeys(jobs))
    done = outcomes(behave, jobs)
    assert {job: done[job].failure for job in bad} == bad
    assert {done[job].result for job in good} == {f"{job} done" for job in good}


def test_a_job_that_hangs_is_ended_after_its_time(behave):
    start = time.monotonic()
    done = outcomes(behave, ["hang", "good:1", "good:2"], workers=1, limit_seconds=1.0)
    assert done["hang"].failure == "took longer than 1 s"
    assert done["good:2"].result == "good:2 done"
    assert time.monotonic() - start < 30


def test_closing_early_ends_the_processes(behave):
    import multiprocessing

    running = run_jobs(behave, ["good:1", "hang", "hang"], workers=2, limit_seconds=60)
    assert next(running).job == "good:1"
    running.close()
    assert not multiprocessing.active_children()


def test_no_jobs_start_no_process(behave):
    assert list(run_jobs(behave, [], workers=4, limit_seconds=1)) == []


@pytest.mark.skipif(os.name != "posix", reason="signals")
def test_signals_are_named_without_an_out_of_memory_guess_for_crashes(behave):
    done = outcomes(behave, ["segfault"], workers=1)
    assert "memory" not in done["segfault"].failure
