"""The command line: ``occviewer COMMAND``.

Torch and VTK take seconds to import, so nothing here or in the modules of the commands
imports them before a command runs: help and usage errors come at once.
"""

from __future__ import annotations

import argparse
import os
import sys
from importlib import import_module

from occviewer import __version__
from occviewer.errors import Cancelled, OccviewerError

# Module and function that add the commands, in the order in which help lists them.
_COMMANDS = (
    ("occviewer.cli.reconstruct", "add_reconstruct_command"),
    ("occviewer.cli.codes", "add_encode_command"),
    ("occviewer.cli.codes", "add_decode_command"),
    ("occviewer.cli.codes", "add_sample_command"),
    ("occviewer.cli.interpolate", "add_interpolate_command"),
    ("occviewer.cli.models", "add_models_command"),
    ("occviewer.cli.inspecting", "add_inspect_command"),
    ("occviewer.cli.inspecting", "add_convert_command"),
    ("occviewer.cli.inspecting", "add_codes_command"),
    ("occviewer.cli.data", "add_data_commands"),
    ("occviewer.cli.train", "add_train_command"),
    ("occviewer.cli.train_pose", "add_train_pose_command"),
    ("occviewer.cli.train_latent", "add_train_latent_command"),
    ("occviewer.cli.train_image", "add_train_image_command"),
    ("occviewer.cli.evaluate", "add_evaluate_command"),
    ("occviewer.cli.evaluate_image", "add_evaluate_image_command"),
    ("occviewer.cli.bench", "add_bench_command"),
)

# Options whose value can be an axis such as -x, which argparse takes for an option.
_AXIS_OPTIONS = ("--up", "--front")
_NEGATIVE_AXES = ("-x", "-y", "-z")

_INTERRUPTED = 130  # 128 + SIGINT, as shells have it


def main(argv: list[str] | None = None) -> int:
    """Run a command.

    Parameters
    ----------
    argv : list of str, optional
        Arguments without the program's name; those of the process by default.

    Returns
    -------
    int
        The exit status: 0, 1 when something failed, 130 when interrupted.

    Raises
    ------
    SystemExit
        With status 2 for a usage error, with 0 after ``--help`` and ``--version``.
    """
    arguments = sys.argv[1:] if argv is None else argv
    if sys.platform == "darwin":
        # Read when torch is imported: what Apple's GPU cannot do runs on the CPU.
        os.environ.setdefault("PYTORCH_ENABLE_MPS_FALLBACK", "1")
    args = _parser().parse_args(_join_axes(arguments))
    try:
        status: int = args.run(args)
        sys.stdout.flush()
    except OccviewerError as error:
        print(f"occviewer: {error}", file=sys.stderr)
        return 1
    except (KeyboardInterrupt, Cancelled):
        return _INTERRUPTED
    except BrokenPipeError:
        # Who read our output has left; the interpreter must not complain at its end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    return status


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="occviewer",
        description="Complete partial scans with occupancy networks.",
        epilog="occviewer COMMAND --help explains a command.",
    )
    parser.add_argument("--version", action="version", version=f"occviewer {__version__}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for module, function in _COMMANDS:
        getattr(import_module(module), function)(commands)
    return parser


def _join_axes(arguments: list[str]) -> list[str]:
    """Write ``--up -x`` as ``--up=-x``."""
    joined: list[str] = []
    for argument in arguments:
        if argument in _NEGATIVE_AXES and joined and joined[-1] in _AXIS_OPTIONS:
            joined[-1] += f"={argument}"
        else:
            joined.append(argument)
    return joined
