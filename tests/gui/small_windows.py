"""Windows with a small model, whose shapes are quickly made."""

import torch

from occviewer.document import commands
from occviewer.models import ModelInfo, open_model, save_checkpoint
from occviewer.models.checkpoint import update_checkpoint
from occviewer.networks.image_encoder import ImageEncoder, cloud_settings

from ..latent.spaces import code_of, small_bottleneck
from ..networks.small import small_network

LONG = 60_000


def use_latent_model(controller, qtbot, folder):
    """Work with a small model that has a latent space; its samples have surfaces at 0.57."""
    return _use(controller, qtbot, folder / "small.safetensors", 0.57, small_bottleneck())


def use_plain_model(controller, qtbot, folder):
    """Work with a small model of local features only; its codes have surfaces at 0.72."""
    return _use(controller, qtbot, folder / "plain.safetensors", 0.72, None)


def capture_codes(controller, model, count=2):
    """Put shapes of a model on the shelf; their keys."""
    for seed in range(count):
        controller.do(commands.capture_code, code_of(model, seed), f"Code {seed}", b"", 1.0)
    return [entry.id for entry in controller.document.shelf]


def capture_samples(controller, qtbot, count=2):
    """Put new shapes of the model on the shelf; their keys."""
    sampler = controller.window.sampler
    sampler.count.setValue(count)
    sampler.new.click()
    qtbot.waitUntil(lambda: shown(sampler) == count, timeout=LONG)
    controller.sampling.capture(list(range(count)))
    return [entry.id for entry in controller.document.shelf]


def shown(sampler):
    """How many samples can be taken."""
    from PySide6.QtCore import Qt

    items = [sampler.list.item(row) for row in range(sampler.list.count())]
    return sum(bool(item.flags() & Qt.ItemFlag.ItemIsEnabled) for item in items)


def at_rest(controller):
    """Whether the document's shape is on display, as fine as it was wanted."""
    result = controller.display.result
    return (
        controller.pipeline.settled
        and not controller.compute.busy()
        and not controller.track.moving
        and result is not None
        and not result.live
    )


def _use(controller, qtbot, path, threshold, latent):
    save_checkpoint(
        path, small_network("house"), ModelInfo(name="small", threshold=threshold), latent=latent
    )
    use_model(controller, qtbot, path)
    return open_model(path, "cpu")


def drawn_samples(sampler):
    """Whether every place of the row holds a sample, with a surface or without."""
    texts = [sampler.list.item(row).text() for row in range(sampler.list.count())]
    return bool(texts) and "…" not in texts


def picture_model(folder):
    """Write a small model whose image encoder, with random weights, sees something."""
    path, latent = folder / "seer.safetensors", small_bottleneck()
    save_checkpoint(
        path, small_network("house"), ModelInfo(name="seer", threshold=0.57), latent=latent
    )
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        cloud = cloud_settings(small_network("house").config)
        encoder = ImageEncoder(cloud, pixels=32, point_count=200, size=latent.size)
    encoder.latent_std.fill_(0.3)
    update_checkpoint(path, image=encoder)
    return path


def use_model(controller, qtbot, path):
    """Work with a model; until it is open."""
    qtbot.waitUntil(lambda: controller.pipeline.model is not None, timeout=LONG)
    controller.choose_model(str(path))
    qtbot.waitUntil(lambda: controller.pipeline.ready, timeout=LONG)
    qtbot.waitUntil(lambda: not controller.compute.busy(), timeout=LONG)
