import pytest
import torch
from torch import nn

from occviewer.training.averaging import MovingAverage


def a_network(value):
    network = nn.Sequential(nn.Linear(2, 1), nn.BatchNorm1d(1))
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.fill_(value)
    return network


def weights(average):
    return average.state_dict()["0.weight"]


def test_it_begins_with_the_networks_weights_and_leaves_the_network_alone():
    network = a_network(1.0)
    average = MovingAverage(network, 0.9)
    average.update(a_network(3.0), 10_000)
    assert torch.all(network[0].weight == 1.0)
    assert weights(average) == pytest.approx(torch.full((1, 2), 0.9 * 1.0 + 0.1 * 3.0))


def test_the_first_random_weights_are_soon_forgotten():
    average = MovingAverage(a_network(100.0), 0.999)
    for step in range(50):
        average.update(a_network(1.0), step)
    assert (weights(average) - 1.0).abs().max() < 0.01


def test_after_the_beginning_it_reaches_back_as_far_as_the_decay_says():
    average = MovingAverage(a_network(0.0), 0.99)
    for step in range(10_000, 10_100):
        average.update(a_network(1.0), step)
    assert weights(average) == pytest.approx(torch.full((1, 2), 1 - 0.99**100), abs=1e-4)


def test_counters_are_taken_over_as_they_are():
    network = a_network(1.0)
    average = MovingAverage(network, 0.99)
    network(torch.rand(4, 2))
    average.update(network, 0)
    assert average.state_dict()["1.num_batches_tracked"] == 1


def test_a_saved_average_comes_back():
    average, other = MovingAverage(a_network(1.0), 0.9), MovingAverage(a_network(5.0), 0.9)
    other.load_state_dict(average.state_dict())
    average.update(a_network(9.0), 100)
    assert torch.all(weights(other) == 1.0)


def test_averages_of_another_network_are_refused():
    average = MovingAverage(a_network(1.0), 0.9)
    with pytest.raises(KeyError):
        average.load_state_dict({})
    wrong = {key: torch.zeros(7, 7) for key in average.state_dict()}
    with pytest.raises(RuntimeError):
        average.load_state_dict(wrong)


def test_running_statistics_that_are_lost_are_mended_and_others_kept():
    network = a_network(1.0)
    network[1].running_mean.fill_(0.25)
    average = MovingAverage(network, 0.9)
    network[1].running_mean.fill_(torch.nan)
    network[1].running_var.fill_(7.0)
    average.mend_buffers(network)
    assert network[1].running_mean == 0.25
    assert network[1].running_var == 7.0
