import pytest
import torch

from occviewer.networks.image_encoder import ImageEncoder, cloud_settings

from .small import small_network


@pytest.fixture
def encoder():
    torch.manual_seed(0)
    settings = cloud_settings(small_network("house").config)
    return ImageEncoder(settings, pixels=32, point_count=200, size=8, evidence=True).eval()


@pytest.fixture
def pictures():
    return torch.rand(2, 3, 32, 32, generator=torch.Generator().manual_seed(1))


@torch.no_grad()
def test_it_begins_with_what_the_cloud_encoder_makes_of_the_places(encoder, pictures):
    seen = encoder.points(*encoder.see(pictures))
    features, _ = encoder(pictures)
    for name, values in encoder.cloud(seen.places).items():
        torch.testing.assert_close(features[name], values)


@torch.no_grad()
def test_evidence_changes_the_shape_once_it_has_weight(encoder, pictures):
    before, _ = encoder(pictures)
    torch.nn.init.normal_(encoder.evidence.weight)
    after, _ = encoder(pictures)
    assert all(not torch.allclose(before[name], after[name]) for name in before)


@torch.no_grad()
def test_points_know_the_line_of_sight_on_which_they_lie(encoder, pictures):
    maps, cameras = encoder.see(pictures)
    # Straight from +X, two units away: azimuth 90°, elevation 0°.
    cameras[:] = -100.0
    cameras[:, 9] = 100.0
    cameras[:, 36] = -20 / 15
    cameras[:, 37] = (torch.tensor(2.0).log() - torch.tensor(3.1).log()) / 0.4
    seen = encoder.points(maps, cameras)
    lines = seen.evidence[..., -3:]
    torch.testing.assert_close(lines.norm(dim=2), torch.ones(2, 200))
    camera = torch.tensor([2.0, 0.0, 0.0])
    away = (seen.places - camera).norm(dim=2, keepdim=True)
    torch.testing.assert_close(camera + away * lines, seen.places, atol=1e-3, rtol=0)


def test_gradients_of_a_shape_reach_what_weighs_the_evidence(encoder, pictures):
    features, _ = encoder(pictures)
    sum(values.square().mean() for values in features.values()).backward()
    assert encoder.evidence.weight.grad.abs().sum() > 0
