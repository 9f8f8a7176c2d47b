"""How torn shapes are."""

import numpy as np
import pytest

from occviewer.latent.tears import SHARES, tear

from ..extraction.fields import AnalyticField


class Balls(AnalyticField):
    """Balls (x, radius) beside each other."""

    def __init__(self, *balls):
        self.balls = balls

    def inside(self, points):
        return np.max(
            [radius - np.linalg.norm(points - [x, 0, 0], axis=1) for x, radius in self.balls], 0
        )


def test_what_is_in_one_piece_is_not_torn():
    assert tear([Balls((0, 0.3))] * len(SHARES)) == 0


def test_the_more_is_loose_the_more_it_is_torn():
    crumb = tear([Balls((0, 0.3), (0.42, 0.05))])
    half = tear([Balls((-0.25, 0.2), (0.25, 0.2))])
    assert 0.02 < crumb < 0.06
    assert half == pytest.approx(0.5 * 1.25, abs=0.02)


def test_one_moment_in_pieces_counts_more_than_its_share():
    whole, torn = Balls((0, 0.3)), Balls((-0.25, 0.2), (0.25, 0.2))
    assert tear([whole, torn, whole]) > tear([torn]) / 3
    assert tear([whole, torn, whole]) < tear([torn, torn, torn])


def test_nothing_at_all_is_as_torn_as_can_be():
    assert tear([Balls((0, -0.1))]) > tear([Balls((-0.25, 0.2), (0.25, 0.2))])


def test_many_crumbs_are_counted_where_they_have_hardly_any_area():
    crumbs = [(x, 0.035) for x in (-0.45, 0.45)]
    assert tear([Balls((0, 0.3), *crumbs)]) > 0.002


def test_it_is_told_of_each_that_was_looked_at_and_can_be_stopped():
    seen = []
    tear([Balls((0, 0.3)), Balls((0, -0.1)), Balls((0, 0.2))], lambda: seen.append(1))
    assert len(seen) == 3

    def stop():
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        tear([Balls((0, 0.3))], stop)
