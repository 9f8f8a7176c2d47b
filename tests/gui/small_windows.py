"""Windows with a small model, whose shapes are quickly made."""

from occviewer.document import commands
from occviewer.models import ModelInfo, open_model, save_checkpoint

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
    qtbot.waitUntil(lambda: controller.pipeline.model is not None, timeout=LONG)
    controller.choose_model(str(path))
    qtbot.waitUntil(lambda: controller.pipeline.model.path == path, timeout=LONG)
    qtbot.waitUntil(lambda: not controller.compute.busy(), timeout=LONG)
    return open_model(path, "cpu")


def drawn_samples(sampler):
    """Whether every place of the row holds a sample, with a surface or without."""
    texts = [sampler.list.item(row).text() for row in range(sampler.list.count())]
    return bool(texts) and "…" not in texts
