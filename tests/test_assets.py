"""The samples and models are found in a source tree, and travel inside the wheel."""

import os
import subprocess
import sys
import zipfile
from configparser import ConfigParser
from pathlib import Path

import pytest

from occviewer import assets

SOURCE = Path(__file__).resolve().parents[1]
FOLDERS = ("resources", "checkpoints")


def files_below(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


@pytest.fixture(scope="module")
def wheel(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    built = subprocess.run(command, cwd=SOURCE, capture_output=True, text=True)
    assert built.returncode == 0, built.stdout + built.stderr
    (path,) = folder.glob("*.whl")
    return path


@pytest.fixture(scope="module")
def unpacked(wheel, tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("site-packages")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder)
    return folder


def test_a_source_tree_has_them_at_the_top():
    assert assets.resources() == SOURCE / "resources"
    assert assets.checkpoints() == SOURCE / "checkpoints"


@pytest.mark.parametrize("name", FOLDERS)
def test_the_wheel_carries_every_file_of(name, unpacked):
    in_the_tree = files_below(SOURCE / name)
    assert in_the_tree, f"{name} is empty"
    assert files_below(unpacked / "occviewer" / "_bundled" / name) == in_the_tree


@pytest.mark.parametrize("name", FOLDERS)
def test_an_installed_package_finds_its_own(name, unpacked, tmp_path):
    program = f"from occviewer import assets; print(assets.{name}())"
    answer = subprocess.run(
        [sys.executable, "-c", program],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(unpacked)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert Path(answer.stdout.strip()) == unpacked / "occviewer" / "_bundled" / name


def test_the_wheel_installs_both_programs(unpacked):
    (metadata,) = unpacked.glob("*.dist-info")
    programs = ConfigParser()
    programs.read(metadata / "entry_points.txt")
    assert programs["console_scripts"]["occviewer"] == "occviewer.cli:main"
    assert programs["gui_scripts"]["occviewer-app"] == "occviewer.app:main"


def test_the_wheel_holds_the_package_and_nothing_of_the_workshop(wheel):
    with zipfile.ZipFile(wheel) as archive:
        tops = {name.split("/")[0] for name in archive.namelist()}
        assert "occviewer/py.typed" in archive.namelist()
    assert {top for top in tops if not top.endswith(".dist-info")} == {"occviewer"}
