"""Small meshes with known measures."""

import numpy as np

from occviewer.meshes import Mesh


def cube(side=1.0, centre=(0.0, 0.0, 0.0)):
    corners = np.stack(np.meshgrid([0, 1], [0, 1], [0, 1], indexing="ij"), -1).reshape(-1, 3)
    quads = [[0, 1, 3, 2], [4, 6, 7, 5], [0, 4, 5, 1], [2, 3, 7, 6], [0, 2, 6, 4], [1, 5, 7, 3]]
    faces = [[quad[0], quad[i], quad[i + 1]] for quad in quads for i in (1, 2)]
    return Mesh((side * (corners - 0.5) + np.array(centre)).astype(np.float32), np.array(faces))


def together(*meshes):
    starts = np.cumsum([0] + [len(mesh.vertices) for mesh in meshes])
    return Mesh(
        np.concatenate([mesh.vertices for mesh in meshes]),
        np.concatenate([mesh.faces + n for mesh, n in zip(meshes, starts[:-1], strict=True)]),
    )


def ball(radius=0.4, rings=24):
    """A sphere of latitudes and longitudes with exact normals."""
    polar = np.linspace(0, np.pi, rings + 1)[1:-1]
    azimuth = np.linspace(0, 2 * np.pi, 2 * rings, endpoint=False)
    directions = np.stack(
        [
            np.outer(np.sin(polar), np.sin(azimuth)),
            np.outer(np.cos(polar), np.ones_like(azimuth)),
            np.outer(np.sin(polar), np.cos(azimuth)),
        ],
        axis=-1,
    ).reshape(-1, 3)
    directions = np.vstack([directions, [[0, 1, 0], [0, -1, 0]]])
    count = 2 * rings
    top, bottom = len(directions) - 2, len(directions) - 1
    faces = []
    for i in range(count):
        j = (i + 1) % count
        faces.append([top, i, j])
        faces.append([bottom, len(polar) * count - count + j, len(polar) * count - count + i])
        for ring in range(len(polar) - 1):
            a, b = ring * count + i, ring * count + j
            faces += [[a, a + count, b], [b, a + count, b + count]]
    return Mesh(
        (radius * directions).astype(np.float32),
        np.array(faces),
        normals=directions.astype(np.float32),
    )
