from __future__ import annotations

import pytest
import torch
from torch import Tensor
from torch.nn import functional as F

from occviewer.networks.resnet import ResNetEncoder

STAGES = {18: (2, 2, 2, 2), 34: (3, 4, 6, 3), 50: (3, 4, 6, 3)}


def randomised(module: torch.nn.Module) -> dict[str, Tensor]:
    """Give a network random weights and batch-norm statistics."""
    state = module.state_dict()
    for name, value in state.items():
        if name.endswith("running_var"):
            value.uniform_(0.5, 2)
        elif value.is_floating_point() and value.ndim < 2:
            value.uniform_(0.2, 1)
    module.load_state_dict(state)
    return state


def by_the_paper(state: dict[str, Tensor], layers: int, images: Tensor) -> Tensor:
    """ResNet v1.5 of He et al. (2016), written from its table, then the linear layer."""

    def conv(x: Tensor, name: str, stride: int, pad: int) -> Tensor:
        return F.conv2d(x, state[f"features.{name}.weight"], None, stride, pad)

    def norm(x: Tensor, name: str) -> Tensor:
        mean, variance, gamma, beta = (
            state[f"features.{name}.{part}"][:, None, None]
            for part in ("running_mean", "running_var", "weight", "bias")
        )
        return (x - mean) / torch.sqrt(variance + 1e-5) * gamma + beta

    x = torch.stack(
        [(images[:, 0] - 0.485) / 0.229, (images[:, 1] - 0.456) / 0.224]
        + [(images[:, 2] - 0.406) / 0.225],
        1,
    )
    x = F.max_pool2d(norm(conv(x, "conv1", 2, 3), "bn1").clamp(min=0), 3, 2, 1)
    for stage, count in enumerate(STAGES[layers], 1):
        for index in range(count):
            at, stride = f"layer{stage}.{index}", 2 if stage > 1 and index == 0 else 1
            short = x
            if f"features.{at}.downsample.0.weight" in state:
                short = norm(conv(x, f"{at}.downsample.0", stride, 0), f"{at}.downsample.1")
            if layers == 50:
                x = norm(conv(x, f"{at}.conv1", 1, 0), f"{at}.bn1").clamp(min=0)
                x = norm(conv(x, f"{at}.conv2", stride, 1), f"{at}.bn2").clamp(min=0)
                x = norm(conv(x, f"{at}.conv3", 1, 0), f"{at}.bn3")
            else:
                x = norm(conv(x, f"{at}.conv1", stride, 1), f"{at}.bn1").clamp(min=0)
                x = norm(conv(x, f"{at}.conv2", 1, 1), f"{at}.bn2")
            x = (x + short).clamp(min=0)
    return x.mean((2, 3)) @ state["fc.weight"].T + state["fc.bias"]


@pytest.mark.parametrize("layers", [18, 34, 50])
def test_images_are_encoded_as_the_paper_says(layers: int) -> None:
    torch.manual_seed(layers)
    encoder = ResNetEncoder(16, layers).eval()
    state = randomised(encoder)
    images = torch.rand(1, 3, 64, 64)
    with torch.no_grad():
        assert torch.allclose(
            encoder(images), by_the_paper(state, layers, images), rtol=1e-4, atol=1e-5
        )


def test_the_parameters_have_the_names_and_numbers_of_torchvision() -> None:
    """torchvision's classifiers have 11,689,512 and 25,557,032 parameters, fc included."""
    for layers, count in ((18, 11_689_512), (50, 25_557_032)):
        encoder = ResNetEncoder(1000, layers)
        assert sum(p.numel() for p in encoder.parameters()) == count
        assert "features.layer4.1.bn2.running_var" in encoder.state_dict()
        assert "features.layer2.0.downsample.1.num_batches_tracked" in encoder.state_dict()


def test_features_alone_can_be_the_code() -> None:
    encoder = ResNetEncoder(512, 18, linear=False).eval()
    assert not [name for name in encoder.state_dict() if name.startswith("fc")]
    assert encoder(torch.rand(1, 3, 64, 64)).shape == (1, 512)
    with pytest.raises(ValueError, match="512 numbers, not 256"):
        ResNetEncoder(256, 18, linear=False)
