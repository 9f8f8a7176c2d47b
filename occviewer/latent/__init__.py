"""The latent space behind a model: axes, editing, sampling, and ways between codes."""

from occviewer.latent.axes import Axes, LatentError
from occviewer.latent.kinds import latent_space
from occviewer.latent.paths import Path
from occviewer.latent.space import Latent, LatentSpace

__all__ = ["Axes", "Latent", "LatentError", "LatentSpace", "Path", "latent_space"]
