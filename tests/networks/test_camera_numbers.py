import pytest
import torch

from occviewer.networks.camera_numbers import camera_angles, camera_loss, camera_numbers


def test_cameras_survive_their_numbers():
    azimuth = torch.tensor([-170.0, 0.0, 95.0])
    elevation, distance = torch.tensor([-5.0, 20.0, 45.0]), torch.tensor([1.6, 3.0, 6.0])
    found = camera_angles(camera_numbers(azimuth, elevation, distance))
    for one, other in zip(found, (azimuth, elevation, distance), strict=True):
        torch.testing.assert_close(one, other, atol=0.2, rtol=1e-4)


def test_of_two_sides_that_look_alike_a_camera_is_on_one():
    front, back = (camera_numbers(*torch.tensor([[a], [20.0], [3.0]])) for a in (30.0, -150.0))
    cameras = torch.logaddexp(front, back - 0.1)
    azimuth, _, _ = camera_angles(cameras)
    assert azimuth.item() == pytest.approx(30.0, abs=0.5)


def test_a_camera_is_worse_the_farther_it_is_off():
    true = camera_numbers(*torch.tensor([[30.0], [20.0], [3.0]]))
    losses = [
        camera_loss(camera_numbers(*torch.tensor([[30.0 + off], [20.0], [3.0]])), true)
        for off in (0, 10, 40, 120)
    ]
    assert losses == sorted(losses)
