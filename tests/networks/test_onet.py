"""Occupancy Networks: published names, and the decoder computed again by hand."""

import numpy as np
import torch

from occviewer.networks import ONet

from .small import box_points, small_network


def test_parameters_have_the_published_names_and_shapes():
    shapes = {name: tuple(t.shape) for name, t in ONet().state_dict().items()}
    for name, shape in {
        "encoder.fc_pos.weight": (1024, 3),
        "encoder.block_0.fc_0.weight": (512, 1024),
        "encoder.block_4.fc_1.weight": (512, 512),
        "encoder.block_2.shortcut.weight": (512, 1024),
        "encoder.fc_c.weight": (512, 512),
        "decoder.fc_p.weight": (256, 3, 1),
        "decoder.block0.bn_0.conv_gamma.weight": (256, 512, 1),
        "decoder.block3.bn_1.conv_beta.bias": (256,),
        "decoder.block4.bn_1.bn.running_mean": (256,),
        "decoder.block1.bn_0.bn.num_batches_tracked": (),
        "decoder.block2.fc_0.weight": (256, 256, 1),
        "decoder.block2.fc_1.bias": (256,),
        "decoder.bn.conv_gamma.weight": (256, 512, 1),
        "decoder.bn.bn.running_var": (256,),
        "decoder.fc_out.weight": (1, 256, 1),
    }.items():
        assert shapes[name] == shape, name
    assert not any("bn.bn.weight" in name or "shortcut.bias" in name for name in shapes)


def test_the_decoder_computed_slowly_by_hand_agrees():
    network = small_network("onet")
    c = torch.randn(1, 24, generator=torch.Generator().manual_seed(5))
    queries = box_points(1, 20, seed=1)
    with torch.no_grad():
        logits = network.decode(queries, {"c": c})[0].numpy()
    weights = {n: t.double().numpy() for n, t in network.decoder.state_dict().items()}
    expected = [_decode(weights, p, c[0].double().numpy()) for p in queries[0].double().numpy()]
    np.testing.assert_allclose(logits, expected, atol=1e-5)


def _decode(weights, point, c):
    """The formulas of the paper's supplement, one point at a time, float64."""

    def conv(name, x):
        return weights[f"{name}.weight"][:, :, 0] @ x + weights[f"{name}.bias"]

    def conditional_norm(name, x):
        mean, variance = weights[f"{name}.bn.running_mean"], weights[f"{name}.bn.running_var"]
        normalised = (x - mean) / np.sqrt(variance + 1e-5)
        return conv(f"{name}.conv_gamma", c) * normalised + conv(f"{name}.conv_beta", c)

    x = conv("fc_p", point)
    for i in range(5):
        inner = conv(f"block{i}.fc_0", np.maximum(conditional_norm(f"block{i}.bn_0", x), 0))
        x = x + conv(f"block{i}.fc_1", np.maximum(conditional_norm(f"block{i}.bn_1", inner), 0))
    return conv("fc_out", np.maximum(conditional_norm("bn", x), 0))[0]
