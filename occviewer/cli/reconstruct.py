"""``occviewer reconstruct``: scans and pictures in, complete meshes out."""

from __future__ import annotations

import argparse
import json
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from occviewer.cli.arguments import RESOLUTIONS, angle, resolution, threshold
from occviewer.cli.arranging import add_arranging_options, check_arranging, written_mesh
from occviewer.cli.inspecting import add_settings_option
from occviewer.cli.observing import add_observing_options
from occviewer.cli.outputs import MESH_SUFFIXES, Job, check_outputs, has_folders, plan_jobs
from occviewer.cli.pictures import (
    add_picture_options,
    check_picture_options,
    is_picture,
    load_depth,
    see_picture,
)
from occviewer.cli.running import say, seed
from occviewer.errors import OccviewerError

if TYPE_CHECKING:
    from occviewer.meshes import Mesh
    from occviewer.models import Code, Model
    from occviewer.observations import PointCloud, VoxelGrid

# Separate parts with a smaller share of the surface are a network's doubts, not furniture.
_CRUMB = 0.01


def add_reconstruct_command(
    subparsers: argparse._SubParsersAction[argparse.ArgumentParser],
) -> None:
    """Add the command to the parser of the command line."""
    parser = subparsers.add_parser(
        "reconstruct",
        help="complete scans, and pictures, to watertight meshes",
        description="Complete scans (PLY, OBJ, OFF, STL, XYZ, NPY, NPZ, PCD, GLB, LAS, E57), or "
        "voxels (binvox, NPY, NPZ, NRRD, NIfTI, MHA) where the model takes those, to watertight "
        "meshes in the same units and axes, or as another program wants them. Of a picture (PNG, "
        "JPEG, WebP, HEIC, TIFF, BMP) the shape is made whose longest side is 1.",
        epilog="Exit status: 0, 1 when an input failed, 2 for wrong usage.",
    )
    add = parser.add_argument
    add(
        "inputs",
        metavar="INPUT",
        nargs="+",
        type=Path,
        help="scans, voxels or pictures, or folders of what the model takes (scans, where it "
        "takes several)",
    )
    add(
        "-o",
        "--output",
        metavar="OUT",
        type=Path,
        required=True,
        help=f"mesh file ({', '.join(MESH_SUFFIXES)}); a folder for several inputs",
    )
    add("--model", default="furniture", help="a shipped name or a checkpoint (default: furniture)")
    add(
        "--resolution",
        type=resolution,
        default=128,
        metavar="N",
        help=f"cells a side, {RESOLUTIONS[0]}…{RESOLUTIONS[1]} (default: 128)",
    )
    add("--threshold", type=threshold, metavar="P", help="probability of the surface, in 0…1")
    add(
        "--align",
        choices=("auto", "none"),
        default="auto",
        help="search up axis, heading and missing parts, or take the axes as they come: +Y up, "
        "+Z to the front (default: auto)",
    )
    add("--up", choices=("x", "y", "z", "-x", "-y", "-z"), help="the axis that points up")
    add("--yaw", type=angle, metavar="DEG", help="turn about the vertical")
    add("--device", choices=("auto", "cpu", "cuda", "mps"), default="auto")
    add("--format", choices=[suffix[1:] for suffix in MESH_SUFFIXES], help="of meshes in a folder")
    add("--picture", metavar="P", type=Path, help="PNG or JPEG to draw; a folder for several")
    add(
        "--all-parts",
        action="store_true",
        help="keep separate parts smaller than a hundredth of the surface, too",
    )
    add("--seed", type=seed, default=0, help="for the points that are drawn (default: 0)")
    add("--json", action="store_true", help="print one JSON object for each input")
    add_observing_options(parser)
    add_settings_option(parser)
    add_picture_options(parser)
    add_arranging_options(parser, ("none", "normals", "scan"))

    def run(args: argparse.Namespace) -> int:
        check_arranging(parser, args)
        check_picture_options(parser, args)
        if not has_folders(args):
            jobs = plan_jobs(parser, args)
            return _reconstruct(args, jobs, *_opened(args))
        check_outputs(parser, args)
        model, opened = _opened(args)
        return _reconstruct(args, plan_jobs(parser, args, model.network.observed), model, opened)

    parser.set_defaults(run=run)


