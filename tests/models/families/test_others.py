"""IM-NET, IF-Net, 3DShape2VecSet and networks of single shapes, against their papers."""

from __future__ import annotations

import argparse

import numpy as np
import pytest
import torch
from torch.nn import functional as F

from occviewer.errors import CheckpointError
from occviewer.models import Code, open_model
from occviewer.models.known_codes import stored_codes
from occviewer.placement import Placement

from .published import Weights, assert_logits, linear, norm, random_state
from .test_onet import QUERIES, observation

INSIDE = QUERIES[:, :30] * (0.5 / 0.55)


def test_im_net_agrees_with_the_paper(tmp_path):
    ef, z_dim, gf = 4, 10, 8
    shapes = {}
    for i, (a, b) in enumerate([(1, ef), (ef, 2 * ef), (2 * ef, 4 * ef), (4 * ef, 8 * ef)], 1):
        shapes |= linear(f"encoder.conv_{i}", a, b, bias=False, kernel=(4, 4, 4))
    shapes |= linear("encoder.conv_5", 8 * ef, z_dim, kernel=(4, 4, 4))
    sizes = [z_dim + 3, 8 * gf, 8 * gf, 8 * gf, 4 * gf, 2 * gf, gf, 1]
    for i in range(1, 8):
        shapes |= linear(f"generator.linear_{i}", sizes[i - 1], sizes[i])
    state = random_state(shapes)
    state["generator.linear_7.weight"] *= 5
    state["generator.linear_7.bias"] -= 3.5
    torch.save(state, tmp_path / "IM_AE.model64-199.pth")
    model = open_model(tmp_path / "IM_AE.model64-199.pth", "cpu")
    assert (model.info.threshold, model.level, model.info.values) == (0.5, 0.5, "occupancy")
    voxels = observation("voxels", 64)
    with torch.no_grad():
        features = model.network.encode(voxels)
        found = model.network.decode(INSIDE, features)[0]
    w = Weights(state, "encoder.")
    x = voxels[None].double()
    for i in range(1, 5):
        x = F.conv3d(x, w(f"conv_{i}.weight"), stride=2, padding=1)
        mean = x.mean((2, 3, 4), keepdim=True)
        x = (x - mean) / (((x - mean) ** 2).mean((2, 3, 4), keepdim=True) + 1e-5).sqrt()
        x = torch.where(x > 0, x, 0.02 * x)
    x = F.conv3d(x, w("conv_5.weight"), w("conv_5.bias")).flatten()
    z = 1 / (1 + torch.exp(-x))
    assert_logits(features["z"][0], z)
    w = Weights(state, "generator.")
    x = torch.cat([INSIDE[0].double(), z.expand(30, -1)], 1)
    for i in range(1, 7):
        x = w.linear(f"linear_{i}", x)
        x = torch.where(x > 0, x, 0.02 * x)
    x = w.linear("linear_7", x)[:, 0]
    clipped = torch.where(x < 0, 0.01 * x, torch.where(x > 1, 0.99 + 0.01 * x, x))
    assert ((x > 0) & (x < 1)).any()
    assert ((x < 0) | (x > 1)).any()
    assert_logits(found, clipped)


# Convolutions before each batch norm: names and channels.
IF_32 = [
    (["conv_1", "conv_1_1"], [32, 64], "conv1_1_bn"),
    (["conv_2", "conv_2_1"], [128, 128], "conv2_1_bn"),
    (["conv_3", "conv_3_1"], [128, 128], "conv3_1_bn"),
]
IF_128 = [
    (["conv_in"], [16], "conv_in_bn"),
    (["conv_0", "conv_0_1"], [32, 32], "conv0_1_bn"),
    (["conv_1", "conv_1_1"], [64, 64], "conv1_1_bn"),
    (["conv_2", "conv_2_1"], [128, 128], "conv2_1_bn"),
    (["conv_3", "conv_3_1"], [128, 128], "conv3_1_bn"),
]
IF_VIEW = [*IF_128, (["conv_4", "conv_4_1"], [128, 128], "conv4_1_bn")]


def if_net(levels, first, query):
    shapes, before, total = {}, 1, 1
    for names, channels, bn in levels:
        for name, size in zip(names, channels, strict=True):
            shapes |= linear(name, before, size, kernel=(3, 3, 3))
            before = size
        shapes |= norm(bn, before)
        total += before
    sizes = [7 * total + query, first, 16, 16, 1]
    for i, name in enumerate(["fc_0", "fc_1", "fc_2", "fc_out"]):
        shapes |= linear(name, sizes[i], sizes[i + 1], kernel=(1,))
    return random_state(shapes)


