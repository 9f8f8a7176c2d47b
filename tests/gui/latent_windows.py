"""A window with a small model that has a latent space, and scans for it."""

import numpy as np

from occviewer.document import commands
from occviewer.document.source import Placing
from occviewer.models import save_checkpoint
from occviewer.observations import PointCloud

from ..latent.spaces import INFO, small_bottleneck
from ..models.conftest import with_surface
from ..networks.small import small_network

LONG = 60_000


def latent_checkpoint(folder):
    """A checkpoint whose shapes have a surface wherever the sliders stand."""
    path = folder / "toy.safetensors"
    save_checkpoint(path, with_surface(small_network(seed=2)), INFO, latent=small_bottleneck(33))
    return path


def ellipsoid(*sides):
    directions = np.random.default_rng(0).normal(size=(400, 3))
    return PointCloud(directions / np.linalg.norm(directions, axis=1, keepdims=True) * sides)


def settled(controller):
    result = controller.display.result
    return (
        controller.pipeline.settled
        and not controller.compute.busy()
        and (result is None or not result.live)
    )


def wait(controller, qtbot):
    """Wait until nothing is being computed, and give the mesh that is shown."""
    qtbot.waitUntil(lambda: settled(controller), timeout=LONG)
    result = controller.display.result
    return None if result is None else result.mesh


def import_ellipsoid(controller, qtbot, *sides):
    controller.do(commands.import_cloud, ellipsoid(*sides), None, Placing(align="none"))
    return wait(controller, qtbot)


def choose_latent_model(controller, qtbot, folder):
    qtbot.waitUntil(lambda: controller.pipeline.model is not None, timeout=LONG)
    controller.choose_model(str(latent_checkpoint(folder)))
    qtbot.waitUntil(lambda: controller.pipeline.ready, timeout=LONG)
