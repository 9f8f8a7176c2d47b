"""Triangle meshes: the type, its topology, files, samples and pictures."""

from occviewer.meshes.mesh import Mesh
from occviewer.meshes.picture import VIEWS, render_picture
from occviewer.meshes.sampling import sample_surface

__all__ = ["VIEWS", "Mesh", "render_picture", "sample_surface"]
