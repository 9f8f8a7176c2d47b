"""Occupancy Networks: every encoder and decoder, against a slow evaluation from the paper."""

from __future__ import annotations

import pytest
import torch
from torch.nn import functional as F

from occviewer.models import open_model
from occviewer.models.known_codes import stored_codes

from .published import (
    Weights,
    assert_logits,
    linear,
    norm,
    random_state,
    resnet_block,
    save_like_onet,
)

C, Z, H = 24, 6, 20


def conditional(name, c_dim, size, legacy=False):
    kind, kernel = ("fc", ()) if legacy else ("conv", (1,))
    return {
        **linear(f"{name}.{kind}_gamma", c_dim, size, kernel=kernel),
        **linear(f"{name}.{kind}_beta", c_dim, size, kernel=kernel),
        **norm(f"{name}.bn", size, affine=False),
    }


def decoder_shapes(kind, c_dim, z_dim, legacy=False):
    kernel = () if kind == "simple" else (1,)
    first, last = ("conv_p", "conv_out") if kind == "cbatchnorm2" else ("fc_p", "fc_out")
    shapes = {**linear(first, 3, H, kernel=kernel), **linear(last, H, 1, kernel=kernel)}
    if z_dim:
        shapes |= linear("fc_z", z_dim, c_dim if kind == "cbatchnorm2" else H)
    if kind in ("simple", "batchnorm") and c_dim:
        shapes |= linear("fc_c", c_dim, H)
    blocks = {"cbatchnorm2": [f"blocks.{i}" for i in range(3)]}.get(
        kind, [f"block{i}" for i in range(5)]
    )
    if kind == "cbatchnorm_noresnet":
        for i in range(5):
            shapes |= linear(f"fc_{i}", H, H, kernel=(1,))
        for i in range(6):
            shapes |= conditional(f"bn_{i}", c_dim, H)
        return shapes
    for block in blocks:
        if kind == "simple":
            shapes |= resnet_block(block, H, H)
            continue
        for i in range(2):
            shapes |= linear(f"{block}.fc_{i}", H, H, kernel=(1,))
            bn = f"{block}.bn_{i}"
            shapes |= norm(bn, H) if kind == "batchnorm" else conditional(bn, c_dim, H, legacy)
    if kind == "batchnorm":
        shapes |= norm("bn", H)
    elif kind != "simple":
        shapes |= conditional("bn", c_dim, H, legacy)
    return shapes


def encoder_shapes(kind, c_dim):
    if kind == "pointnet_simple":
        shapes = {**linear("fc_pos", 3, 2 * H), **linear("fc_c", H, c_dim)}
        for i in range(4):
            shapes |= linear(f"fc_{i}", 2 * H, H)
    elif kind == "pointnet_resnet":
        shapes = {**linear("fc_pos", 3, 2 * H), **linear("fc_c", H, c_dim)}
        for i in range(5):
            shapes |= resnet_block(f"block_{i}", 2 * H, H)
    elif kind == "simple_conv":
        sizes = [3, 32, 64, 128, 256, 512]
        shapes = linear("fc_out", 512, c_dim)
        for i in range(5):
            shapes |= linear(f"conv{i}", sizes[i], sizes[i + 1], kernel=(3, 3))
    elif kind == "voxel_simple":
        sizes = [32, 64, 128, 256, 512]
        shapes = {**linear("conv_in", 1, 32, kernel=(3, 3, 3)), **linear("fc", 4096, c_dim)}
        for i in range(4):
            shapes |= linear(f"conv_{i}", sizes[i], sizes[i + 1], kernel=(3, 3, 3))
    else:
        shapes = linear("fc", 2048 if kind == "resnet50" else 512, c_dim)
        shapes |= {f"features.{n}": s for n, s in resnet_shapes(int(kind[-2:])).items()}
    return shapes


