"""What the compute thread knows and does: the open model, fields, meshes. No Qt here."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from occviewer.document.model_reference import ModelReference
from occviewer.document.settings import ExtractionSettings
from occviewer.document.shape import LatentEdit
from occviewer.document.shape_source import Kind, ShapeSource
from occviewer.document.source import Source
from occviewer.document.voxel_source import VoxelSource
from occviewer.errors import Cancelled, ExtractionError, MeshError
from occviewer.gui.given_studio import Given, given_to
from occviewer.gui.latent_studio import LatentStudio
from occviewer.gui.live import LiveResolution
from occviewer.gui.picture_painting import Paint, PicturePainting, painted_by
from occviewer.gui.picture_studio import PictureStudio, with_mask
from occviewer.gui.point_colouring import PointColouring
from occviewer.meshes import Mesh

if TYPE_CHECKING:
    from occviewer.extraction import Follower
    from occviewer.models import Code, Model
    from occviewer.models.fields import NetworkField
    from occviewer.networks.base import Observed

_Recipe = tuple["Code", ExtractionSettings, int, int]
"""What decides a mesh but for its colours: code, settings, resolution and refinement."""

Cancel = Callable[[], bool]
Progress = Callable[[float], None]

# Separate parts with a smaller share of the surface are a network's doubts.
_CRUMB = 0.01
# Cells a side for a small picture, two pixels each: with half as many thin parts have holes.
_PREVIEWED = 96


@dataclass(frozen=True, eq=False)
class MeshResult:
    """A mesh and how it came about.

    Attributes
    ----------
    mesh : Mesh
        Box frame, as it is shown and exported.
    code : Code
        What it was made from, the sliders' doing included.
    resolution : int
        Cells a side.
    live : bool
        Whether it is a coarse one that a fine one follows.
    watertight : bool
    seconds : dict of str to float
        Time of each stage.
    size : (float, float, float)
        Sides of the bounding box in world units; zeros of a live mesh.
    painted : bool
        Whether the mesh has the colours of a picture.
    remark : str
        What the person should know of it: a sentence, or empty.
    is_preview : bool
        Whether its code is still searched.
    """

    mesh: Mesh
    code: Code
    resolution: int
    live: bool
    watertight: bool
    seconds: dict[str, float]
    size: tuple[float, float, float] = (0.0, 0.0, 0.0)
    painted: bool = False
    remark: str = ""
    is_preview: bool = False


@dataclass(frozen=True, eq=False)
class Encoding:
    """Who is told of an encoding while it lasts.

    Attributes
    ----------
    progress : callable
        Told the share that is done; may raise `Cancelled`.
    preview : callable
        Given the code as it is then, now and then, where it is searched.
    stopped : callable
        Says whether to stop a search and keep what was reached.
    """

    progress: Progress = lambda share: None
    preview: Callable[[Code], None] = lambda code: None
    stopped: Callable[[], bool] = lambda: False


_QUIETLY = Encoding()


class Studio:
    """Owns the model and the device; everything here runs in the compute thread.

    Parameters
    ----------
    threads : int
        Of the processor, for what torch computes; 0 leaves that to torch.

    Attributes
    ----------
    takes : frozenset of str
        Kinds of sources that the open model takes.
    searches, searching : bool
        Whether the open model has no encoder, so that codes are searched; and whether one is
        being searched now. These three may be read in any thread.
    """

    def __init__(self, threads: int = 0) -> None:
        self._threads = threads
        self._model: Model | None = None
        self._field: tuple[Code, NetworkField] | None = None
        self._live = LiveResolution()
        self._following: Follower | None = None
        self._latent: LatentStudio | None = None
        self._pictures: PictureStudio | None = None
        self._made: tuple[_Recipe, Mesh, dict[str, float]] | None = None
        self.painting = PicturePainting()
        self.colouring = PointColouring()
        self.takes: frozenset[Kind] = frozenset()
        self._completers: dict[Kind, Callable[[Any], ShapeSource]] = {"picture": with_mask}
        self._encoders: dict[Kind, Callable[[Any, Encoding], Code]] = {
            "cloud": self._encode_cloud,
            "picture": lambda source, how: self.pictures.encode(source, how.progress),
            "voxels": self._encode_voxels,
        }
        self.searches = self.searching = False

    @property
    def latent(self) -> LatentStudio:
        """The latent space of the open model."""
        assert self._latent is not None
        return self._latent

    @property
    def pictures(self) -> PictureStudio:
        """The open model's way with pictures."""
        assert self._pictures is not None
        return self._pictures

    def open_model(self, reference: ModelReference, device: str) -> Model:
        """Open a model in place of the one before.

        Raises
        ------
        CheckpointError, DocumentError
            It cannot be opened; the model before stays.
        """
        from occviewer.gui.deferred import load_torch_library

        load_torch_library()
        import torch

        from occviewer.gui.devices import devices
        from occviewer.models import open_model

        if self._threads:
            # It counts for the thread that says it.
            torch.set_num_threads(self._threads)
        devices()  # found out here, since asking for a graphics card takes its time
        model = open_model(reference.location, device, dict(reference.settings))
        # Read now, in this thread: by it a session knows its codes' model again.
        _ = reference.sha256
        self._model, self._field, self._live = model, None, LiveResolution()
        self._following, self._made, self._latent = None, None, LatentStudio(model)
        self._pictures, self.takes = PictureStudio(model), kinds_taken(model)
        self.searches = model.network.optimised
        return model

    def warm_up(self) -> None:
        """Load, or compile, what the first mesh needs."""
        from occviewer.warm_up import warm_up

        warm_up()

    def complete(self, source: ShapeSource) -> ShapeSource:
        """Find what a source needs before it can be encoded, and give it with that.

        Raises
        ------
        ObservationError
            It cannot be found.
        """
        return self._completers[source.kind](source)

    def given(self, source: ShapeSource, code: Code) -> Given:
        """Work out what the network got of a source; see `occviewer.gui.given_studio`."""
        assert self._model is not None
        return given_to(self._model, source, code)

    def encode(self, source: ShapeSource, how: Encoding = _QUIETLY) -> Code:
        """Encode a source that is ready with the open model.

        Parameters
        ----------
        source : ShapeSource
        how : Encoding
            Who is told of it meanwhile.

        Raises
        ------
        ObservationError
            Too few points are left, or they lie outside the box.
        CheckpointError
            The model takes no such source.
        """
        return self._encoders[source.kind](source, how)

    def _encode_cloud(self, source: Source, how: Encoding) -> Code:
        assert self._model is not None
        cloud, self.searching = source.working_cloud(), self.searches
        try:
            return self._model.encode(
                cloud,
                progress=how.progress,
                preview=how.preview,
                stopped=how.stopped,
                **source.placing.arguments(),
            )
        finally:
            self.searching = False

    def _encode_voxels(self, source: VoxelSource, how: Encoding) -> Code:
        assert self._model is not None
        how.progress(0.1)
        return self._model.encode_voxels(source.working_grid(), up=source.up, yaw=source.yaw)

    def mesh(
        self,
        code: Code,
        edit: LatentEdit,
        settings: ExtractionSettings,
        *,
        live: bool,
        cancel: Cancel,
        progress: Progress = lambda share: None,
        refine: int = 0,
        resolution: int | None = None,
        paint: Paint | None = None,
        began: float | None = None,
    ) -> MeshResult:
        """Make the mesh of a code, coarse while something moves.

        Parameters
        ----------
        code : Code
            Of the open model.
        edit : LatentEdit
            How its sliders stand.
        settings : ExtractionSettings
        live : bool
            Whether a coarse mesh now is better than a fine one later.
        cancel : callable
            Says whether the mesh is no longer wanted.
        progress : callable
            Told the share that is done.
        refine : int
            Steps by which vertices are brought onto the surface; for exports.
        resolution : int, optional
            Another one than that of the settings; for exports.
        paint : Paint, optional
            Whose colours the mesh gets.
        began : float, optional
            When the work on a live mesh began (`time.perf_counter`), if that was before.

        Raises
        ------
        ExtractionError
            There is no surface at this threshold.
        LatentError
            The sliders were moved, and the model has none.
        Cancelled
        """
        began = time.perf_counter() if began is None else began
        code = self.latent.edited(code, edit)
        wanted = settings.resolution if resolution is None else resolution
        resolution = self._live.choose(wanted) if live else wanted
        recipe, moved = (code, settings, resolution, refine), time.perf_counter()
        if not live and self._made is not None and self._made[0] == recipe:
            _, mesh, seconds = self._made  # only its colours are others
        else:
            mesh, seconds = self._extracted(
                code, settings, resolution, live, cancel, progress, refine
            )
            if not live:
                self._made = (recipe, mesh, seconds)
        mesh = self.colouring.applied(mesh, code.placement, cancel)
        painted, remark = mesh, ""
        if paint is not None:
            painting = time.perf_counter()
            painted, remark = self.painting.applied(mesh, paint, live=live, cancel=cancel)
            seconds = {**seconds, "colours": time.perf_counter() - painting}
        is_painted, mesh = painted is not mesh, painted
        if live:  # fine ones cost more a cell, with what makes them good
            fixed = moved - began + seconds["field"]
            self._live.timed(resolution, began, time.perf_counter(), fixed)
        closed, size = live or mesh.is_watertight, (0.0, 0.0, 0.0)
        if not live:
            # Asked for here, so that the window need not reckon.
            _ = mesh.volume, mesh.bounds
            sides = np.ptp(code.placement.to_world(mesh.vertices), axis=0)
            size = (float(sides[0]), float(sides[1]), float(sides[2]))
        return MeshResult(mesh, code, resolution, live, closed, seconds, size, is_painted, remark)

    def _extracted(
        self,
        code: Code,
        settings: ExtractionSettings,
        resolution: int,
        live: bool,
        cancel: Cancel,
        progress: Progress,
        refine: int,
    ) -> tuple[Mesh, dict[str, float]]:
        """Make a clean mesh with normals, and tell how long each stage took."""
        from occviewer.extraction import extract

        began = time.perf_counter()
        field = self._field_of(code)
        make = (
            self._follower().extract if live else partial(extract, progress=progress, refine=refine)
        )
        prepared = time.perf_counter()
        mesh = make(field, resolution, _level(self._model, settings.threshold), cancel=cancel)
        seconds = {"field": prepared - began, "extraction": time.perf_counter() - prepared}
        return self._cleaned(mesh, settings, live, seconds, cancel).with_normals(), seconds

    def preview(
        self,
        code: Code,
        edit: LatentEdit,
        threshold: float | None,
        paint: Paint | None = None,
    ) -> bytes:
        """Draw a small PNG picture of a shape, in the colours of a picture where it has them."""
        from occviewer.extraction import extract
        from occviewer.gui.previews import preview_png

        field = self._field_of(self.latent.edited(code, edit))
        mesh = extract(field, _PREVIEWED, _level(self._model, threshold))
        if paint is not None:
            with suppress(MeshError):  # the camera sees nothing of it
                mesh = painted_by(mesh, paint)
        return preview_png(mesh)

    def stored_preview(self, code: Code, cancel: Cancel) -> bytes | None:
        """Draw a small picture of a shape that came with the model.

        Empty where there is no surface, None where it was cancelled. The field at hand stays.
        """
        from occviewer.extraction import extract
        from occviewer.gui.previews import preview_png

        assert self._model is not None
        try:
            field = self._model.field(code)
            return preview_png(extract(field, 32, self._model.level, cancel=cancel))
        except ExtractionError:
            return b""
        except Cancelled:
            return None

    def shelf_preview(
        self, code: Code, edit: LatentEdit, threshold: float | None, paint: Paint | None
    ) -> bytes:
        """Draw a picture as `preview` does; empty where the shape is too thin to be found."""
        try:
            return self.preview(code, edit, threshold, paint)
        except ExtractionError:
            return b""

    def _follower(self) -> Follower:
        """Give what remembers the last coarse surface, so that the next one is near."""
        from occviewer.extraction import Follower

        if self._following is None:
            self._following = Follower()
        return self._following

    def _field_of(self, code: Code) -> NetworkField:
        assert self._model is not None
        if self._field is None or self._field[0] is not code:
            self._field = (code, self._model.field(code))
        return self._field[1]

    def _cleaned(
        self,
        mesh: Mesh,
        settings: ExtractionSettings,
        live: bool,
        seconds: dict[str, float],
        cancel: Cancel,
    ) -> Mesh:
        from occviewer.meshes.processing import reduced, smoothed

        began = time.perf_counter()
        if settings.largest_only:
            mesh = mesh.largest_component()
        elif not live:
            mesh = mesh.without_small_components(_CRUMB)
        if not live:
            for work, amount in ((smoothed, settings.smoothing), (reduced, settings.face_target)):
                if cancel():
                    raise Cancelled("The mesh is no longer wanted.")
                mesh = work(mesh, amount or 0)
        seconds["clean-up"] = time.perf_counter() - began
        return mesh


def kinds_taken(model: Model) -> frozenset[Kind]:
    """Which kinds of sources a model takes."""
    from occviewer.models.checkpoint import has_image_encoder

    of_network: dict[Observed, Kind] = {"points": "cloud", "voxels": "voxels", "image": "picture"}
    observed = of_network.get(model.network.observed)
    kinds = set() if observed is None else {observed}
    if model.path is not None and has_image_encoder(model.path):
        kinds.add("picture")
    return frozenset(kinds)


def _level(model: Model | None, threshold: float | None) -> float:
    assert model is not None
    info = model.info if threshold is None else replace(model.info, threshold=threshold)
    return info.level