def trilinear(grid, at, border):
    """Values (M, C) of a grid (C, x, y, z) at places (M, 3) in -1..1, corners at the centres."""
    side = grid.shape[-1]
    place = (at + 1) / 2 * (side - 1)
    place = place.clamp(0, side - 1) if border else place
    low = place.floor()
    total = torch.zeros(len(at), grid.shape[0], dtype=torch.float64)
    for corner in np.ndindex(2, 2, 2):
        index = low + torch.tensor(corner)
        share = (1 - (place - index).abs()).prod(1)
        inside = ((index >= 0) & (index < side)).all(1)
        index = index.clamp(0, side - 1).long()
        total += grid[:, index[:, 0], index[:, 1], index[:, 2]].T * (share * inside)[:, None]
    return total


def if_logits(state, levels, voxels, queries, step, border, query):
    w = Weights(state)
    net = voxels[None].double()
    grids = [net[0]]
    for number, (names, _, bn) in enumerate(levels):
        net = F.max_pool3d(net, 2) if number else net
        for name in names:
            net = F.conv3d(net, w(f"{name}.weight"), w(f"{name}.bias"), padding=1).clamp(min=0)
        net = w.batch_norm(bn, net.movedim(1, -1)).movedim(-1, 1)
        grids.append(net[0])
    at = 2 * queries.double()
    # The published axes run z, y, x, and so do the steps around a query.
    moves = [torch.zeros(3)]
    for axis in (2, 1, 0):
        for sign in (-step, step):
            moves.append(torch.zeros(3))
            moves[-1][axis] = sign
    found = [torch.stack([trilinear(g, at + m, border) for m in moves], 2) for g in grids]
    x = torch.cat([f.flatten(1) for f in found], 1)
    x = torch.cat([x, at.flip(1)], 1) if query else x
    for name in ("fc_0", "fc_1", "fc_2"):
        x = w.linear(name, x).clamp(min=0)
    return w.linear("fc_out", x)[:, 0]


def save_if(path, state):
    path.parent.mkdir(parents=True, exist_ok=True)
    torch.save({"epoch": 9, "model_state_dict": state, "optimizer_state_dict": {}}, path)


def test_if_net_for_coarse_voxels_agrees_with_the_paper(tmp_path):
    state = if_net(IF_32, 32, 0)
    save_if(tmp_path / "checkpoint_epoch_9.tar", state)
    model = open_model(tmp_path / "checkpoint_epoch_9.tar", "cpu")
    assert (model.network.observed, model.network.side) == ("voxels", 32)
    assert model.info.training["epoch"] == 9
    voxels = observation("voxels", 32)
    with torch.no_grad():
        logits = model.network(voxels, INSIDE)[0]
    assert_logits(logits, if_logits(state, IF_32, voxels, INSIDE[0], 0.035, False, 0))


@pytest.mark.parametrize(
    ("levels", "observes"), [(IF_128, "points"), (IF_128, "voxels"), (IF_VIEW, "points")]
)
def test_if_net_for_fine_grids_agrees_with_the_paper(levels, observes, tmp_path):
    query = 3 if levels is IF_VIEW else 0
    state = if_net(levels, 32 if levels is IF_VIEW else 16, query)
    path = tmp_path / f"ShapeNet{observes}" / "checkpoint_epoch_9.tar"
    save_if(path, state)
    model = open_model(path, "cpu", settings={"side": 32})
    assert model.network.observed == observes
    x = observation(observes, 32)
    voxels = x
    if observes == "points":
        line = np.linspace(-0.5, 0.5, 32)
        voxels = torch.zeros(1, 32, 32, 32)
        for point in x[0].numpy():
            voxels[(0, *(int(np.argmin(abs(line - value))) for value in point))] = 1
    with torch.no_grad():
        features = model.network.encode(x)
        logits = model.network.decode(INSIDE, model.network.prepare(features))[0]
    assert torch.equal(features["voxels"], voxels)
    border = observes == "points"
    expected = if_logits(state, levels, voxels, INSIDE[0], 0.0722, border, query)
    assert_logits(logits, expected)
    code = Code({"voxels": features["voxels"][0]}, Placement(), model.name)
    assert_logits(model.field(code).logits(INSIDE[0]), expected)


