"""Convolutional Occupancy Networks against a slow evaluation from the paper."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch.nn import functional as F

from occviewer.models import Code, open_model
from occviewer.placement import Placement

from .published import Weights, assert_logits, linear, norm, random_state, resnet_block
from .test_onet import QUERIES, observation

C, H, PLANE, GRID = 8, 8, 16, 8
AXES = {"xz": (0, 2), "xy": (0, 1), "yz": (1, 2)}
SETTINGS = {"plane_resolution": PLANE, "grid_resolution": GRID}


def unet_shapes(depth, start=8):
    shapes = linear("conv_final", start, C, kernel=(1, 1))
    sizes = [start * 2**i for i in range(depth)]
    for i, size in enumerate(sizes):
        down = f"down_convs.{i}"
        shapes |= linear(f"{down}.conv1", sizes[i - 1] if i else C, size, kernel=(3, 3))
        shapes |= linear(f"{down}.conv2", size, size, kernel=(3, 3))
    for i, size in enumerate(reversed(sizes[:-1])):
        up = f"up_convs.{i}"
        shapes |= {f"{up}.upconv.weight": (2 * size, size, 2, 2), f"{up}.upconv.bias": (size,)}
        shapes |= linear(f"{up}.conv1", 2 * size, size, kernel=(3, 3))
        shapes |= linear(f"{up}.conv2", size, size, kernel=(3, 3))
    return {f"unet.{n}": s for n, s in shapes.items()}


def unet3d_shapes(levels, maps=16):
    shapes = linear("final_conv", maps, C, kernel=(1, 1, 1))
    sizes = [maps * 2**i for i in range(levels)]

    def double(name, before, middle, after):
        layers = {}
        for i, (a, b) in enumerate([(before, middle), (middle, after)], 1):
            at = f"{name}.basic_module.SingleConv{i}"
            layers |= {f"{at}.groupnorm.weight": (a,), f"{at}.groupnorm.bias": (a,)}
            layers |= linear(f"{at}.conv", a, b, bias=False, kernel=(3, 3, 3))
        return layers

    for i, size in enumerate(sizes):
        before = sizes[i - 1] if i else C
        shapes |= double(f"encoders.{i}", before, max(size // 2, before), size)
    for i, size in enumerate(reversed(sizes[:-1])):
        shapes |= double(f"decoders.{i}", 3 * size, size, size)
    return {f"unet3d.{n}": s for n, s in shapes.items()}


def decoder_shapes():
    shapes = {**linear("fc_p", 3, H), **linear("fc_out", H, 1)}
    for i in range(5):
        shapes |= {**linear(f"fc_c.{i}", C, H), **resnet_block(f"blocks.{i}", H, H)}
    return shapes


def pointnet_shapes():
    shapes = {**linear("fc_pos", 3, 2 * H), **linear("fc_c", H, C)}
    for i in range(5):
        shapes |= resnet_block(f"blocks.{i}", 2 * H, H)
    return shapes


def make(encoder, decoder=None):
    shapes = {f"encoder.{n}": s for n, s in encoder.items()}
    return random_state(
        shapes | {f"decoder.{n}": s for n, s in (decoder or decoder_shapes()).items()}
    )


def convolved(w, name, x):
    return F.conv2d(x, w(f"{name}.weight"), w(f"{name}.bias"), padding=1).clamp(min=0)


def unet(w, x, depth):
    skips = []
    for i in range(depth):
        x = F.max_pool2d(x, 2) if i else x
        x = convolved(w, f"down_convs.{i}.conv2", convolved(w, f"down_convs.{i}.conv1", x))
        skips.append(x)
    for i, skip in enumerate(reversed(skips[:-1])):
        at = f"up_convs.{i}"
        up = F.conv_transpose2d(x, w(f"{at}.upconv.weight"), w(f"{at}.upconv.bias"), stride=2)
        x = torch.cat([up, skip], 1)
        x = convolved(w, f"{at}.conv2", convolved(w, f"{at}.conv1", x))
    return F.conv2d(x, w("conv_final.weight"), w("conv_final.bias"))


def unet3d(w, x, levels):
    def double(name, x):
        for i in (1, 2):
            at = w.at(f"{name}.basic_module.SingleConv{i}")
            groups = x.reshape(8, -1)
            mean, variance = groups.mean(1), groups.var(1, unbiased=False)
            x = ((groups - mean[:, None]) / torch.sqrt(variance + 1e-5)[:, None]).view_as(x)
            x = x * at("groupnorm.weight")[:, None, None, None]
            x = x + at("groupnorm.bias")[:, None, None, None]
            x = F.conv3d(x, at("conv.weight"), padding=1).clamp(min=0)
        return x

    skips = []
    for i in range(levels):
        x = double(f"encoders.{i}", F.max_pool3d(x, 2) if i else x)
        skips.append(x)
    for i, skip in enumerate(reversed(skips[:-1])):
        up = x.repeat_interleave(2, 2).repeat_interleave(2, 3).repeat_interleave(2, 4)
        x = double(f"decoders.{i}", torch.cat([skip, up], 1))
    return F.conv3d(x, w("final_conv.weight"), w("final_conv.bias"))


def normalised(points, margin):
    x = points / (1 + 0.1 + margin) + 0.5
    x[x >= 1] = 1 - margin
    x[x < 0] = 0
    return x


def cell_of(points, name):
    """Cells (N, 2 or 3) of points on a plane, or in the grid."""
    if name == "grid":
        return (normalised(points.clone(), 1e-3) * GRID).long()
    return (normalised(points[:, AXES[name]].clone(), 1e-5) * PLANE).long()


def groups(cells):
    found = {}
    for number, cell in enumerate(cells.tolist()):
        found.setdefault(tuple(cell), []).append(number)
    return found


def point_features(w, points, names):
    net = w.residual("blocks.0", w.linear("fc_pos", points))
    for i in range(1, 5):
        pooled = torch.zeros_like(net)
        for name in names:
            for members in groups(cell_of(points, name)).values():
                pooled[members] += net[members].max(0).values
        net = w.residual(f"blocks.{i}", torch.cat([net, pooled], 1))
    return w.linear("fc_c", net)


def spread(w, points, c, names, depth, levels):
    features = {}
    for name in names:
        side = GRID if name == "grid" else PLANE
        volume = torch.zeros(1, C, *[side] * (3 if name == "grid" else 2), dtype=torch.float64)
        for cell, members in groups(cell_of(points, name)).items():
            volume[(0, slice(None), *reversed(cell))] = c[members].mean(0)
        if name == "grid":
            features[name] = unet3d(w.at("unet3d"), volume, levels)
        else:
            features[name] = unet(w.at("unet"), volume, depth)
    return features


def looked_up(volume, at):
    """Multilinear interpolation at places (M, D) in [0, 1], corners at the centres of cells."""
    side = volume.shape[-1]
    place = at * (side - 1)
    low = place.floor().clamp(max=side - 2).long()
    share = place - low
    total = 0
    for corner in np.ndindex(*[2] * at.shape[1]):
        index = low + torch.tensor(corner)
        part = torch.where(torch.tensor(corner) == 1, share, 1 - share).prod(1)
        total = total + volume[0][(slice(None), *reversed(index.T))].T * part[:, None]
    return total


def decoded(w, points, found, local=None):
    net = w.linear("fc_p", points if local is None else local)
    for i in range(5):
        net = w.residual(f"blocks.{i}", net + w.linear(f"fc_c.{i}", found))
    return w.linear("fc_out", net.clamp(min=0))[:, 0]


def logits_of(w, features, queries):
    found = sum(
        looked_up(
            volume,
            normalised(queries.clone(), 1e-3)
            if name == "grid"
            else normalised(queries[:, AXES[name]].clone(), 1e-5),
        )
        for name, volume in features.items()
    )
    return decoded(w, queries, found)


def opened(state, path, **settings):
    torch.save({"model": state}, path)
    return open_model(path, "cpu", settings={**SETTINGS, **settings})


@pytest.mark.parametrize(
    ("file", "names"),
    [
        ("shapenet_1plane.pt", ["xz"]),
        ("shapenet_3plane.pt", ["xz", "xy", "yz"]),
        ("shapenet_grid32.pt", ["grid"]),
        ("room_combine.pt", ["xz", "xy", "yz", "grid"]),
    ],
)
def test_points_become_the_logits_of_the_paper(file, names, tmp_path):
    shapes = pointnet_shapes()
    shapes |= unet_shapes(3) if names != ["grid"] else {}
    shapes |= unet3d_shapes(2) if "grid" in names else {}
    state = make(shapes)
    model = opened(state, tmp_path / file)
    points = observation("points")
    with torch.no_grad():
        logits = model.network(points, QUERIES)[0]
    w = Weights(state, "encoder.")
    c = point_features(w, points[0].double(), names)
    features = spread(w, points[0].double(), c, names, 3, 2)
    expected = logits_of(Weights(state, "decoder."), features, QUERIES[0].double())
    assert_logits(logits, expected)


def test_queries_at_the_rim_of_the_box_are_not_moved(tmp_path):
    """Only what lies outside [0, 1) is moved by the published margin, not what it borders on."""
    state = make(pointnet_shapes() | unet3d_shapes(2))
    model = opened(state, tmp_path / "grid.pt")
    points, rim = observation("points"), torch.full((1, 2, 3), 0.5499)
    rim[0, 1] *= -1
    with torch.no_grad():
        features = model.network.encode(points)
        field = model.field(Code({n: t[0] for n, t in features.items()}, Placement(), model.name))
        layered = model.network.decode(rim, features)[0]
    expected = logits_of(
        Weights(state, "decoder."), {"grid": features["grid"].double()}, rim[0].double()
    )
    assert_logits(layered, expected)
    assert_logits(field.logits(rim[0]), expected)


@pytest.mark.parametrize("names", [["xz", "xy", "yz"], ["grid"]])
def test_voxels_become_the_logits_of_the_paper(names, tmp_path):
    shapes = linear("conv_in", 1, C, kernel=(3, 3, 3))
    shapes |= unet3d_shapes(2) if names == ["grid"] else unet_shapes(3)
    state = make(shapes)
    model = opened(state, tmp_path / "voxel.pt")
    assert (model.network.observed, model.network.side) == ("voxels", 32)
    voxels = observation("voxels", 32)
    with torch.no_grad():
        logits = model.network(voxels, QUERIES)[0]
    w = Weights(state, "encoder.")
    c = F.conv3d(voxels[None].double(), w("conv_in.weight"), w("conv_in.bias"), padding=1)
    c = c.clamp(min=0)[0].flatten(1).T
    line = torch.linspace(-0.5, 0.5, 32).double()
    points = torch.cartesian_prod(line, line, line)
    features = spread(w, points, c, names, 3, 2)
    expected = logits_of(Weights(state, "decoder."), features, QUERIES[0].double())
    assert_logits(logits, expected)


@pytest.fixture(scope="module")
def scene(tmp_path_factory):
    """A network of windows of 4 cells, 5 of which lie along the scene."""
    path = tmp_path_factory.mktemp("pointcloud_crop") / "room_grid64.pt"
    state = make(pointnet_shapes() | unet3d_shapes(2))
    model = opened(state, path, unit_size=0.02, window=6)
    points = torch.rand(1, 500, 3, generator=torch.Generator().manual_seed(1)) - 0.5
    points *= torch.tensor([0.6, 0.2, 0.3])
    return state, model, points


def test_a_window_has_the_logits_of_the_paper(scene):
    state, model, points = scene
    assert model.network.architecture == "convonet_crop"
    unit, window, side = 0.02, 6, 22  # 6 + 2 ** (2 + 2) - 1, which must be even
    cloud = points[0].double()
    corner = cloud.min(0).values - 0.01
    low = corner + torch.tensor([2, 0, 1]) * window * unit  # of the window that is asked
    generator = torch.Generator().manual_seed(2)
    queries = low + (0.2 + 0.6 * torch.rand(40, 3, generator=generator)) * window * unit
    base = low - (side - window) / 2 * unit
    near = cloud[((cloud >= base) & (cloud < base + side * unit)).all(1)]
    cells = ((near - base) / unit).long()
    w = Weights(state, "encoder.")
    net = w.residual("blocks.0", w.linear("fc_pos", torch.remainder(near, unit) / unit))
    for i in range(1, 5):
        pooled = torch.zeros_like(net)
        for members in groups(cells).values():
            pooled[members] = net[members].max(0).values
        net = w.residual(f"blocks.{i}", torch.cat([net, pooled], 1))
    c = w.linear("fc_c", net)
    volume = torch.zeros(1, C, side, side, side, dtype=torch.float64)
    for cell, members in groups(cells).items():
        volume[(0, slice(None), *reversed(cell))] = c[members].mean(0)
    grid = unet3d(w.at("unet3d"), volume, 2)
    found = looked_up(grid, (queries - base) / (side * unit))
    local = torch.remainder(queries, unit) / unit
    expected = decoded(Weights(state, "decoder."), queries, found, local)
    with torch.no_grad():
        network = model.network
        logits = network.decode(queries[None].float(), network.prepare(network.encode(points)))[0]
    assert_logits(logits, expected)


def test_windows_leave_no_seam(scene):
    _, model, points = scene
    network = model.network
    features = network.prepare(network.encode(points))
    border = points[0].amin(0) - 0.01 + 0.12 * torch.tensor([2.0, 0.5, 0.5])
    line = torch.linspace(-3e-4, 3e-4, 61)[:, None] * torch.tensor([1.0, 0, 0])
    with torch.no_grad():
        across = network.decode((border + line)[None], features)[0]
        inside = network.decode((border - 0.05 + line)[None], features)[0]
    steps, usual = across.diff().abs().max(), inside.diff().abs().max()
    assert steps < 5 * usual + 1e-4


def test_a_scene_is_asked_with_a_fixed_memory(scene, monkeypatch):
    from occviewer.networks import convonet_crop

    _, model, points = scene
    queries = points[0, points[0, :, 0].argsort()][::50].clone()
    whole = model.network.decode(queries[None], model.network.encode(points))
    monkeypatch.setattr(convonet_crop, "_KEPT_BYTES", 1)
    monkeypatch.setattr(convonet_crop, "_FEWEST", 2)
    features = model.network.prepare(model.network.encode(points))
    parts = [model.network.decode(part[None], features) for part in queries.split(5)]
    assert torch.allclose(torch.cat(parts, 1), whole, atol=1e-5)
    assert 0 < len(features._kept) <= 2


def test_however_few_windows_are_kept_each_is_encoded_once_for_all_that_is_asked(
    scene, monkeypatch
):
    from occviewer.networks import convonet_crop

    _, model, points = scene
    network, encoded = model.network, []
    encode = network.encode_window

    def counted(cloud, low):
        encoded.append(tuple(low.tolist()))
        return encode(cloud, low)

    monkeypatch.setattr(network, "encode_window", counted)
    monkeypatch.setattr(convonet_crop, "_KEPT_BYTES", 1)
    monkeypatch.setattr(convonet_crop, "_FEWEST", 2)
    generator = torch.Generator().manual_seed(3)
    queries = (torch.rand(1, 400, 3, generator=generator) - 0.5) * torch.tensor([0.6, 0.2, 0.3])
    with torch.no_grad():
        network.decode(queries, network.prepare(network.encode(points)))
    assert len(encoded) > 10
    assert len(set(encoded)) == len(encoded)


def test_the_variant_on_points_agrees_with_the_paper(tmp_path):
    """PointNet++ (Qi et al., 2017), its sampling begun at the first point."""

    def abstraction(name, size_in, sizes, kernel):
        shapes, before = {}, size_in
        for i, size in enumerate(sizes):
            shapes |= linear(f"{name}.mlp_convs.{i}", before, size, kernel=kernel)
            shapes |= norm(f"{name}.mlp_bns.{i}", size)
            before = size
        return shapes

    shapes = abstraction("sa1", 6, (64, 64, 128), (1, 1))
    shapes |= abstraction("sa2", 131, (128, 128, 256), (1, 1))
    shapes |= abstraction("sa3", 259, (256, 512, 1024), (1, 1))
    shapes |= abstraction("fp3", 1280, (256, 256), (1,))
    shapes |= abstraction("fp2", 384, (256, 128), (1,))
    shapes |= abstraction("fp1", 128, (128, 128, C), (1,))
    state = make(shapes)
    model = opened(state, tmp_path / "shapenet_pointconv.pt")
    points = torch.rand(1, 600, 3, generator=torch.Generator().manual_seed(1)) - 0.5
    with torch.no_grad():
        logits = model.network(points, QUERIES)[0]
    w = Weights(state, "encoder.")

    def layers(name, x, number):
        for i in range(number):
            x = w.batch_norm(f"{name}.mlp_bns.{i}", w.linear(f"{name}.mlp_convs.{i}", x))
            x = x.clamp(min=0)
        return x

    def abstract(name, x, features, number, radius, members):
        taken = [0]
        distance = ((x - x[0]) ** 2).sum(1)
        while len(taken) < number:
            taken.append(int(distance.argmax()))
            distance = torch.minimum(distance, ((x - x[taken[-1]]) ** 2).sum(1))
        rows = []
        for centre in x[taken]:
            near = torch.nonzero(((x - centre) ** 2).sum(1) <= radius**2)[:members, 0]
            rows.append(layers(name, torch.cat([x[near] - centre, features[near]], 1), 3).amax(0))
        return x[taken], torch.stack(rows)

    def propagate(name, to, at, own, features, number):
        if len(at) == 1:
            found = features.expand(len(to), -1)
        else:
            squared, nearest = torch.cdist(to, at).square().topk(3, largest=False)
            weight = 1 / (squared + 1e-8)
            weight = weight / weight.sum(1, keepdim=True)
            found = (features[nearest] * weight[..., None]).sum(1)
        return layers(name, found if own is None else torch.cat([own, found], 1), number)

    x = points[0].double()
    at_1, one = abstract("sa1", x, x, 512, 0.2, 32)
    at_2, two = abstract("sa2", at_1, one, 128, 0.4, 64)
    three = layers("sa3", torch.cat([at_2, two], 1), 3).amax(0, keepdim=True)
    two = propagate("fp3", at_2, torch.zeros(1, 3), two, three, 2)
    one = propagate("fp2", at_1, at_2, one, two, 2)
    features = propagate("fp1", x, at_1, None, one, 3)
    queries = QUERIES[0].double()
    weight = torch.exp(-((torch.cdist(queries, x) + 1e-5) ** 2) / 0.2**2)
    found = weight / weight.sum(1, keepdim=True) @ features
    assert_logits(logits, decoded(Weights(state, "decoder."), queries, found))


def test_what_the_file_does_not_say_is_told_and_a_configuration_says_it(tmp_path):
    state = make(pointnet_shapes() | unet_shapes(4))
    torch.save({"model": state}, tmp_path / "model_best.pt")
    info = open_model(tmp_path / "model_best.pt", "cpu").info
    assert (info.assumed["planes"], info.assumed["plane_resolution"]) == ("xz xy yz", 64)
    (tmp_path / "other.yaml").write_text(
        "data: {input_type: pointcloud, pointcloud_n: 1234, padding: 0.2}\n"
        "model: {encoder_kwargs: {plane_type: [xz, xy], plane_resolution: 32}}\n"
        "test: {threshold: 0.4}\n"
    )
    model = open_model(tmp_path / "model_best.pt", "cpu")
    config = model.network.config
    assert (config["planes"], config["plane_resolution"]) == (["xz", "xy"], 32)
    assert (config["point_count"], config["padding"]) == (1234, 0.2)
    assert model.info.threshold == 0.4
    assert "planes" not in model.info.assumed
