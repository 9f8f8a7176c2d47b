"""Batches that are drawn while others are learned from."""

import itertools
import threading

import pytest

from occviewer.training.ahead import drawn_ahead


def drawing():
    return [t for t in threading.enumerate() if t.name == "drawing ahead"]


def test_batches_come_in_order_and_no_more_lie_ready_than_may():
    numbers = itertools.count()
    with drawn_ahead(lambda: next(numbers), 2) as take:
        assert [take() for _ in range(50)] == list(range(50))
    # Two that lay ready, and one that waited for its place.
    assert next(numbers) <= 53
    assert not drawing()


def test_the_next_batch_is_drawn_while_one_is_used():
    drawn = threading.Semaphore(0)
    with drawn_ahead(lambda: drawn.release()) as take:
        take()
        assert all(drawn.acquire(timeout=20) for _ in range(3))


def test_what_went_wrong_is_told_where_the_batch_is_wanted():
    def draw():
        raise ValueError("a damaged file")

    with drawn_ahead(draw) as take, pytest.raises(ValueError, match="a damaged file"):
        take()
    assert not drawing()


def test_leaving_early_leaves_no_thread_behind():
    with drawn_ahead(lambda: 1):
        assert drawing()
    assert not drawing()