def _opened(args: argparse.Namespace) -> tuple[Model, _Stages]:
    opened = _Stages()
    with opened.stage("import"):
        # Measured apart from what they are used for.
        import scipy.spatial  # noqa: F401 - cleans clouds
        import torch  # noqa: F401
        import trimesh  # noqa: F401 - writes meshes

        import occviewer.extraction
        import occviewer.meshes
        import occviewer.models.opening
        import occviewer.observations
    with opened.stage("model"):
        model = occviewer.models.opening.open_model(args.model, args.device, dict(args.settings))
    return model, opened


def _reconstruct(args: argparse.Namespace, jobs: list[Job], model: Model, opened: _Stages) -> int:
    from occviewer.observations.masking import SeveralObjectsError

    failures: list[str] = []
    for number, job in enumerate(jobs, 1):
        prefix = f"[{number}/{len(jobs)}] " if len(jobs) > 1 else ""
        stages = _Stages()
        # What was done once for all is part of the first.
        stages.seconds.update(opened.seconds if number == 1 else {})
        record: dict[str, Any] = {"input": str(job.source), "output": str(job.mesh)}
        try:
            one = _one_picture if is_picture(args, job.source) else _one
            record.update(one(args, model, job, stages, prefix))
        except OccviewerError as error:
            text = str(error)
            if isinstance(error, SeveralObjectsError):
                text += " Use --object N or --box."
            named = str(job.source) in text or str(job.mesh) in text
            record["error"] = text if named else f"{job.source}: {text}"
        except MemoryError:
            record["error"] = (
                f"{job.source}: not enough memory on {model.device}; try a lower --resolution"
                f"{'' if model.device.type == 'cpu' else ' or --device cpu'}."
            )
        if "error" in record:
            failures.append(record["error"])
        record["seconds"] = {name: round(value, 3) for name, value in stages.seconds.items()}
        if args.json:
            sys.stdout.write(json.dumps(record) + "\n")
            sys.stdout.flush()
    for failure in failures:
        say(f"occviewer: {failure}")
    if failures and len(jobs) > 1:
        say(f"{len(jobs) - len(failures)} of {len(jobs)} inputs done, {len(failures)} failed.")
    return 1 if failures else 0


def _one(
    args: argparse.Namespace, model: Model, job: Job, stages: _Stages, prefix: str
) -> dict[str, Any]:
    """Reconstruct one scan; what a person or a program wants to know of it."""
    from occviewer.cli.observing import encoded_observation, observed_points, read_observation

    began = time.perf_counter()
    say(f"{prefix}{job.source}")
    with stages.stage("load"):
        if args.depth:
            observation: PointCloud | VoxelGrid = load_depth(args, job.source)
        else:
            observation = read_observation(model, job.source, args)
    with stages.stage("encode"):
        code = encoded_observation(model, observation, args)
        cloud = observed_points(observation)
    with stages.stage("extract"):
        notes = list(code.notes)
        box_mesh = _extracted(args, model, code, notes)
    with stages.stage("save"):
        mesh = written_mesh(args, box_mesh, code, cloud, job.mesh)
    for note in notes:
        say(f"{prefix}  {note}")
    if "alignment" in code.facts:
        say(f"{prefix}  if it stands wrong, say how it stands with --up and --yaw")
    if job.picture is not None:
        with stages.stage("picture"):
            _draw(box_mesh, cloud, code, job.picture)
    _tell_done(job, mesh, began, prefix)
    return _record(model, code, mesh, job) | {"notes": notes}


