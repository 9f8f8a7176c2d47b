"""Small documents to test with, and what makes two of them equal."""

import struct
import zlib
from dataclasses import replace

import numpy as np
import torch

from occviewer.document import Document, ModelReference, ShelfEntry, commands
from occviewer.document.directions import Directions
from occviewer.models.codes import Code
from occviewer.models.placing import rotation_of
from occviewer.observations import PointCloud
from occviewer.placement import Placement

MODEL = ModelReference("toy", digest="0" * 64)
OTHER_MODEL = ModelReference("other", digest="1" * 64)
PLACEMENT = Placement(rotation_of("z", 33), 0.25, np.array([1e6 + 0.125, 2.0, -3.0]))


def make_cloud(count=200, seed=0, name="chair.ply"):
    """Points in the millions with digits that floats do not have, normals and colours."""
    random = np.random.default_rng(seed)
    return PointCloud(
        random.normal(size=(count, 3)) * [1, 2, 3] + 1e6,
        random.normal(size=(count, 3)),
        random.integers(0, 256, (count, 3)),
        name,
        ("merged 3 duplicates",),
    )


def make_code(seed=0):
    random = torch.Generator().manual_seed(seed)
    tensors = {"plane": torch.randn(2, 4, 4, generator=random), "z": torch.randn(5)}
    return Code(tensors, PLACEMENT, "toy", ("aligned",), {"points_used": 5, "share": 0.1})


def make_png():
    """A picture of one black point."""

    def chunk(kind, data):
        return (
            struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        )

    head = struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0)
    body = chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(b"\0\0")) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + body


def scanned(**changes):
    """A document with a model and a scan that was encoded."""
    document = commands.import_cloud(Document(model=MODEL), make_cloud()).document
    document = encoded(document)
    return replace(document, **changes) if changes else document


def encoded(document, seed=0):
    return commands.with_code(document, document.model, document.shape.source, make_code(seed))


def directions(seed=0, size=6, count=4):
    """Directions as shapes on a shelf give them."""
    drawn = np.random.default_rng(seed).normal(size=(size, count))
    ranges, shares = np.tile([-3.0, 3.0], (count, 1)), np.full(count, 1 / count)
    return Directions(drawn[:, 0], drawn, ranges, shares, "codes")


def busy():
    """A document in which everything is used."""
    document = scanned()
    for command, *arguments in [
        (commands.delete_points, [1, 5, 7]),
        (commands.set_crop_box, [[1e6 - 2, 1e6 - 3, 1e6 - 9], [1e6 + 2, 1e6 + 3, 1e6 + 9]]),
        (commands.subsample, 50),
        (commands.add_noise, 0.01),
        (commands.set_source_seed, 7),
        (commands.set_placement, PLACEMENT),
        (commands.slide, 0, 1.25, directions()),
        (commands.set_offsets, {3: -0.1}),
        (commands.lock_axes, [2]),
        (commands.set_detail, 0.3),
        (commands.set_threshold, 0.45),
    ]:
        document = command(document, *arguments).document
    document = commands.capture(encoded(document), make_png()).document
    document = commands.take_code(document, make_code(1)).document
    document = commands.capture(document, name="Möbel ½").document
    document = commands.set_alignment(scanned(shelf=document.shelf), "none", "z", 90).document
    first, second = (entry.id for entry in document.shelf)
    foreign = ShelfEntry("foreign", "Lamp", document.shelf[1].shape, 0.6, OTHER_MODEL)
    document = replace(document, shelf=(*document.shelf, foreign))
    document = commands.add_keyframes(document, [first, second, first]).document
    document = commands.set_loop(document, True).document
    document = commands.set_pad_corner(document, 2, second).document
    document = commands.set_pad_position(document, 0.1, 0.9).document
    document = commands.set_face_target(document, 5000).document
    return commands.set_sampling(document, seed=11, temperature=0.7).document


