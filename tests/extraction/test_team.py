"""Threads that share out work."""

import threading

import numpy as np
import pytest

from occviewer.extraction import Follower, extract
from occviewer.extraction.team import Team

from .fields import Gyroid


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

    with Team(3) as team:
        assert team.do([lambda name=name: meet(name) for name in "abc"]) == ["a", "b", "c"]
    assert Team(1).do([lambda: 1, lambda: 2]) == [1, 2]


@pytest.mark.parametrize("at", [0, 1])
def test_an_error_of_one_is_raised_when_all_have_ended(at):
    ended = threading.Event()

    def fail():
        raise ValueError("told")

    tasks = [ended.set, ended.set]
    tasks[at] = fail
    with Team(2) as team, pytest.raises(ValueError, match="told"):
        team.do(tasks)
    assert ended.is_set()


def test_threads_make_the_very_same_meshes_and_are_gone_afterwards():
    before = threading.active_count()
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
    assert threading.active_count() == before