def resnet_shapes(layers):
    shapes = {**linear("conv1", 3, 64, bias=False, kernel=(7, 7)), **norm("bn1", 64)}
    counts = {18: (2, 2, 2, 2), 34: (3, 4, 6, 3), 50: (3, 4, 6, 3)}[layers]
    size = 64
    for stage, blocks in enumerate(counts):
        width = 64 * 2**stage
        out = width * (4 if layers == 50 else 1)
        for block in range(blocks):
            at = f"layer{stage + 1}.{block}"
            kernels = [(1, 1), (3, 3), (1, 1)] if layers == 50 else [(3, 3), (3, 3)]
            widths = [width, width, out] if layers == 50 else [width, width]
            before = size
            for i, (kernel, to) in enumerate(zip(kernels, widths, strict=True), 1):
                shapes |= linear(f"{at}.conv{i}", before, to, bias=False, kernel=kernel)
                shapes |= norm(f"{at}.bn{i}", to)
                before = to
            if block == 0 and (stage or layers == 50):
                shapes |= linear(f"{at}.downsample.0", size, out, bias=False, kernel=(1, 1))
                shapes |= norm(f"{at}.downsample.1", out)
            size = out
    return shapes


def state_of(encoder, decoder, c_dim=C, z_dim=0, legacy=False, seed=0):
    shapes = {f"decoder.{n}": s for n, s in decoder_shapes(decoder, c_dim, z_dim, legacy).items()}
    if encoder:
        shapes |= {f"encoder.{n}": s for n, s in encoder_shapes(encoder, c_dim).items()}
    return random_state(shapes, seed)


def encoded(w, kind, x):
    """A code (c_dim,) of one observation, from the paper's supplement."""
    if kind.startswith("pointnet"):
        net = w.linear("fc_pos", x)
        for i in range(4 if kind == "pointnet_simple" else 5):
            if i:
                net = torch.cat([net, net.max(0).values.expand_as(net)], 1)
            if kind == "pointnet_simple":
                net = w.linear(f"fc_{i}", net.clamp(min=0))
            else:
                net = w.residual(f"block_{i}", net)
        return w.linear("fc_c", net.max(0).values.clamp(min=0))
    names = (
        [f"conv{i}" for i in range(5)]
        if kind == "simple_conv"
        else ["conv_in", *(f"conv_{i}" for i in range(4))]
    )
    net = x[None] if kind == "simple_conv" else x[None, None]
    for number, name in enumerate(names):
        net = net.clamp(min=0) if number else net
        weight, bias = w(f"{name}.weight"), w(f"{name}.bias")
        if kind == "simple_conv":
            net = F.conv2d(net, weight, bias, stride=2)
        else:
            net = F.conv3d(net, weight, bias, stride=2 if number else 1, padding=1)
    net = net.mean((2, 3))[0] if kind == "simple_conv" else net.flatten()
    return w.linear("fc_out" if kind == "simple_conv" else "fc", net.clamp(min=0))


def decoded(w, kind, points, c, z):
    """Logits (M,) of points (M, 3), from the paper's supplement."""

    def conditioned(name, x):
        gamma, beta = (
            w.linear(f"{name}.{'fc' if w.has(f'{name}.fc_gamma.weight') else 'conv'}_{part}", c)
            for part in ("gamma", "beta")
        )
        return gamma * w.batch_norm(f"{name}.bn", x) + beta

    bn = w.batch_norm if kind == "batchnorm" else conditioned
    if kind == "cbatchnorm2":
        c = c + w.linear("fc_z", z) if len(z) else c
        x = w.linear("conv_p", points)
    else:
        x = w.linear("fc_p", points) + (w.linear("fc_z", z) if len(z) else 0)
    if kind in ("simple", "batchnorm") and len(c):
        x = x + w.linear("fc_c", c)
    if kind == "cbatchnorm_noresnet":
        for i in range(5):
            x = w.linear(f"fc_{i}", bn(f"bn_{i}", x).clamp(min=0))
        return w.linear("fc_out", bn("bn_5", x).clamp(min=0))[:, 0]
    for i in range(3 if kind == "cbatchnorm2" else 5):
        block = f"blocks.{i}" if kind == "cbatchnorm2" else f"block{i}"
        if kind == "simple":
            x = w.residual(block, x)
            continue
        inner = w.linear(f"{block}.fc_0", bn(f"{block}.bn_0", x).clamp(min=0))
        x = x + w.linear(f"{block}.fc_1", bn(f"{block}.bn_1", inner).clamp(min=0))
    x = x if kind == "simple" else bn("bn", x)
    return w.linear("conv_out" if kind == "cbatchnorm2" else "fc_out", x.clamp(min=0))[:, 0]


