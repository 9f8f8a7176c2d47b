"""The command line as a whole: help, exit statuses, interruptions."""

import os
import re
import subprocess
import sys

import pytest

from occviewer import __version__, cli
from occviewer.errors import Cancelled, DataError

HEAVY = ("torch", "vtkmodules", "pyvista", "trimesh", "scipy", "numpy")


def python(code, **environment):
    return subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        env={**os.environ, **environment},
        timeout=60,
        check=False,
    )


@pytest.mark.parametrize(
    "arguments",
    [["--help"], ["--version"], ["reconstruct", "--help"], ["reconstruct"], ["fly"], []],
)
def test_help_and_usage_errors_import_nothing_heavy(arguments):
    done = python(
        "import sys\n"
        "from occviewer.cli import main\n"
        "try:\n"
        f"    main({arguments!r})\n"
        "except SystemExit as stop:\n"
        "    status = stop.code\n"
        f"print('status', status, 'heavy', [m for m in {HEAVY!r} if m in sys.modules])\n"
    )
    expected = 0 if arguments and arguments[-1].startswith("--") else 2
    assert done.stdout.splitlines()[-1] == f"status {expected} heavy []", done.stderr


def test_the_module_runs_as_the_command():
    done = subprocess.run(
        [sys.executable, "-m", "occviewer", "--version"], capture_output=True, text=True, check=True
    )
    assert done.stdout == f"occviewer {__version__}\n"


def test_every_command_is_listed(capsys):
    with pytest.raises(SystemExit) as stop:
        cli.main(["--help"])
    assert stop.value.code == 0
    printed = capsys.readouterr().out
    commands = "reconstruct models encode decode sample interpolate data train train-latent"
    for command in [*commands.split(), "train-pose", "evaluate", "bench"]:
        assert re.search(rf"^    {command}\s", printed, re.MULTILINE)


@pytest.fixture
def command(monkeypatch):
    """Replace what ``occviewer models`` does."""

    def replace(function):
        monkeypatch.setattr("occviewer.cli.models._models", function)

    return replace


def raising(error):
    def run(_):
        raise error

    return run


def test_an_error_for_people_is_one_sentence_and_status_one(command, capsys):
    command(raising(DataError("The data set is gone; make it again.")))
    assert cli.main(["models"]) == 1
    assert capsys.readouterr().err == "occviewer: The data set is gone; make it again.\n"


@pytest.mark.parametrize("error", [KeyboardInterrupt(), Cancelled()])
def test_an_interruption_is_quiet_and_status_130(command, capsys, error):
    command(raising(error))
    assert cli.main(["models"]) == 130
    assert capsys.readouterr() == ("", "")


def test_a_bug_is_not_hidden(command):
    command(raising(ZeroDivisionError()))
    with pytest.raises(ZeroDivisionError):
        cli.main(["models"])


def test_a_reader_that_leaves_is_no_traceback():
    code = (
        "import sys, occviewer.cli.models, occviewer.cli\n"
        "def run(args):\n"
        "    for _ in range(100_000):\n"
        "        print('x' * 100)\n"
        "    return 0\n"
        "occviewer.cli.models._models = run\n"
        "sys.exit(occviewer.cli.main(['models']))\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        process.stdout.readline()
        process.stdout.close()
        assert process.wait(30) == 1
        assert process.stderr.read() == ""


@pytest.mark.parametrize("axis", ["-x", "-y", "-z", "x"])
def test_negative_axes_need_no_equals_sign(axis):
    parsed = cli._parser().parse_args(
        cli._join_axes(["reconstruct", "a.ply", "-o", "b.glb", "--up", axis, "--yaw", "-30"])
    )
    assert parsed.up == axis
    assert parsed.yaw == -30


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["encode", "a.ply", "-o", "a.npz", "--seed", "-1"], "'-1' is not a whole number from 0"),
        (["reconstruct", "a.ply", "-o", "a.glb", "--seed", "-1"], "is not a whole number from 0"),
        (["data", "prepare", "a", "-o", "b", "--seed", "-1"], "is not a whole number from 0"),
        (["sample", "-o", "a", "-n", "inf"], "'inf' is not a whole number from 1"),
        (["interpolate", "a", "b", "-o", "c", "--frames", "inf"], "is not a whole number from 2"),
        (["interpolate", "a", "b", "-o", "c.avi"], "c.avi ends in no format"),
        (["interpolate", "a", "b", "-o", "c.gif", "--rate", "0.001"], "frames a second"),
        (["evaluate", "--data", "a", "--update", "--iou-only"], "leave --iou-only out"),
    ],
)
def test_numbers_that_cannot_be_used_are_usage_errors(arguments, said, capsys):
    with pytest.raises(SystemExit) as ended:
        cli.main(arguments)
    assert ended.value.code == 2
    assert said in capsys.readouterr().err


@pytest.mark.parametrize("name", ["x" * 300 + ".ply", "missing/a.ply"])
def test_a_path_that_cannot_be_looked_at_is_said_in_a_sentence(name, tmp_path, capsys):
    out = tmp_path / "a.glb"
    assert cli.main(["reconstruct", str(tmp_path / name), "-o", str(out)]) == 1
    said = capsys.readouterr().err
    assert "Traceback" not in said
    assert "occviewer: " in said
