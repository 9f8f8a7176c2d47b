"""From the Debian packages of Sweet Home 3D to a folder with one library a subfolder."""

from __future__ import annotations

import io
import shutil
import subprocess
import tarfile
import zipfile
from pathlib import Path

from occviewer.errors import DataError

PACKAGES = ("sweethome3d", "sweethome3d-furniture")

_MODELS = "com/eteks/sweethome3d/io/"  # where the program keeps its own models
_CLASS_FILES = ".class"


def download_packages(folder: Path) -> None:
    """Download the two packages into `folder` with ``apt-get``.

    Raises
    ------
    DataError
        Where there is no apt-get, or it fails; the text has its last words.
    """
    remedy = (
        f"download {' and '.join(PACKAGES)} by hand (https://packages.debian.org) and give "
        "their folder with --from."
    )
    if shutil.which("apt-get") is None:
        raise DataError(f"The packages are fetched with apt-get, which is not here: {remedy}")
    done = subprocess.run(
        ["apt-get", "download", *PACKAGES], cwd=folder, capture_output=True, text=True, check=False
    )
    if done.returncode:
        said = (done.stderr.strip().splitlines() or [f"exit status {done.returncode}"])[-1]
        raise DataError(f"apt-get could not download Sweet Home 3D ({said}): {remedy}")


def unpack_libraries(folder: Path, target: Path) -> Path:
    """Folder with one unpacked library a subfolder, made from what `folder` holds.

    Parameters
    ----------
    folder : Path
        Holds the .deb files, or what they install (``*.sh3f`` and ``sweethome3d.jar``
        at any depth), or libraries that are already unpacked.
    target : Path
        An empty folder for what has to be unpacked.

    Returns
    -------
    Path
        `folder` itself when everything in it was unpacked already, else a folder in `target`.

    Raises
    ------
    DataError
        When the folder does not exist or an archive is damaged.
    """
    if not folder.is_dir():
        raise DataError(f"{folder} is not a folder: give one with the two .deb packages.")
    packages = sorted(folder.glob("*.deb"))
    root = folder
    if packages:
        root = target / "packages"
        for package in packages:
            _unpack_deb(package, root)
    libraries = sorted(root.rglob("*.sh3f"))
    programs = sorted(root.rglob("sweethome3d.jar"))
    if not libraries and not programs:
        return folder
    for library in libraries:
        _unzip(library, target / "libraries" / library.stem)
    for program in programs:
        _unzip(program, target / "libraries" / "core", _MODELS)
    return target / "libraries"


def _unpack_deb(package: Path, root: Path) -> None:
    """Do what ``dpkg -x`` does; by dpkg itself where the compression needs it."""
    root.mkdir(parents=True, exist_ok=True)
    try:
        name, data = _ar_member(package, "data.tar")
        if name.endswith(".zst"):
            subprocess.run(["dpkg", "-x", package, root], check=True, capture_output=True)
            return
        with tarfile.open(fileobj=io.BytesIO(data)) as archive:
            archive.extractall(root, filter="data")
    except (OSError, ValueError, tarfile.TarError, subprocess.CalledProcessError) as error:
        raise DataError(
            f"{package} cannot be unpacked ({error}): download it again, or unpack it with "
            "dpkg -x and give that folder."
        ) from error


def _ar_member(path: Path, wanted: str) -> tuple[str, bytes]:
    """Name and bytes of the first member of an ar archive whose name starts with `wanted`."""
    with path.open("rb") as file:
        if file.read(8) != b"!<arch>\n":
            raise ValueError("not a Debian package")
        # Each header: name in 16 bytes, four numbers in 32, size in 10, two bytes of end.
        while len(header := file.read(60)) == 60:
            name = header[:16].decode("ascii").strip().rstrip("/")
            size = int(header[48:58])
            if name.startswith(wanted):
                data = file.read(size)
                if len(data) < size:
                    break
                return name, data
            file.seek(size + size % 2, io.SEEK_CUR)
    raise ValueError("the file is cut off")


def _unzip(path: Path, target: Path, prefix: str = "") -> None:
    try:
        with zipfile.ZipFile(path) as archive:
            for member in archive.namelist():
                if member.startswith(prefix) and not member.endswith(_CLASS_FILES):
                    archive.extract(member, target)
    except (OSError, zipfile.BadZipFile) as error:
        raise DataError(
            f"{path} cannot be unpacked ({error}): download its package again."
        ) from error