def attention_shapes(name, dim, heads, head, context):
    shapes = {f"{name}.norm.{part}": (dim,) for part in ("weight", "bias")}
    if context:
        shapes |= {f"{name}.norm_context.{part}": (dim,) for part in ("weight", "bias")}
    shapes |= linear(f"{name}.fn.to_q", dim, heads * head, bias=False)
    shapes |= linear(f"{name}.fn.to_kv", dim, 2 * heads * head, bias=False)
    return shapes | linear(f"{name}.fn.to_out", heads * head, dim)


def feed_shapes(name, dim):
    shapes = {f"{name}.norm.{part}": (dim,) for part in ("weight", "bias")}
    return (
        shapes | linear(f"{name}.fn.net.0", dim, 8 * dim) | linear(f"{name}.fn.net.2", 4 * dim, dim)
    )


@pytest.mark.parametrize("latent", [0, 4])
def test_3dshape2vecset_agrees_with_the_paper(latent, tmp_path):
    dim, depth, count = 32, 2, 12
    shapes = attention_shapes("cross_attend_blocks.0", dim, 1, dim, True)
    shapes |= feed_shapes("cross_attend_blocks.1", dim)
    shapes |= linear("point_embed.mlp", 51, dim) | linear("to_outputs", dim, 1)
    shapes |= attention_shapes("decoder_cross_attn", dim, 1, dim, True)
    for i in range(depth):
        shapes |= attention_shapes(f"layers.{i}.0", dim, 2, 64, False)
        shapes |= feed_shapes(f"layers.{i}.1", dim)
    if latent:
        shapes |= linear("proj", latent, dim) | linear("mean_fc", dim, latent)
        shapes |= linear("logvar_fc", dim, latent)
    state = random_state(shapes)
    basis = torch.zeros(3, 24)
    for axis in range(3):
        basis[axis, 8 * axis : 8 * axis + 8] = torch.pi * 2.0 ** torch.arange(8)
    state["point_embed.basis"] = basis
    name = f"kl_d32_m{count}_l4.pth" if latent else f"ae_d32_m{count}.pth"
    torch.save(
        {"model": state, "args": argparse.Namespace(model=name), "epoch": 1}, tmp_path / name
    )
    model = open_model(tmp_path / name, "cpu")
    assert model.network.config["latents"] == count
    assert model.network.point_count == 2048
    points = observation("points")
    with torch.no_grad():
        features = model.network.encode(points)
        logits = model.network.decode(INSIDE, model.network.prepare(features))[0]

    w = Weights(state)

    def normed(name, x):
        x = (x - x.mean(1, keepdim=True)) / (x.var(1, keepdim=True, unbiased=False) + 1e-5).sqrt()
        return x * w(f"{name}.weight") + w(f"{name}.bias")

    def attended(name, x, context, heads):
        q = w.linear(f"{name}.fn.to_q", x)
        k, v = w.linear(f"{name}.fn.to_kv", context).chunk(2, 1)
        parts = []
        for a, b, c in zip(*(t.chunk(heads, 1) for t in (q, k, v)), strict=True):
            scores = torch.exp(a @ b.T / a.shape[1] ** 0.5)
            parts.append(scores / scores.sum(1, keepdim=True) @ c)
        return w.linear(f"{name}.fn.to_out", torch.cat(parts, 1))

    def fed(name, x):
        x, gates = w.linear(f"{name}.fn.net.0", normed(f"{name}.norm", x)).chunk(2, 1)
        gelu = gates * 0.5 * (1 + torch.erf(gates / 2**0.5))
        return w.linear(f"{name}.fn.net.2", x * gelu)

    def embedded(x):
        waves = x @ w("point_embed.basis")
        return w.linear("point_embed.mlp", torch.cat([waves.sin(), waves.cos(), x], 1))

    cloud = 2 * points[0].double()  # the published shapes fill -1..1
    taken = [0]
    distance = (cloud - cloud[0]).norm(dim=1)
    while len(taken) < count:
        taken.append(int(distance.argmax()))
        distance = torch.minimum(distance, (cloud - cloud[taken[-1]]).norm(dim=1))
    x = embedded(cloud[taken])
    at = "cross_attend_blocks.0"
    context = normed(f"{at}.norm_context", embedded(cloud))
    x = x + attended(at, normed(f"{at}.norm", x), context, 1)
    x = x + fed("cross_attend_blocks.1", x)
    x = w.linear("mean_fc", x) if latent else x
    assert_logits(features["latents"][0], x)
    x = w.linear("proj", x) if latent else x
    for i in range(depth):
        own = normed(f"layers.{i}.0.norm", x)
        x = x + attended(f"layers.{i}.0", own, own, 2)
        x = x + fed(f"layers.{i}.1", x)
    at = "decoder_cross_attn"
    queries = normed(f"{at}.norm", embedded(2 * INSIDE[0].double()))
    out = attended(at, queries, normed(f"{at}.norm_context", x), 1)
    assert_logits(logits, w.linear("to_outputs", out)[:, 0])


