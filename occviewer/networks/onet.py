"""Occupancy Networks (Mescheder et al., CVPR 2019).

An encoder makes one vector of a cloud, an image or a voxel grid; the decoder is a residual
MLP, mostly one whose batch norms are scaled and shifted by that vector. Parameters carry
the published names, so that published checkpoints load as they are.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

import torch
from torch import Tensor, nn

from occviewer.networks.base import Features, Observed, OccupancyNetwork
from occviewer.networks.frames import Frame
from occviewer.networks.onet_decoders import (
    CBatchNorm1d,
    DecoderBatchNorm,
    DecoderCBatchNorm,
    DecoderCBatchNorm2,
    DecoderCBatchNormNoResnet,
    DecoderSimple,
    empty_code,
)
from occviewer.networks.onet_encoders import (
    ConvEncoder,
    LatentEncoder,
    ResnetPointnet,
    SimplePointnet,
    VoxelEncoder,
)
from occviewer.networks.resnet import ResNetEncoder

__all__ = ["DECODERS", "ENCODERS", "CBatchNorm1d", "DecoderCBatchNorm", "ONet", "ResnetPointnet"]

ENCODERS: dict[str, Observed] = {
    "pointnet_resnet": "points",
    "pointnet_simple": "points",
    "resnet18": "image",
    "resnet34": "image",
    "resnet50": "image",
    "simple_conv": "image",
    "voxel_simple": "voxels",
    "idx": "none",
    "none": "none",
}
"""Published names of the encoders, and what each observes: ``idx`` looks codes of the training
shapes up by their number."""

DECODERS: dict[str, Callable[..., nn.Module]] = {
    "simple": DecoderSimple,
    "cbatchnorm": DecoderCBatchNorm,
    "cbatchnorm2": DecoderCBatchNorm2,
    "batchnorm": DecoderBatchNorm,
    "cbatchnorm_noresnet": DecoderCBatchNormNoResnet,
}
"""Decoders by their published names."""

_SIDES: dict[Observed, int] = {"image": 224, "voxels": 32}


class ONet(OccupancyNetwork):
    """Occupancy Network of a published encoder and a published decoder.

    Parameters
    ----------
    c_dim : int
        Length of the code ``c``; 512 in the published point-cloud model.
    encoder_hidden, decoder_hidden : int
        Widths; 512 and 256 as published.
    point_count : int
        Points the encoder is given; 300 as published.
    encoder, decoder : str
        Keys of `ENCODERS` and `DECODERS`.
    z_dim : int
        Length of the latent ``z``; 0 for networks without.
    latent_encoder : bool
        Whether the network that infers ``z`` from labelled points is there.
    blocks : int
        Of the decoder ``cbatchnorm2``.
    shapes : int
        Training shapes whose codes the encoder ``idx`` holds.
    legacy, leaky, linear : bool
        Published options: linear layers in the conditional norms; a leaky last ReLU; a
        layer ``fc`` after the features of a ResNet.
    side : int
        Pixels a side of the images; 0 for those published, 224.
    scale, axes : float, str
        Of the network's `Frame`.

    Raises
    ------
    ValueError
        When a name is unknown, or a decoder that lives by the code has none.
    """

    architecture: ClassVar[str] = "onet"

    def __init__(
        self,
        c_dim: int = 512,
        encoder_hidden: int = 512,
        decoder_hidden: int = 256,
        point_count: int = 300,
        *,
        encoder: str = "pointnet_resnet",
        decoder: str = "cbatchnorm",
        z_dim: int = 0,
        latent_encoder: bool = False,
        blocks: int = 5,
        shapes: int = 0,
        legacy: bool = False,
        leaky: bool = False,
        linear: bool = True,
        side: int = 0,
        scale: float = 1.0,
        axes: str = "xyz",
    ) -> None:
        if encoder not in ENCODERS or decoder not in DECODERS:
            raise ValueError(f"there is no encoder {encoder!r} or no decoder {decoder!r}")
        observed = ENCODERS[encoder]
        options = {
            "encoder": (encoder, "pointnet_resnet"),
            "decoder": (decoder, "cbatchnorm"),
            "z_dim": (z_dim, 0),
            "latent_encoder": (latent_encoder, False),
            "blocks": (blocks, 5),
            "shapes": (shapes, 0),
            "legacy": (legacy, False),
            "leaky": (leaky, False),
            "linear": (linear, True),
            "side": (side, 0),
        }
        config: dict[str, Any] = {
            "c_dim": c_dim,
            "encoder_hidden": encoder_hidden,
            "decoder_hidden": decoder_hidden,
            # Only what differs, so that checkpoints of older versions say the same.
            **{name: value for name, (value, default) in options.items() if value != default},
        }
        super().__init__(config, point_count if observed == "points" else 0, Frame(scale, axes))
        self.observed = observed
        self.side = side if side and observed == "image" else _SIDES.get(observed, 0)
        self.c_dim, self.z_dim = c_dim, z_dim
        made = _encoder(encoder, c_dim, encoder_hidden, shapes, linear)
        if made is not None:
            self.encoder = made
        chosen: dict[str, Any] = {"z_dim": z_dim, "c_dim": c_dim, "hidden_size": decoder_hidden}
        if decoder == "cbatchnorm2":
            chosen["blocks"] = blocks
        else:
            chosen["leaky"] = leaky
        if decoder == "cbatchnorm":
            chosen["legacy"] = legacy
        self.decoder = DECODERS[decoder](**chosen)
        if latent_encoder:
            self.encoder_latent = LatentEncoder(z_dim, c_dim, leaky=leaky)

    def encode(self, observation: Tensor) -> Features:
        """Encode observations to ``c`` (B, c_dim) and, where there is one, ``z`` (B, z_dim).

        ``z`` is the mean of its prior, 0, as in the published evaluation.
        """
        features: Features = {}
        if self.observed == "points":
            features["c"] = self.encoder(self.frame.of(observation))
        elif self.observed == "voxels":
            features["c"] = self.encoder(self.frame.of_cells(observation))
        elif self.observed != "none":
            features["c"] = self.encoder(observation)
        elif self.c_dim:
            features["c"] = observation.new_zeros(len(observation), self.c_dim)
        if self.z_dim:
            features["z"] = observation.new_zeros(len(observation), self.z_dim)
        return features

    def infer(
        self, points: Tensor, occupancies: Tensor, c: Tensor | None = None
    ) -> tuple[Tensor, Tensor]:
        """Mean and log standard deviation of ``z``, of labelled points of the box.

        For parameters see `LatentEncoder`; the network must have one.
        """
        latent = self.encoder_latent
        assert isinstance(latent, LatentEncoder)
        mean, log_deviation = latent(self.frame.of(points), occupancies, c)
        return mean, log_deviation

    def decode(self, queries: Tensor, features: Features) -> Tensor:
        """Logits (B, M) of queries (B, M, 3)."""
        queries = self.frame.of(queries)
        nothing = empty_code(len(queries), queries)
        z, c = features.get("z", nothing), features.get("c", nothing)
        return self.decoder(queries, z, c)  # type: ignore[no-any-return]

    def stored_codes(self) -> Tensor:
        """Codes (S, c_dim) of the training shapes; none but with the encoder ``idx``."""
        encoder = getattr(self, "encoder", None)
        if isinstance(encoder, nn.Embedding):
            return encoder.weight.detach()
        return torch.empty(0, self.c_dim)


def _encoder(name: str, c_dim: int, hidden: int, shapes: int, linear: bool) -> nn.Module | None:
    match name:
        case "pointnet_resnet":
            return ResnetPointnet(c_dim, hidden)
        case "pointnet_simple":
            return SimplePointnet(c_dim, hidden)
        case "resnet18" | "resnet34" | "resnet50":
            return ResNetEncoder(c_dim, int(name[-2:]), linear=linear)
        case "simple_conv":
            return ConvEncoder(c_dim)
        case "voxel_simple":
            return VoxelEncoder(c_dim)
        case "idx":
            return nn.Embedding(shapes, c_dim)
    return None
