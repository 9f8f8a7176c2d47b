"""OccViewer: complete partial scans with occupancy networks, and edit what comes out.

The way through the package is ``observation -> code -> field -> mesh``::

    import occviewer

    model = occviewer.open_model("furniture")
    cloud = occviewer.PointCloud.load("scan.ply")
    code = model.encode(cloud)
    field = model.field(code)
    mesh = occviewer.extract(field, resolution=128)
    mesh.placed(code.placement).save("chair.glb")
"""

import os
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

__all__ = ["Mesh", "OccviewerError", "Placement", "PointCloud", "extract", "open_model"]

if TYPE_CHECKING:
    from occviewer.errors import OccviewerError
    from occviewer.extraction import extract
    from occviewer.meshes import Mesh
    from occviewer.models import open_model
    from occviewer.observations import PointCloud
    from occviewer.placement import Placement

# When torch has shared out an operation, its threads wait for the next one for some milliseconds
# without letting anybody else have their processor: not the threads that ask a field next, and
# make a mesh of it. 0.15 ms are enough between two operations of a network. GNU's library reads
# this when torch is imported; whoever sets it, or the wait policy, has it as they want.
if "OMP_WAIT_POLICY" not in os.environ:
    os.environ.setdefault("GOMP_SPINCOUNT", "10000")

# Torch and VTK take seconds to import: the public names are looked up when they
# are first used, so that `occviewer --help` answers at once.
_HOMES = {
    "Mesh": "occviewer.meshes",
    "OccviewerError": "occviewer.errors",
    "Placement": "occviewer.placement",
    "PointCloud": "occviewer.observations",
    "extract": "occviewer.extraction",
    "open_model": "occviewer.models",
}


def __getattr__(name: str) -> Any:  # noqa: ANN401 - a module attribute can be anything
    if name in _HOMES:
        from importlib import import_module

        return getattr(import_module(_HOMES[name]), name)
    raise AttributeError(f"module 'occviewer' has no attribute {name!r}")
