"""Windows with published checkpoints of small networks, and what they take."""

import numpy as np
import torch

from occviewer.models import open_model

from ..models.families.published import save_like_onet
from ..models.families.test_onet import state_of
from .latent_windows import LONG, settled

INPUTS = {
    "voxel_simple": (32, 32, 32),
    "simple_conv": (3, 224, 224),
    "pointnet_simple": (300, 3),
}


def published(folder, encoder):
    """An ONet with a surface for every input, at the published threshold."""
    path = folder / f"{encoder}.pt"
    state = state_of(encoder, "cbatchnorm")
    save_like_onet(path, state)
    network = open_model(path, "cpu").network
    generator = torch.Generator().manual_seed(0)
    x = torch.rand(1, *INPUTS[encoder], generator=generator)
    x = (x < 0.2).float() if encoder == "voxel_simple" else x - 0.5 * (x.ndim == 3)
    queries = 1.1 * (torch.rand(1, 2000, 3, generator=generator) - 0.5)
    with torch.no_grad():
        state["decoder.fc_out.bias"] -= network(x, queries).quantile(0.6) + 1.4
    save_like_onet(path, state)
    return path


def volume(folder, name="block.npy"):
    """Values from 0 to 2 in 20 x 24 x 16 cells; a block above 0.5, its core above 1.5."""
    values = np.zeros((20, 24, 16), np.float32)
    values[4:16, 3:20, 4:12] = 1
    values[7:12, 8:15, 6:10] = 2
    np.save(folder / name, values)
    return folder / name


def use(controller, qtbot, path):
    """Open a model as if its file were dropped, and wait until it is there."""
    qtbot.waitUntil(lambda: controller.pipeline.model is not None, timeout=LONG)
    controller.files.open_all([path])
    qtbot.waitUntil(lambda: controller.pipeline.ready and settled(controller), timeout=LONG)
    return controller.pipeline.model


def drop(controller, qtbot, path):
    """Drop a file, and wait until its shape is shown; the mesh, if there is one."""
    controller.files.open_all([path])
    qtbot.waitUntil(lambda: settled(controller) and not controller.storage.busy(), timeout=LONG)
    result = controller.display.result
    return None if result is None else result.mesh
