"""A network and recipes small enough to be trained within a test."""

from occviewer.training.augmentation import Augmentation
from occviewer.training.dataset import ExampleSettings
from occviewer.training.observing import ObservationMix
from occviewer.training.recipe import Optimisation, Recipe

TINY_NETWORK = {
    "architecture": "house",
    "channels": 8,
    "plane_resolution": 16,
    "grid_resolution": 8,
    "plane_sizes": [8, 8],
    "grid_sizes": [8, 8],
    "hidden": 16,
    "blocks": 2,
}


def tiny_recipe(**options):
    """A recipe of a few steps; `options` are those of the optimisation, and ``validate_every``."""
    validate_every = options.pop("validate_every", 1000.0)
    optimisation = Optimisation(**{"minutes": 60.0, "batch": 4, "warmup": 5, **options})
    examples = ExampleSettings(
        points=200,
        queries=256,
        mix=ObservationMix(fewest=100, noise=0.005),
        augmentation=Augmentation(stretch=0.1, turn=0.0, tilt=0.0),
    )
    return Recipe(TINY_NETWORK, optimisation, examples, validate_every=validate_every)


def as_toml(recipe):
    lines = [f"validate_every = {recipe.validate_every}", "[network]"]
    lines += [f"{key} = {value!r}".replace("'", '"') for key, value in recipe.network.items()]
    lines += ["[optimisation]", *(f"{k} = {v}" for k, v in vars(recipe.optimisation).items())]
    examples = recipe.examples
    lines += ["[examples]", f"points = {examples.points}", f"queries = {examples.queries}"]
    lines += ["[examples.mix]", *(f"{k} = {v}" for k, v in vars(examples.mix).items())]
    augmentation = {k: str(v).lower() for k, v in vars(examples.augmentation).items()}
    lines += ["[examples.augmentation]", *(f"{k} = {v}" for k, v in augmentation.items())]
    return "\n".join(lines) + "\n"
