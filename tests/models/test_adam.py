"""The optimiser for what a person waits for."""

import torch

from occviewer.models.adam import Adam


def test_it_steps_as_torchs_own():
    wanted = torch.linspace(-2, 3, 7)
    mine, theirs = (torch.zeros(7, requires_grad=True) for _ in range(2))
    adam, reference = Adam(mine), torch.optim.Adam([theirs], lr=0.03)
    for _ in range(50):
        for tensor in (mine, theirs):
            tensor.grad = None
            (tensor - wanted).abs().pow(1.5).sum().backward()
        adam.step(0.03)
        reference.step()
    torch.testing.assert_close(mine, theirs)