def _one_picture(
    args: argparse.Namespace, model: Model, job: Job, stages: _Stages, prefix: str
) -> dict[str, Any]:
    """Make the shape of one picture; what a person or a program wants to know of it."""
    began = time.perf_counter()
    say(f"{prefix}{job.source}")
    with stages.stage("encode"):
        seen = see_picture(args, model, job.source)
    with stages.stage("extract"):
        notes = list(seen.code.notes)
        box_mesh = _extracted(args, model, seen.code, notes)
        overlap = seen.overlap(box_mesh)
    if overlap is not None:
        notes.append(f"its silhouette overlaps the mask by {overlap:.0%}")
    if args.texture:
        with stages.stage("texture"):
            box_mesh = seen.coloured(box_mesh, args.texture)
    with stages.stage("save"):
        mesh = written_mesh(args, box_mesh, seen.code, None, job.mesh)
    for note in notes:
        say(f"{prefix}  {note}")
    if job.picture is not None:
        from occviewer.meshes import render_picture

        with stages.stage("picture"):
            render_picture(box_mesh, job.picture)
    _tell_done(job, mesh, began, prefix)
    found = {
        "notes": notes,
        "mask": None if seen.mask is None else seen.mask.method,
        "camera": None if seen.camera is None else seen.camera.as_dict(),
        "overlap": None if overlap is None else round(overlap, 4),
    }
    return _record(model, seen.code, mesh, job) | found


def _extracted(args: argparse.Namespace, model: Model, code: Code, notes: list[str]) -> Mesh:
    from occviewer.extraction import EXPORT_REFINEMENT, extract

    field = model.field(code, args.threshold)
    mesh = extract(field, args.resolution, refine=EXPORT_REFINEMENT)
    return mesh if args.all_parts else _without_crumbs(mesh, notes)


def _tell_done(job: Job, mesh: Mesh, began: float, prefix: str) -> None:
    say(
        f"{prefix}  {job.mesh}: {len(mesh.faces):,} triangles, "
        f"{'watertight' if mesh.is_watertight else 'not watertight'}, "
        f"{time.perf_counter() - began:.1f} s"
    )


def _without_crumbs(mesh: Mesh, notes: list[str]) -> Mesh:
    """Leave out separate parts that are very small, and say so."""
    cleaned = mesh.without_small_components(_CRUMB)
    left_out = mesh.component_count - cleaned.component_count
    if left_out:
        parts = "1 part" if left_out == 1 else f"{left_out:,} parts"
        notes.append(f"left out {parts} below {_CRUMB:.0%} of the surface (--all-parts keeps them)")
    return cleaned


def _draw(mesh: Mesh, cloud: PointCloud, code: Code, path: Path) -> None:
    from occviewer.meshes import render_picture

    # More dots than this hide the mesh.
    points = code.placement.to_box(cloud.subsampled(3000).points)
    near = (abs(points) <= 0.6).all(axis=1)
    render_picture(mesh, path, points=points[near])


def _record(model: Model, code: Code, mesh: Mesh, job: Job) -> dict[str, Any]:
    facts = {name: value for name, value in code.facts.items() if name != "latent"}
    return {
        "picture": None if job.picture is None else str(job.picture),
        "model": model.name,
        "device": str(model.device),
        "placement": code.placement.as_dict(),
        "alignment": facts.pop("alignment", None),
        **facts,
        "vertices": len(mesh.vertices),
        "triangles": len(mesh.faces),
        "watertight": mesh.is_watertight,
        "volume": mesh.volume,
    }


@dataclass
class _Stages:
    """Wall time of the stages."""

    seconds: dict[str, float]

    def __init__(self) -> None:
        self.seconds = {}

    def stage(self, name: str) -> _Stage:
        return _Stage(self.seconds, name)


class _Stage:
    """Measures what runs within, also when it fails."""

    def __init__(self, seconds: dict[str, float], name: str) -> None:
        self._seconds, self._name = seconds, name

    def __enter__(self) -> None:
        self._began = time.perf_counter()

    def __exit__(self, *_: object) -> None:
        self._seconds[self._name] = time.perf_counter() - self._began
