"""Occupancy Networks for one shape: conditional batch norms folded into linear layers."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F  # noqa: N812 - the usual name

from occviewer.networks import ONet
from occviewer.networks.onet_decoders import CBatchNorm1d, CResnetBlockConv1d, DecoderCBatchNorm


def is_foldable(network: ONet) -> bool:
    """Tell networks that `FoldedONet` folds: the decoder ``cbatchnorm``, and no latent ``z``."""
    decoder = network.decoder
    return isinstance(decoder, DecoderCBatchNorm) and not (decoder.z_dim or decoder.leaky)


class FoldedONet:
    """The decoder of Occupancy Networks for one code, its batch norms folded away.

    A conditional batch norm in evaluation mode is, once the code is known, an affine
    map ``a x + b`` of each channel. Where it follows a linear layer it is multiplied
    into that layer's weights; the one at the head of a residual block stays one
    multiplication and one addition, which the bias of the block before goes into.

    On the CPU `occviewer.models.tiled_onet` computes it.

    Parameters
    ----------
    network : ONet
        In evaluation mode; see `is_foldable`.
    c : (1, c_dim) Tensor
        The code.

    Attributes
    ----------
    first : (weight (W, 3), bias (W,))
        From queries to units.
    blocks : list of (scale (W,), shift (W,), inner (W, W), inner bias (W,), outer (W, W))
        Units x gain ``outer relu(inner relu(scale x + shift) + inner bias)``.
    end : (scale (W,), shift (W,))
        Of the units, before the last ReLU.
    last, last_bias : Tensor (W,), (1,)
        From units to the logit.
    """

    def __init__(self, network: ONet, c: Tensor) -> None:
        decoder = network.decoder
        assert isinstance(decoder, DecoderCBatchNorm)
        with torch.no_grad():
            self.first = _linear(decoder.fc_p)
            self.blocks = []
            before = torch.zeros_like(self.first[1])
            for block in decoder.five("block"):
                assert isinstance(block, CResnetBlockConv1d)
                scale, shift = _affine(block.bn_1, c)
                weight, bias = _linear(block.fc_0)
                inner, inner_bias = weight * scale[:, None], bias * scale + shift
                scale, shift = _affine(block.bn_0, c)
                outer, bias = _linear(block.fc_1)
                self.blocks.append((scale, shift + scale * before, inner, inner_bias, outer))
                before = before + bias
            scale, shift = _affine(decoder.bn, c)
            self.end = scale, shift + scale * before
            weight, self.last_bias = _linear(decoder.fc_out)
            self.last = weight[0].clone()

    def __call__(self, queries: Tensor) -> Tensor:
        """Logits (M,) of queries (M, 3); no gradients."""
        with torch.no_grad():
            net = F.linear(queries, *self.first)
            # In place: new memory for each operation took a tenth of the time.
            active, middle = torch.empty_like(net), torch.empty_like(net)
            for scale, shift, inner, bias, outer in self.blocks:
                torch.addcmul(shift, net, scale, out=active).relu_()
                torch.addmm(bias, active, inner.T, out=middle).relu_()
                net.addmm_(middle, outer.T)
            scale, shift = self.end
            out = torch.mv(torch.addcmul(shift, net, scale, out=active).relu_(), self.last)
            return out.add_(self.last_bias)


def _linear(conv: torch.nn.Conv1d) -> tuple[Tensor, Tensor]:
    """Weight (out, in) and bias (out,) of a convolution of width 1."""
    assert conv.bias is not None
    return conv.weight[..., 0].detach().contiguous(), conv.bias.detach()


def _affine(norm: CBatchNorm1d, c: Tensor) -> tuple[Tensor, Tensor]:
    """Scale and shift (f_dim,) that a conditional batch norm is for a code (1, c_dim)."""
    mean, variance = norm.bn.running_mean, norm.bn.running_var
    assert mean is not None
    assert variance is not None
    gamma, beta = norm.affine(c)
    scale = gamma[0, :, 0] * torch.rsqrt(variance + norm.bn.eps)
    return scale, beta[0, :, 0] - scale * mean
