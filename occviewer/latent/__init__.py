"""The latent space behind a model: axes, editing, sampling, and ways between codes."""

from occviewer.latent.axes import Axes
from occviewer.latent.paths import Path
from occviewer.latent.space import Latent, LatentError, LatentSpace, latent_space

__all__ = ["Axes", "Latent", "LatentError", "LatentSpace", "Path", "latent_space"]