def equal(a, b):
    """Whether two documents hold the same, whatever objects they are made of."""
    return (
        same_model(a.model, b.model)
        and same_shape(a.shape, b.shape)
        and len(a.shelf) == len(b.shelf)
        and all(same_entry(x, y) for x, y in zip(a.shelf, b.shelf, strict=True))
        and (a.track, a.pad, a.extraction, a.sampling) == (b.track, b.pad, b.extraction, b.sampling)
    )


def same_model(a, b):
    if a is None or b is None:
        return a is b
    names = ("shipped", "path", "label", "settings")
    return all(getattr(a, name) == getattr(b, name) for name in names)


def same_entry(a, b):
    return (
        (a.id, a.name, a.threshold, a.preview) == (b.id, b.name, b.threshold, b.preview)
        and same_model(a.model, b.model)
        and same_shape(a.shape, b.shape)
    )


def same_shape(a, b):
    return a.edit == b.edit and same_source(a.source, b.source) and same_code(a.code, b.code)


def same_source(a, b):
    if a is None or b is None:
        return a is b
    if a.kind != b.kind:
        return False
    same = {"picture": same_picture_source, "voxels": same_voxels, "cloud": same_scan}
    return same[a.kind](a, b)


def same_voxels(a, b):
    names = ("spacing", "origin", "directions", "values", "occupied")
    return (
        (a.path, a.threshold, a.up, a.yaw) == (b.path, b.threshold, b.up, b.yaw)
        and (a.grid.threshold, a.grid.notes, a.grid.source, a.grid.up)
        == (b.grid.threshold, b.grid.notes, b.grid.source, b.grid.up)
        and all(same_array(getattr(a.grid, name), getattr(b.grid, name)) for name in names)
    )


def same_picture_source(a, b):
    return (
        (a.path, a.camera, a.textured) == (b.path, b.camera, b.textured)
        and same_picture(a.picture, b.picture)
        and same_picture(a.masking.given, b.masking.given)
        and replace(a.masking, method="auto", given=None, network=None)
        == replace(b.masking, method="auto", given=None, network=None)
        and (a.masking.method, a.masking.network) == (b.masking.method, b.masking.network)
        and (a.mask is None) == (b.mask is None)
        and (a.mask is None or same_array(a.mask.inside, b.mask.inside))
        and (a.fit is None) == (b.fit is None)
        and (
            a.fit is None
            or (
                same_array(a.fit.vector, b.fit.vector)
                and (a.fit.camera, a.fit.rounds) == (b.fit.camera, b.fit.rounds)
            )
        )
    )


def same_picture(a, b):
    if a is None or b is None:
        return a is b
    return (
        same_array(a.image.pixels, b.image.pixels)
        and same_array(a.image.alpha, b.image.alpha)
        and (a.image.source, a.image.notes) == (b.image.source, b.image.notes)
        and a.content == b.content
    )


def same_scan(a, b):
    names = ("path", "crop", "count", "noise", "seed", "field_of_view", "depth_camera")
    return (
        all(getattr(a, name) == getattr(b, name) for name in names)
        and same_array(a.kept, b.kept)
        and same_array(a.crop_axes, b.crop_axes)
        and (a.placing.align, a.placing.up, a.placing.yaw)
        == (b.placing.align, b.placing.up, b.placing.yaw)
        and same_placement(a.placing.placement, b.placing.placement)
        and (a.cloud.notes, a.cloud.source) == (b.cloud.notes, b.cloud.source)
        and all(
            same_array(getattr(a.cloud, name), getattr(b.cloud, name))
            for name in ("points", "normals", "colors")
        )
    )


def same_code(a, b):
    if a is None or b is None:
        return a is b
    return (
        (a.model, a.notes, dict(a.facts)) == (b.model, b.notes, dict(b.facts))
        and same_placement(a.placement, b.placement)
        and a.tensors.keys() == b.tensors.keys()
        and all(torch.equal(a.tensors[name], b.tensors[name]) for name in a.tensors)
    )


def same_placement(a, b):
    return a is b if a is None or b is None else a.as_dict() == b.as_dict()


def same_array(a, b):
    if a is None or b is None:
        return a is b
    return a.dtype == b.dtype and np.array_equal(a, b)
