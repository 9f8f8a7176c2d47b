from occviewer.gui.live import LIVE_SECONDS, LiveResolution


def settle(live, cost, wanted=512):
    for _ in range(30):
        resolution = live.choose(wanted)
        live.measured(resolution, cost * resolution**2)
    return live.choose(wanted)


def test_a_fast_machine_gets_a_fine_mesh_and_a_slow_one_a_coarse_one():
    fast, slow = (settle(LiveResolution(), cost) for cost in (1e-6, 5e-5))
    assert fast > 128
    assert slow <= 40


def test_what_is_chosen_holds_the_rate():
    for cost in (1e-6, 5e-6, 2e-5):
        resolution = settle(LiveResolution(), cost)
        assert cost * resolution**2 <= LIVE_SECONDS


def test_it_is_never_finer_than_wanted_at_rest():
    assert settle(LiveResolution(), 1e-7, wanted=64) == 64


def test_one_slow_frame_does_not_coarsen_for_long():
    live = LiveResolution()
    before = settle(live, 5e-6)
    live.measured(before, 4 * LIVE_SECONDS)
    assert settle(live, 5e-6) == before


def test_on_a_machine_that_is_too_slow_it_is_as_coarse_as_it_can_be():
    assert settle(LiveResolution(), 1.0) == 24
