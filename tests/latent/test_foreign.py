"""Latent spaces of published networks whose codes are vectors."""

import pytest
import torch

from occviewer.cli import main
from occviewer.latent import latent_space
from occviewer.models import Code, open_model
from occviewer.models.known_codes import stored_codes
from occviewer.placement import Placement

from ..models.families.published import random_state, save_like_onet
from ..models.families.test_deepsdf import Z, published_state, write_experiment
from ..models.families.test_onet import decoder_shapes, state_of

Z_ONET = 16


def experiment(folder, count):
    """A DeepSDF whose codes differ most along one direction, then along another."""
    generator = torch.Generator().manual_seed(1)
    directions = torch.linalg.qr(torch.randn(Z, Z, generator=generator)).Q[:2]
    along = torch.randn(count, 2, generator=generator) * torch.tensor([0.5, 0.05])
    write_experiment(folder, published_state(), 0.2 + along @ directions)
    return open_model(folder, "cpu"), directions


def unconditional(folder, bias=0.0):
    shapes = {f"decoder.{n}": s for n, s in decoder_shapes("simple", 0, Z_ONET).items()}
    state = random_state(shapes)
    state["decoder.fc_out.bias"] += bias
    save_like_onet(folder / "onet_uncond.pt", state)
    return open_model(folder / "onet_uncond.pt", "cpu")


def test_deepsdf_slides_along_how_its_stored_codes_differ(tmp_path):
    model, directions = experiment(tmp_path / "chairs", 40)
    space = latent_space(model)
    assert len(space.axes) == 2
    assert space.axes.can_sample
    found = torch.nn.functional.normalize(space.axes.basis, dim=0)
    assert (found.T @ directions.T).diagonal().abs().min() > 0.99
    code = stored_codes(model)[3]
    moved = space.edited(code, {0: 1.0})
    step = moved.tensors["z"] - code.tensors["z"]
    assert step.norm() == pytest.approx(0.5, rel=0.3)
    assert model.field(moved).logits(torch.zeros(1, 3).numpy()).shape == (1,)


def test_deepsdf_without_codes_draws_vectors_of_about_length_one(tmp_path):
    (tmp_path / "ModelParameters").mkdir()
    wrapped = {f"module.{name}": tensor for name, tensor in published_state().items()}
    torch.save({"epoch": 1, "model_state_dict": wrapped}, tmp_path / "ModelParameters/latest.pth")
    drawn = latent_space(open_model(tmp_path, "cpu")).sample(200, seed=1)
    lengths = torch.stack([code.tensors["z"] for code in drawn]).norm(dim=1)
    assert lengths.square().mean() == pytest.approx(1.0, abs=0.15)


def test_an_unconditional_onet_samples_its_prior_and_slides_at_right_angles(tmp_path):
    space = latent_space(unconditional(tmp_path))
    values = torch.stack([code.tensors["z"] for code in space.sample(400, seed=2)])
    assert values.std() == pytest.approx(1, abs=0.05)
    assert torch.cov(values.T).fill_diagonal_(0).abs().max() < 0.3
    gram = space.axes.basis.T @ space.axes.basis
    assert torch.allclose(gram, torch.eye(Z_ONET), atol=1e-5)
    assert torch.equal(space.sample(1, 2, 0.0)[0].tensors["z"], torch.zeros(Z_ONET))


def test_codes_of_two_vectors_move_together(tmp_path):
    save_like_onet(tmp_path / "both.pt", state_of("pointnet_simple", "cbatchnorm", 24, Z_ONET))
    model = open_model(tmp_path / "both.pt", "cpu")
    codes = [
        Code({"c": torch.randn(24), "z": torch.randn(Z_ONET)}, Placement(), model.name)
        for _ in range(4)
    ]
    space = latent_space(model, codes)
    moved = space.edited(codes[0], {0: 1.0})
    assert {name: len(tensor) for name, tensor in moved.tensors.items()} == {"c": 24, "z": Z_ONET}
    for name, tensor in moved.tensors.items():
        assert not torch.allclose(tensor, codes[0].tensors[name])
    halfway = space.blend(codes[:2], [1, 1])
    assert torch.allclose(halfway.tensors["c"], (codes[0].tensors["c"] + codes[1].tensors["c"]) / 2)


def test_the_only_shape_of_a_network_has_nothing_to_slide(tmp_path):
    state = {"net.0.weight": torch.randn(16, 3), "net.0.bias": torch.randn(16)}
    state |= {"net.2.weight": torch.randn(16, 16), "net.2.bias": torch.randn(16)}
    state |= {"net.4.weight": torch.randn(1, 16), "net.4.bias": torch.randn(1)}
    torch.save(state, tmp_path / "one.pth")
    space = latent_space(open_model(tmp_path / "one.pth", "cpu"))
    assert space.axes is None
    assert "is one shape" in space.why_no_axes


def test_the_sentence_without_axes_names_an_option_that_helps(tmp_path, capsys):
    path = tmp_path / "onet.pt"
    save_like_onet(path, state_of("pointnet_simple", "cbatchnorm"))
    model = open_model(path, "cpu")
    codes = []
    for number in range(3):
        vector = model.features(torch.rand(1, 300, 3).numpy() - 0.5)["c"][0]
        codes.append(tmp_path / f"{number}.npz")
        Code({"c": vector + number}, Placement(), model.name).save(codes[-1])
    sample = ["sample", "-n", "1", "--model", str(path), "-o", str(tmp_path / "new"), "--codes"]
    assert main(sample) == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert "--like" in line
    main([*sample, "--resolution", "16", "--like", *map(str, codes)])
    drawn = Code.load(tmp_path / "new" / "sample-1.npz").tensors["c"]
    assert drawn.shape == model.code_shapes()["c"]
