"""Residual networks for images (He et al., CVPR 2016), as Occupancy Networks encode pictures.

Parameters carry the names of torchvision's ResNets under ``features.`` and are followed by
one linear layer ``fc`` to the code, so that published checkpoints load as they are.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812 - the usual name

IMAGENET_MEAN = (0.485, 0.456, 0.406)
"""Mean of the red, green and blue values of ImageNet in [0, 1]."""

IMAGENET_STD = (0.229, 0.224, 0.225)
"""Standard deviation of the red, green and blue values of ImageNet in [0, 1]."""

RESNET_BLOCKS = {18: (2, 2, 2, 2), 34: (3, 4, 6, 3), 50: (3, 4, 6, 3)}
"""Residual blocks of each of the four stages, by the number of layers."""

_WIDTHS = (64, 128, 256, 512)


class BasicBlock(nn.Module):
    """Two 3x3 convolutions beside a shortcut: the block of ResNet-18 and 34."""

    expansion = 1

    def __init__(self, size_in: int, width: int, stride: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(size_in, width, 3, stride, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.conv2 = nn.Conv2d(width, width, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(width)
        self.downsample = _shortcut(size_in, width * self.expansion, stride)

    def forward(self, x: Tensor) -> Tensor:
        """Map (B, size_in, H, W) to (B, width, H / stride, W / stride)."""
        out = F.relu(self.bn1(self.conv1(x)))
        out = self.bn2(self.conv2(out))
        return F.relu(out + (x if self.downsample is None else self.downsample(x)))


class Bottleneck(nn.Module):
    """Convolutions 1x1, 3x3, 1x1 beside a shortcut: the block of ResNet-50.

    The stride is that of the 3x3 convolution, as in torchvision.
    """

    expansion = 4

    def __init__(self, size_in: int, width: int, stride: int) -> None:
        super().__init__()
        size_out = width * self.expansion
        self.conv1 = nn.Conv2d(size_in, width, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.conv2 = nn.Conv2d(width, width, 3, stride, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(width)
        self.conv3 = nn.Conv2d(width, size_out, 1, bias=False)
        self.bn3 = nn.BatchNorm2d(size_out)
        self.downsample = _shortcut(size_in, size_out, stride)

    def forward(self, x: Tensor) -> Tensor:
        """Map (B, size_in, H, W) to (B, 4 width, H / stride, W / stride)."""
        out = F.relu(self.bn1(self.conv1(x)))
        out = F.relu(self.bn2(self.conv2(out)))
        out = self.bn3(self.conv3(out))
        return F.relu(out + (x if self.downsample is None else self.downsample(x)))


class ResNetFeatures(nn.Module):
    """A ResNet without its classifier, under torchvision's parameter names.

    Parameters
    ----------
    layers : int
        18, 34 or 50.

    Attributes
    ----------
    size : int
        Number of features: 512, or 2,048 with 50 layers.
    """

    def __init__(self, layers: int = 18) -> None:
        super().__init__()
        if layers not in RESNET_BLOCKS:
            raise ValueError(f"There are ResNets of {list(RESNET_BLOCKS)} layers, not {layers}.")
        block = Bottleneck if layers == 50 else BasicBlock
        self.conv1 = nn.Conv2d(3, 64, 7, stride=2, padding=3, bias=False)
        self.bn1 = nn.BatchNorm2d(64)
        size_in, stages = 64, []
        for number, (width, count) in enumerate(zip(_WIDTHS, RESNET_BLOCKS[layers], strict=True)):
            stage: list[nn.Module] = []
            for index in range(count):
                stride = 2 if number and not index else 1
                stage.append(block(size_in, width, stride))
                size_in = width * block.expansion
            stages.append(nn.Sequential(*stage))
        self.layer1, self.layer2, self.layer3, self.layer4 = stages
        self.size = size_in
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")

    def levels(self, x: Tensor) -> list[Tensor]:
        """Feature maps of the first layer, whose side is H / 2, and of the four stages."""
        x = F.relu(self.bn1(self.conv1(x)))
        return [x, *self._stages(x)]

    def maps(self, x: Tensor) -> list[Tensor]:
        """Feature maps of the four stages: sides H / 4, H / 8, H / 16 and H / 32."""
        return self.levels(x)[1:]

    def _stages(self, x: Tensor) -> list[Tensor]:
        x = F.max_pool2d(x, 3, stride=2, padding=1)
        maps = []
        for stage in (self.layer1, self.layer2, self.layer3, self.layer4):
            x = stage(x)
            maps.append(x)
        return maps

    def forward(self, x: Tensor) -> Tensor:
        """Map normalised images (B, 3, H, W) to features (B, size), averaged over the image."""
        return self.maps(x)[-1].mean((2, 3))


class ResNetEncoder(nn.Module):
    """Images to codes: a ResNet, then one linear layer.

    Parameters
    ----------
    c_dim : int
        Length of the code.
    layers : int
        18, 34 or 50.
    linear : bool
        False for a network whose features are the code, without ``fc``.
    """

    def __init__(self, c_dim: int = 256, layers: int = 18, *, linear: bool = True) -> None:
        super().__init__()
        self.features = ResNetFeatures(layers)
        if not linear and c_dim != self.features.size:
            raise ValueError(f"Without fc the code has {self.features.size} numbers, not {c_dim}.")
        self.fc = nn.Linear(self.features.size, c_dim) if linear else nn.Identity()

    def forward(self, images: Tensor) -> Tensor:
        """Codes (B, c_dim) of RGB images (B, 3, H, W) in [0, 1]; 224 x 224 as published."""
        return self.fc(self.features(normalised_image(images)))  # type: ignore[no-any-return]


def normalised_image(images: Tensor) -> Tensor:
    """Standardise RGB images (B, 3, H, W) in [0, 1] by the mean and deviation of ImageNet."""
    mean = torch.tensor(IMAGENET_MEAN, dtype=images.dtype, device=images.device)
    std = torch.tensor(IMAGENET_STD, dtype=images.dtype, device=images.device)
    return (images - mean[:, None, None]) / std[:, None, None]


def _shortcut(size_in: int, size_out: int, stride: int) -> nn.Sequential | None:
    """1x1 convolution where the block changes the size, as torchvision has it."""
    if stride == 1 and size_in == size_out:
        return None
    return nn.Sequential(
        nn.Conv2d(size_in, size_out, 1, stride, bias=False), nn.BatchNorm2d(size_out)
    )
