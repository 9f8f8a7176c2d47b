"""Threads that share out work."""

import os
import threading

import numpy as np
import pytest

from occviewer.extraction import Follower, extract
from occviewer.team import THREADS, Team

from .extraction.fields import Gyroid


def test_parts_cover_the_whole_and_are_not_too_small():
    team = Team(3)
    for count, least, parts in ((10, 1, 3), (10, 4, 2), (10, 6, 1), (0, 1, 1)):
        cut = team.parts(count, least)
        assert [place for part in cut for place in range(count)[part]] == list(range(count))
        assert len(cut) == parts


def test_tasks_run_side_by_side_and_answer_in_order():
    meeting = threading.Barrier(3, timeout=20)

    def meet(name):
        meeting.wait()
        return name

    assert Team(3).do([lambda name=name: meet(name) for name in "abc"]) == ["a", "b", "c"]
    assert Team(1).do([lambda: 1, lambda: 2]) == [1, 2]


@pytest.mark.parametrize("at", [0, 1])
def test_an_error_of_one_is_raised_when_all_have_ended(at):
    ended = threading.Event()

    def fail():
        raise ValueError("told")

    tasks = [ended.set, ended.set]
    tasks[at] = fail
    with pytest.raises(ValueError, match="told"):
        Team(2).do(tasks)
    assert ended.is_set()


def test_threads_make_the_very_same_meshes():
    one, two = (Gyroid(), Gyroid())
    two.threads = 3
    follow_one, follow_two = Follower(), Follower()
    for level in (0.0, 0.05, 0.1):
        for mine, yours in (
            (extract(one, 100, level), extract(two, 100, level)),
            (follow_one.extract(one, 100, level), follow_two.extract(two, 100, level)),
        ):
            assert np.array_equal(mine.vertices, yours.vertices)
            assert np.array_equal(mine.faces, yours.faces)
            assert np.array_equal(mine.normals, yours.normals)


def test_tasks_of_tasks_do_not_wait_for_each_other():
    team = Team(2)
    inner = lambda: team.do([lambda: 1, lambda: 2])  # noqa: E731
    assert team.do([inner, inner, inner]) == [[1, 2]] * 3


def test_threads_are_the_same_every_time():
    def name():
        return threading.current_thread().name

    names = {other for _ in range(20) for other in Team(2).do([name, name])[1:]}
    assert len(names) == 1
    assert names.pop().startswith(THREADS)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork")
def test_a_copy_of_the_process_has_threads_of_its_own():
    Team(2).do([int, int])
    child = os.fork()
    if not child:
        os._exit(Team(2).do([lambda: 3, lambda: 4])[1])
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 4
