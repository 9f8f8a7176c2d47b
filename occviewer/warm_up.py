"""Have compiled what is otherwise compiled when it is first called.

``python -m occviewer.warm_up`` does so for all programs to come, as part of setting up; in one
that runs, `warm_up` loads what was compiled then, half a second before it is needed.
"""

from __future__ import annotations

import numpy as np


def warm_up() -> None:
    """Call everything in `occviewer.compiled`'s care once, on something small."""
    import torch

    from occviewer.extraction import Follower, extract
    from occviewer.extraction.contour import Backend, contour, welded
    from occviewer.extraction.dense import DenseGrid
    from occviewer.extraction.field import Asker
    from occviewer.extraction.hierarchy import evaluate
    from occviewer.models.fields import NetworkField
    from occviewer.networks import HouseNetwork, ONet

    bounds = np.array([[-0.5] * 3, [0.5] * 3], np.float32)
    # Numbers of its own: other threads may be drawing theirs, in an order that they count on.
    own = torch.Generator().manual_seed(0)
    with torch.device("meta"):
        network = HouseNetwork(
            channels=8, plane_resolution=16, grid_resolution=8,
            plane_sizes=(8, 8), grid_sizes=(8, 8), hidden=8, blocks=1,
        ).eval()  # fmt: skip
        onet = ONet(c_dim=8, encoder_hidden=8, decoder_hidden=8).eval()
    with torch.no_grad():
        for made in (network, onet):
            made.to_empty(device="cpu")
            for weights in made.parameters():
                weights.copy_(torch.randn(weights.shape, generator=own) / 3)
        features = network.encode(torch.rand(1, 64, 3, generator=own) - 0.5)
    follower = Follower()
    shifts: list[tuple[float, Backend]] = [(0.0, "flying_edges"), (0.01, "pymcubes")]
    for shift, backend in shifts:
        field = NetworkField(network, features, 0.0, bounds)
        # A level in the middle of what is there, so that there is a surface.
        points = np.random.default_rng(0).uniform(-0.5, 0.5, (999, 3)).astype(np.float32)
        logits = field.logits(points)
        level = float(np.median(logits)) + shift
        follower.extract(field, 64, level, backend=backend)
    NetworkField(onet, {"c": torch.zeros(1, 8)}, 0.0, bounds).logits(points)
    # What only a mesh that is not shared out needs, and what only large grids do.
    extract(field, 16, level)
    grid = evaluate(Asker(field, level, 16))
    assert isinstance(grid, DenseGrid)
    grid.bricks()
    part = contour(grid)
    welded([(part, np.arange(len(part.axes)))] * 2, grid.side)


if __name__ == "__main__":
    warm_up()
