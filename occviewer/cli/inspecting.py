"""``occviewer inspect``, ``convert`` and ``codes``: checkpoints of any known family."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from occviewer.cli.arguments import positive
from occviewer.cli.outputs import made_folder
from occviewer.cli.running import say

if TYPE_CHECKING:
    from occviewer.models import Model


def add_inspect_command(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add ``inspect`` to the parser of the command line."""
    parser = subparsers.add_parser(
        "inspect",
        help="say what network a checkpoint holds",
        description="Recognise a checkpoint (.pt, .pth, .tar, .npz, .safetensors, or the folder of "
        "a DeepSDF experiment) by its tensors, and say what it takes and what was assumed.",
    )
    parser.add_argument("file", metavar="FILE", nargs="?", type=Path)
    parser.add_argument("--json", action="store_true", help="one JSON object")
    parser.add_argument("--families", action="store_true", help="list what can be recognised")
    add_settings_option(parser)

    def run(args: argparse.Namespace) -> int:
        if args.file is None and not args.families:
            parser.error("give a FILE, or --families")
        return _families(args) if args.families else _inspect(args)

    parser.set_defaults(run=run)


def add_convert_command(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add ``convert`` to the parser of the command line."""
    parser = subparsers.add_parser(
        "convert",
        help="write a checkpoint of another project as safetensors",
        description="Write a checkpoint as one safetensors file that opens faster, says all about "
        "itself, and can run nothing. Stored codes come along.",
    )
    parser.add_argument("file", metavar="FILE", type=Path)
    parser.add_argument("-o", "--output", metavar="MODEL.safetensors", type=_model, required=True)
    parser.add_argument("--half", action="store_true", help="store float16")
    add_settings_option(parser)
    parser.set_defaults(run=_convert)


def add_codes_command(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add ``codes`` to the parser of the command line."""
    parser = subparsers.add_parser(
        "codes",
        help="write codes that a model knows, or draws, for decode",
        description="Write the codes of the shapes that a model was trained on where it holds them "
        "(DeepSDF), or codes drawn from its prior (--draw), for  occviewer decode.",
    )
    add = parser.add_argument
    add("--model", required=True, help="a checkpoint")
    add("-o", "--output", metavar="DIR", type=Path, required=True, help="folder for the codes")
    add("-n", "--number", type=positive, default=8, metavar="N", help="at most (default: 8)")
    add("--draw", action="store_true", help="draw new ones")
    add("--seed", type=int, default=0, help="the same seed draws the same codes (default: 0)")
    add_settings_option(parser)
    parser.set_defaults(run=_codes)


def add_settings_option(parser: argparse.ArgumentParser) -> None:
    """Add what a file does not say of its network."""
    parser.add_argument(
        "--set",
        dest="settings",
        metavar="NAME=VALUE",
        type=_setting,
        action="append",
        default=[],
        help="what the file of another project does not say, such as planes=xz or threshold=0.5; "
        "inspect lists what was assumed",
    )


def about(model: Model) -> dict[str, Any]:
    """Everything that is known of a model, as JSON values."""
    from occviewer.models.observed import taken

    info, network = model.info, model.network
    shapes = {name: list(shape) for name, shape in network.code_shapes().items()}
    return {
        "file": str(model.path),
        "name": info.name,
        "family": info.family or "occviewer",
        "description": info.description,
        "architecture": network.architecture,
        "configuration": network.config,
        "parameters": sum(parameter.numel() for parameter in network.parameters()),
        "observes": network.observed,
        "takes": taken(network),
        "normalisation": info.normalisation,
        "values": info.values,
        "threshold": info.threshold,
        "level": info.level,
        "bounds": [list(corner) for corner in info.bounds],
        "code": shapes,
        "latent_size": _latent_size(shapes),
        "stored_codes": len(network.stored_codes()),
        "licence": info.licence,
        "training": dict(info.training),
        "provenance": dict(info.provenance),
        "assumed": dict(info.assumed),
        "warnings": list(info.warnings),
    }


def _inspect(args: argparse.Namespace) -> int:
    from occviewer.models import open_model

    known = about(open_model(args.file, "cpu", dict(args.settings)))
    if args.json:
        print(json.dumps(known))
        return 0
    level = "" if known["values"] == "logits" else f" (values are {known['values']})"
    settings = known["configuration"]
    lines = {
        "family": known["family"],
        "network": known["description"],
        "configuration": ", ".join(f"{name}={_short(v)}" for name, v in settings.items()),
        "parameters": f"{known['parameters']:,}",
        "takes": f"{known['takes']}; normalised by {known['normalisation']}",
        "code": ", ".join(
            f"{name} {' x '.join(map(str, shape))}" for name, shape in known["code"].items()
        ),
        "stored codes": f"{known['stored_codes']:,}",
        "threshold": f"{known['threshold']:g}{level}",
        "assumed": ", ".join(f"{name}={value}" for name, value in known["assumed"].items())
        or "nothing",
        "warnings": "; ".join(known["warnings"]) or "none",
    }
    print(f"{known['file']}")
    for name, value in lines.items():
        print(f"  {name:<13} {value}")
    return 0


def _families(args: argparse.Namespace) -> int:
    from occviewer.models.families import FAMILIES

    for family in FAMILIES:
        settings = {
            name: {"meaning": item.meaning, "default": item.default}
            for name, item in family.settings.items()
        }
        if args.json:
            print(json.dumps({"name": family.name, "title": family.title, "settings": settings}))
            continue
        print(f"{family.name}: {family.title}")
        for name, item in family.settings.items():
            default = "" if item.default is None else f" (default: {item.default})"
            print(f"  {name:<17} {item.meaning}{default}")
    return 0


def _convert(args: argparse.Namespace) -> int:
    from occviewer.models import open_model, save_checkpoint

    model = open_model(args.file, "cpu", dict(args.settings))
    save_checkpoint(args.output, model.network, model.info, half=args.half, pose=model.pose)
    say(f"{args.output}: {model.info.description or model.name}")
    return 0


def _codes(args: argparse.Namespace) -> int:
    from occviewer.models import CodeError, open_model
    from occviewer.models.known_codes import drawn_codes, stored_codes

    model = open_model(args.model, "cpu", dict(args.settings))
    if args.draw:
        codes = drawn_codes(model, args.number, args.seed)
    else:
        codes = stored_codes(model)[: args.number]
    if not codes:
        raise CodeError(f"{args.model} holds no codes; draw some with --draw.")
    folder = made_folder(args.output)
    digits = max(len(str(len(codes))), 2)
    for number, code in enumerate(codes, 1):
        path = folder / f"code-{number:0{digits}}.npz"
        code.save(path)
        print(path)
    sys.stdout.flush()
    return 0


def _latent_size(shapes: dict[str, list[int]]) -> int:
    total = 0
    for shape in shapes.values():
        numbers = 1
        for side in shape:
            numbers *= side
        total += numbers
    return total


def _short(value: Any) -> str:  # noqa: ANN401 - of a configuration
    return " ".join(map(str, value)) if isinstance(value, list) else str(value)


def _setting(text: str) -> tuple[str, Any]:
    name, found, value = text.partition("=")
    if not (found and name.strip() and value.strip()):
        raise argparse.ArgumentTypeError(f"{text!r} is not NAME=VALUE, such as planes=xz")
    try:
        return name.strip(), json.loads(value)
    except ValueError:
        return name.strip(), value.strip()


def _model(text: str) -> Path:
    path = Path(text)
    if path.suffix.lower() != ".safetensors":
        raise argparse.ArgumentTypeError(f"{text!r} does not end in .safetensors")
    return path
