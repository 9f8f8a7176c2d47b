import threading
import time

import pytest

from occviewer.errors import Cancelled, ObservationError
from occviewer.gui.worker import ComputeThread


@pytest.fixture
def compute(qapp):
    thread = ComputeThread()
    yield thread
    assert thread.stop()
    thread.deleteLater()


class Told:
    """What came back, in order, and in which thread."""

    def __init__(self):
        self.results, self.failures, self.threads = [], [], set()

    def done(self, result):
        self.threads.add(threading.current_thread())
        self.results.append(result)

    def failed(self, failure):
        self.threads.add(threading.current_thread())
        self.failures.append(failure)

    def ask(self, compute, lane, function):
        return compute.submit(lane, lane, function, self.done, self.failed)


def test_work_is_done_elsewhere_and_told_here(compute, qtbot):
    told, where = Told(), []
    told.ask(compute, "mesh", lambda job: where.append(threading.current_thread()) or 42)
    qtbot.waitUntil(lambda: told.results == [42])
    assert where[0] is not threading.current_thread()
    assert told.threads == {threading.current_thread()}
    assert not compute.busy()


def test_only_the_latest_wish_is_fulfilled(compute, qtbot):
    told, ran, hold = Told(), [], threading.Event()
    told.ask(compute, "other", lambda job: hold.wait(5))
    for number in range(200):
        told.ask(compute, "mesh", lambda job, n=number: ran.append(n) or n)
    hold.set()
    qtbot.waitUntil(lambda: len(told.results) == 2)
    assert ran == [199]
    assert told.results == [True, 199]


def test_what_runs_is_cancelled_and_its_result_thrown_away(compute, qtbot):
    told, begun = Told(), threading.Event()

    def slow(job):
        begun.set()
        while not job.cancelled():
            time.sleep(0.005)
        return "stale"

    told.ask(compute, "mesh", slow)
    assert begun.wait(5)
    told.ask(compute, "mesh", lambda job: "fresh")
    qtbot.waitUntil(lambda: told.results == ["fresh"])
    qtbot.wait(50)
    assert told.results == ["fresh"]


def test_a_result_that_was_overtaken_while_it_was_on_its_way_is_not_told(compute, qtbot):
    told, done = Told(), threading.Event()
    told.ask(compute, "mesh", lambda job: done.set() or "stale")
    assert done.wait(5)
    time.sleep(0.05)  # finished, but this thread has not looked yet
    told.ask(compute, "mesh", lambda job: "fresh")
    qtbot.waitUntil(lambda: told.results == ["fresh"])


def test_lanes_do_not_disturb_each_other(compute, qtbot):
    told = Told()
    for lane in ("import", "encode", "mesh"):
        told.ask(compute, lane, lambda job: job.lane)
    qtbot.waitUntil(lambda: len(told.results) == 3)
    assert told.results == ["import", "encode", "mesh"]


def test_a_failure_is_a_sentence_and_the_thread_lives_on(compute, qtbot):
    told = Told()

    def bad_file(job):
        raise ObservationError("scan.ply is empty; choose another file.")

    def our_fault(job):
        return {}["nothing"]

    told.ask(compute, "import", bad_file)
    told.ask(compute, "mesh", our_fault)
    told.ask(compute, "encode", lambda job: "fine")
    qtbot.waitUntil(lambda: told.results == ["fine"])
    first, second = told.failures
    assert first.sentence == "scan.ply is empty; choose another file."
    assert not first.details
    assert "KeyError" in second.sentence
    assert "our_fault" in second.details


def test_cancelled_work_tells_nothing(compute, qtbot):
    told, ended = Told(), []
    compute.ended.connect(ended.append)

    def stops(job):
        raise Cancelled("enough")

    told.ask(compute, "mesh", stops)
    qtbot.waitUntil(lambda: len(ended) == 1)
    assert told.results == told.failures == []
    assert not compute.busy("mesh")


def test_progress_is_told_but_not_too_often(compute, qtbot):
    told, shares = Told(), []
    compute.progressed.connect(lambda job, share: shares.append(share))

    def counts(job):
        for i in range(10_000):
            job.progress(i / 10_000)
        job.progress(1.0)

    told.ask(compute, "mesh", counts)
    qtbot.waitUntil(lambda: told.results == [None])
    assert shares[-1] == 1.0
    assert shares == sorted(shares)
    assert len(shares) < 100


def test_stopping_gives_everything_up_at_once(qapp, qtbot):
    compute, told, begun = ComputeThread(), Told(), threading.Event()

    def slow(job):
        begun.set()
        while not job.cancelled():
            time.sleep(0.005)

    told.ask(compute, "mesh", slow)
    told.ask(compute, "encode", lambda job: 1)
    assert begun.wait(5)
    started = time.monotonic()
    assert compute.stop()
    assert time.monotonic() - started < 1
    told.ask(compute, "mesh", lambda job: 2)
    qtbot.wait(50)
    assert told.results == []
    compute.deleteLater()