def layers(sizes, names, spread, seed=0):
    generator = torch.Generator().manual_seed(seed)
    state = {}
    for name, a, b in zip(names, sizes[:-1], sizes[1:], strict=True):
        state[f"{name}.weight"] = (torch.rand(b, a, generator=generator) * 2 - 1) * spread(a)
        state[f"{name}.bias"] = 0.1 * torch.randn(b, generator=generator)
    return state


def field_values(model, queries):
    (code,) = stored_codes(model)
    return model.field(code).logits(queries)


def test_siren_is_recognised_by_the_size_of_its_weights(tmp_path):
    names = [f"net.net.{i}.0" for i in range(4)]
    state = layers([3, 64, 64, 64, 1], names, lambda a: 1 / 3 if a == 3 else (6 / a) ** 0.5 / 30)
    torch.save(state, tmp_path / "model_final.pth")
    model = open_model(tmp_path / "model_final.pth", "cpu")
    assert model.info.assumed["activation"] == "sine"
    assert (model.info.values, model.level) == ("distance", 0)
    w, x = Weights(state), 2 * QUERIES[0].double()
    for name in names[:3]:
        x = torch.sin(30 * w.linear(name, x))
    assert_logits(field_values(model, QUERIES[0]), -w.linear(names[3], x)[:, 0])


@pytest.mark.parametrize("transposed", [False, True])
def test_arrays_in_an_npz_are_an_mlp_whichever_way_they_lie(transposed, tmp_path):
    state = layers([3, 24, 24, 1], ["w0", "w1", "w2"], lambda a: (6 / a) ** 0.5)
    arrays = {n: t.numpy().T if transposed else t.numpy() for n, t in state.items()}
    np.savez(tmp_path / "shape.npz", **arrays)
    model = open_model(tmp_path / "shape.npz", "cpu", settings={"scale": 1})
    w, x = Weights(state), QUERIES[0].double()
    for name in ("w0", "w1"):
        x = w.linear(name, x).clamp(min=0)
    assert_logits(field_values(model, QUERIES[0]), w.linear("w2", x)[:, 0])


def test_a_single_layer_is_no_shape(tmp_path):
    torch.save(
        {"layer1.weight": torch.zeros(3, 3), "layer1.bias": torch.zeros(3)}, tmp_path / "a.pt"
    )
    with pytest.raises(CheckpointError, match=r"a\.pt fits no network"):
        open_model(tmp_path / "a.pt", "cpu")


def test_fourier_features_of_a_matrix_and_of_octaves(tmp_path):
    matrix = torch.randn(3, 16)
    state = layers([32, 24, 24, 1], ["0", "2", "4"], lambda a: (6 / a) ** 0.5)
    torch.save({"B": matrix, **state}, tmp_path / "matrix.pt")
    w, points = Weights(state), 2 * QUERIES[0].double()

    def through(x):
        for name in ("0", "2"):
            x = w.linear(name, x).clamp(min=0)
        return w.linear("4", x)[:, 0]

    phase = 2 * torch.pi * points @ matrix.double()
    expected = through(torch.cat([phase.sin(), phase.cos()], 1))
    assert_logits(field_values(open_model(tmp_path / "matrix.pt", "cpu"), QUERIES[0]), expected)

    state = layers([3 + 6 * 4, 24, 24, 1], ["0", "2", "4"], lambda a: (6 / a) ** 0.5)
    torch.save(state, tmp_path / "octaves.pt")
    w = Weights(state)
    waves = [wave(2.0**k * points) for k in range(4) for wave in (torch.sin, torch.cos)]
    expected = through(torch.cat([points, *waves], 1))
    assert_logits(field_values(open_model(tmp_path / "octaves.pt", "cpu"), QUERIES[0]), expected)


def test_an_activation_that_cannot_be_known_is_asked_for(tmp_path):
    state = layers([3, 64, 64, 64, 1], ["a", "b", "c", "d"], lambda a: 0.55 / a**0.5)
    torch.save(state, tmp_path / "between.pt")
    with pytest.raises(CheckpointError, match=r"between\.pt.*relu or sine.*activation=sine"):
        open_model(tmp_path / "between.pt", "cpu")
    model = open_model(tmp_path / "between.pt", "cpu", settings={"activation": "sine"})
    assert "activation" not in model.info.assumed