def observation(observed, side=0):
    generator = torch.Generator().manual_seed(3)
    if observed == "points":
        return torch.rand(1, 40, 3, generator=generator) - 0.5
    if observed == "voxels":
        return (torch.rand(1, side, side, side, generator=generator) < 0.3).float()
    return torch.rand(1, 3, side, side, generator=generator)


QUERIES = torch.rand(1, 50, 3, generator=torch.Generator().manual_seed(4)) * 1.1 - 0.55


@pytest.mark.parametrize("encoder", ["pointnet_simple", "pointnet_resnet", "simple_conv"])
def test_an_encoder_agrees_with_the_paper(encoder, tmp_path):
    check(tmp_path, encoder, "cbatchnorm")


def test_the_voxel_encoder_agrees_with_the_paper(tmp_path):
    check(tmp_path, "voxel_simple", "cbatchnorm")


@pytest.mark.parametrize("z_dim", [0, Z])
@pytest.mark.parametrize(
    "decoder", ["simple", "cbatchnorm", "cbatchnorm2", "batchnorm", "cbatchnorm_noresnet"]
)
def test_a_decoder_agrees_with_the_paper(decoder, z_dim, tmp_path):
    check(tmp_path, "pointnet_simple", decoder, z_dim=z_dim)


def test_the_legacy_decoder_agrees_with_the_paper(tmp_path):
    check(tmp_path, "pointnet_simple", "cbatchnorm", legacy=True)


def check(folder, encoder, decoder, z_dim=0, legacy=False):
    state = state_of(encoder, decoder, z_dim=z_dim, legacy=legacy)
    save_like_onet(folder / "model_best.pt", state)
    model = open_model(folder / "model_best.pt", "cpu")
    network = model.network
    assert network.config["encoder" if encoder != "pointnet_resnet" else "architecture"] in (
        encoder,
        "onet",
    )
    x = observation(network.observed, network.side)
    with torch.no_grad():
        features = network.encode(x)
        expected_c = encoded(Weights(state, "encoder."), encoder, x[0].double())
        assert_logits(features["c"][0], expected_c)
        if z_dim:
            assert not features["z"].any()  # the mean of the prior
            features["z"] = torch.randn(1, z_dim, generator=torch.Generator().manual_seed(5))
        logits = network.decode(QUERIES, features)[0]
    z = features["z"][0].double() if z_dim else torch.empty(0)
    expected = decoded(
        Weights(state, "decoder."), decoder, QUERIES[0].double(), features["c"][0].double(), z
    )
    assert_logits(logits, expected)


@pytest.mark.parametrize("layers", [18, 34, 50])
def test_image_models_are_recognised_by_their_layers(layers, tmp_path):
    save_like_onet(tmp_path / "m.pt", state_of(f"resnet{layers}", "cbatchnorm"))
    model = open_model(tmp_path / "m.pt", "cpu")
    assert model.network.config["encoder"] == f"resnet{layers}"
    assert (model.network.observed, model.network.side) == ("image", 224)
    assert not model.network.training


def test_an_unconditional_model_decodes_vectors_and_infers_them(tmp_path):
    shapes = {f"decoder.{n}": s for n, s in decoder_shapes("simple", 0, Z).items()}
    latent = {**linear("fc_pos", 3, 128), **linear("fc_0", 1, 128), **linear("fc_1", 128, 128)}
    latent |= {**linear("fc_2", 256, 128), **linear("fc_3", 256, 128)}
    latent |= {**linear("fc_mean", 128, Z), **linear("fc_logstd", 128, Z)}
    state = random_state(shapes | {f"encoder_latent.{n}": s for n, s in latent.items()})
    save_like_onet(tmp_path / "onet_uncond.pt", state)
    network = open_model(tmp_path / "onet_uncond.pt", "cpu").network
    assert network.observed == "none"
    z = torch.randn(1, Z, generator=torch.Generator().manual_seed(5))
    nothing = torch.empty(0, dtype=torch.float64)
    with torch.no_grad():
        logits = network.decode(QUERIES, {"z": z})[0]
    w = Weights(state, "decoder.")
    assert_logits(logits, decoded(w, "simple", QUERIES[0].double(), nothing, z[0].double()))

    points = observation("points")
    inside = (points.norm(dim=-1) < 0.4).float()
    with torch.no_grad():
        mean, log_deviation = network.infer(points, inside)
    w = Weights(state, "encoder_latent.")
    net = w.linear("fc_0", inside[0, :, None].double()) + w.linear("fc_pos", points[0].double())
    net = w.linear("fc_1", net.clamp(min=0))
    for name in ("fc_2", "fc_3"):
        net = torch.cat([net, net.max(0).values.expand_as(net)], 1)
        net = w.linear(name, net.clamp(min=0))
    net = net.max(0).values
    assert_logits(mean[0], w.linear("fc_mean", net))
    assert_logits(log_deviation[0], w.linear("fc_logstd", net))


def test_codes_of_training_shapes_that_were_learned_are_stored_codes(tmp_path):
    """The network of the paper's first experiment looks its codes up."""
    state = state_of(None, "cbatchnorm") | {"encoder.weight": torch.randn(5, C)}
    save_like_onet(tmp_path / "model.pt", state)
    model = open_model(tmp_path / "model.pt", "cpu")
    code = stored_codes(model)[2]
    assert torch.equal(code.tensors["c"], state["encoder.weight"][2])
    nothing = torch.empty(0)
    c = code.tensors["c"].double()
    expected = decoded(Weights(state, "decoder."), "cbatchnorm", QUERIES[0].double(), c, nothing)
    assert_logits(model.field(code).logits(QUERIES[0]), expected)


def test_published_defaults_are_told_and_can_be_changed(tmp_path):
    path = tmp_path / "onet_pcl2mesh.pt"
    save_like_onet(path, state_of("pointnet_resnet", "cbatchnorm"))
    info = open_model(path, "cpu").info
    assert (info.threshold, info.family, info.noise) == (0.2, "onet", 0.005)
    assert info.assumed["points"] == 300
    assert info.training == {"epoch_it": 12, "it": 3456, "loss_val_best": 0.593}
    model = open_model(path, "cpu", settings={"threshold": 0.4, "points": 1000})
    assert (model.info.threshold, model.network.point_count) == (0.4, 1000)
    assert "threshold" not in model.info.assumed


def test_the_configuration_beside_the_file_is_used(tmp_path):
    save_like_onet(tmp_path / "model_best.pt", state_of("pointnet_resnet", "cbatchnorm"))
    (tmp_path / "config.yaml").write_text(
        "data: {input_type: pointcloud, pointcloud_n: 500}\ntest: {threshold: 0.35}\n"
    )
    model = open_model(tmp_path / "model_best.pt", "cpu")
    assert (model.info.threshold, model.network.point_count) == (0.35, 500)
    assert model.info.provenance["configuration"] == "config.yaml"


def test_thresholds_are_those_of_the_published_configurations(tmp_path):
    """0.2 in all of them, the unconditional ones too; 0.5 where codes are looked up."""
    shapes = {f"decoder.{n}": s for n, s in decoder_shapes("simple", 0, Z).items()}
    save_like_onet(tmp_path / "uncond.pt", random_state(shapes))
    assert open_model(tmp_path / "uncond.pt", "cpu").info.threshold == 0.2
    stored = state_of(None, "cbatchnorm") | {"encoder.weight": torch.randn(5, C)}
    save_like_onet(tmp_path / "idx.pt", stored)
    info = open_model(tmp_path / "idx.pt", "cpu").info
    assert (info.threshold, info.assumed["threshold"]) == (0.5, 0.5)
    assert open_model(tmp_path / "idx.pt", "cpu", {"threshold": 0.3}).info.threshold == 0.3
