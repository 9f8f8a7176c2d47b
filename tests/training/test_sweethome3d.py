import io
import tarfile
import zipfile

import pytest

from occviewer.errors import DataError
from occviewer.training.sweethome3d import read_catalogue, shape_class, sweethome3d_sources
from occviewer.training.sweethome3d_packages import download_packages, unpack_libraries

OBJ = "v 0 0 0\nv 1 0 0\nv 0 1 0\nf 1 2 3\n"

CAFE = "/k/Cafe_Chair/Cafe_Chair.obj"
CORE = "com/eteks/sweethome3d/io/"
CORE_HEADER = (
    "# Sweet Home 3D, Copyright (c) 2006 Emma P / Firm\n"
    "# This file is distributed at your choice, under the CC-BY Creative Commons Attribution 3.0\n"
    "# available at http://creativecommons.org/licenses/by/3.0/ or under the terms of the\n"
    "# GNU General Public License as published by the Free Software Foundation\n"
)
KATOR_NOTICE = (
    "(C) Copyright Ann & Jen\n\nThese files are under the Creative Commons Attribution 3.0 "
    "United States license:\nhttp://creativecommons.org/licenses/by/3.0/us/\n"
)
SCOPIA_NOTICE = (
    "The content is under http://creativecommons.org/licenses/by/3.0/\n\n"
    "(C) Copyrights 2014 Both\nfor the 2 following models:\n- desk\n- puff\n\n"
    "(C) Copyrights 2006 Alone\nfor all the other models\n"
)
BLEND_NOTICE = (
    'Thank you for downloading "B" by MaxM\nReleased under\nCreative Commons Attribution 3.0'
)


def catalogue(*entries):
    lines = ["id=x", "name=library"]
    for number, entry in enumerate(entries, 1):
        lines += [f"{key}#{number}={value}" for key, value in entry.items()]
    return "\n".join(lines)


def write(root, **files):
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="latin-1")


LIBRARIES = {
    "KatorLegaz": {
        "LICENSE.TXT": KATOR_NOTICE,
        "PluginFurnitureCatalog.properties": catalogue(
            {"name": "Caf\\u00e9 chair", "model": CAFE, "creator": "Kator"},
            {"name": "Toaster", "model": "/k/toaster/toaster.obj", "creator": "Kator"},
            {"name": "Chair again", "model": CAFE, "creator": "Kator"},
            {"name": "Lost chair", "model": "/k/lost/lost.obj", "creator": "Kator"},
            {"name": "Bench", "model": "/k/bench/bench.dae", "creator": "Kator"},
        ),
        "k/Cafe_Chair/Cafe_Chair.obj": OBJ,
        "k/toaster/toaster.obj": OBJ,
        "k/bench/bench.dae": "",
    },
    "Scopia": {
        "LICENSE.TXT": SCOPIA_NOTICE,
        "PluginFurnitureCatalog.properties": catalogue(
            {"name": "Desk", "model": "/s/desk/desk.obj", "creator": "Scopia",
             "modelRotation": "0 0 -1 0 1 0 1 0 0"},
            {"name": "Sofa", "model": "/s/sofa/sofa.obj", "creator": "Scopia"},
        ),
        "s/desk/desk.obj": OBJ,
        "s/sofa/sofa.obj": OBJ,
    },
    "BlendSwap-CC-0": {
        "LICENSE.TXT": "Creative Commons Zero (Public Domain)",
        "PluginFurnitureCatalog.properties": catalogue(
            {"name": "Bed", "model": "/b/bed/bed.obj", "creator": "Blend Swap"},
            {"name": "Lamp", "model": "/b/lamp/lamp.obj", "creator": "Other"},
        ),
        "b/bed/bed.obj": OBJ,
        "b/bed/BLENDSWAP_LICENSE.txt": BLEND_NOTICE,
        "b/lamp/lamp.obj": "# Created by Lia\n" + OBJ,
    },
    "core": {
        CORE + "DefaultFurnitureCatalog.properties": catalogue(
            {"name": "Wardrobe", "model": f"/{CORE}resources/wardrobe.obj", "creator": "eTeks"},
        ),
        CORE + "resources/wardrobe.obj": CORE_HEADER + OBJ,
    },
}  # fmt: skip


@pytest.fixture
def libraries(tmp_path):
    for name, files in LIBRARIES.items():
        write(tmp_path / "libraries" / name, **files)
    return tmp_path / "libraries"


@pytest.fixture
def sources(libraries):
    return {source.record.name: source for source in sweethome3d_sources(libraries)}


def test_every_model_that_exists_is_listed_once(sources):
    assert sorted(sources) == [
        "blendswap-cc-0-bed",
        "blendswap-cc-0-lamp",
        "core-wardrobe",
        "katorlegaz-cafe-chair",
        "katorlegaz-toaster",
        "scopia-desk",
        "scopia-sofa",
    ]
    chair = sources["katorlegaz-cafe-chair"].record
    assert chair.title == "Café chair"
    assert chair.source == "KatorLegaz/k/Cafe_Chair/Cafe_Chair.obj"
    assert chair.category == "chair"


def test_the_libraries_of_other_artists_are_never_trained_on(sources):
    splits = {name: source.record.split for name, source in sources.items()}
    assert splits["katorlegaz-cafe-chair"] == "test"
    assert splits["katorlegaz-toaster"] == "unused"
    assert splits["scopia-sofa"] == splits["blendswap-cc-0-bed"] == "train"


def test_the_catalogue_gives_the_orientation(sources):
    assert sources["scopia-desk"].rotation == (0, 0, -1, 0, 1, 0, 1, 0, 0)
    assert sources["scopia-sofa"].rotation == (1, 0, 0, 0, 1, 0, 0, 0, 1)


@pytest.mark.parametrize(
    ("name", "creator", "licence"),
    [
        ("katorlegaz-cafe-chair", "Kator (© Ann & Jen)", "CC-BY-3.0-US"),
        ("scopia-desk", "Scopia (© 2014 Both)", "CC-BY-3.0"),
        ("scopia-sofa", "Scopia (© 2006 Alone)", "CC-BY-3.0"),
        ("blendswap-cc-0-bed", "MaxM", "CC-BY-3.0"),
        ("blendswap-cc-0-lamp", "Other (in the model's notice: Lia)", "CC0-1.0"),
        ("core-wardrobe", "eTeks (© 2006 Emma P / Firm)", "CC-BY-3.0 OR GPL-2.0-or-later"),
    ],
)
def test_creator_and_licence_are_what_the_nearest_notice_says(sources, name, creator, licence):
    assert (sources[name].record.creator, sources[name].record.licence) == (creator, licence)


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("Floor lamp", "lamp"),
        ("Corner sofa", "sofa"),
        ("Bar stool", "chair"),
        ("Bunk bed", "bed"),
        ("Coffee table", "table"),
        ("Filing cabinet", "storage"),
        ("Wheelchair", "other"),
        ("Tablet", "other"),
        ("Cat", "other"),
    ],
)
def test_classes_follow_the_english_names(title, name):
    assert shape_class(title) == name


def test_continued_lines_and_spaces_in_a_catalogue(tmp_path):
    path = tmp_path / "c.properties"
    path.write_text("# name#9=no\n name#2 = Two \\\nwords\nname#1=One\n")
    assert read_catalogue(path) == [{"name": "One"}, {"name": "Two words"}]


def test_a_folder_without_a_catalogue_is_refused(tmp_path):
    (tmp_path / "library").mkdir()
    with pytest.raises(DataError, match="no furniture catalogue"):
        list(sweethome3d_sources(tmp_path))


def zipped(files):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, text in files.items():
            archive.writestr(name, text.encode("latin-1"))
    return buffer.getvalue()


def deb(path, files):
    """A Debian package: an ar archive of three members, each padded to an even length."""
    data = io.BytesIO()
    with tarfile.open(fileobj=data, mode="w:xz") as archive:
        for name, content in files.items():
            info = tarfile.TarInfo("./" + name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    members = {"debian-binary": b"2.0\n", "control.tar.xz": b"odd", "data.tar.xz": data.getvalue()}
    with path.open("wb") as file:
        file.write(b"!<arch>\n")
        for name, content in members.items():
            file.write(f"{name:<16}{0:<12}{0:<6}{0:<6}{100644:<8}{len(content):<10}`\n".encode())
            file.write(content + b"\n" * (len(content) % 2))


@pytest.fixture
def packages(tmp_path):
    folder = tmp_path / "debs"
    folder.mkdir()
    share = "usr/share/sweethome3d/"
    furniture = [name for name in LIBRARIES if name != "core"]
    deb(
        folder / "sweethome3d-furniture_1_all.deb",
        {f"{share}furniture/{name}.sh3f": zipped(LIBRARIES[name]) for name in furniture},
    )
    jar = zipped({**LIBRARIES["core"], CORE + "Some.class": "x", "COPYING.TXT": "x"})
    deb(folder / "sweethome3d_1_all.deb", {f"{share}sweethome3d.jar": jar})
    return folder


def test_the_debian_packages_give_the_same_sources_as_the_unpacked_libraries(
    packages, sources, tmp_path
):
    unpacked = unpack_libraries(packages, tmp_path / "work")
    records = {s.record.name: s.record for s in sweethome3d_sources(unpacked)}
    assert records == {name: source.record for name, source in sources.items()}
    assert not list(unpacked.rglob("*.class"))


def test_unpacked_libraries_are_used_where_they_are(libraries, tmp_path):
    assert unpack_libraries(libraries, tmp_path / "work") == libraries
    assert not (tmp_path / "work").exists()


@pytest.mark.parametrize("keep", [0, 4, 100, 400])
def test_a_package_that_was_cut_off_is_named(packages, tmp_path, keep):
    package = packages / "sweethome3d_1_all.deb"
    package.write_bytes(package.read_bytes()[:keep])
    with pytest.raises(DataError, match="sweethome3d_1_all.deb cannot be unpacked"):
        unpack_libraries(packages, tmp_path / "work")


def test_without_apt_get_the_way_by_hand_is_told(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(DataError, match="--from"):
        download_packages(tmp_path)


def test_the_last_words_of_a_failing_apt_get_are_told(tmp_path, monkeypatch):
    script = tmp_path / "apt-get"
    script.write_text("#!/bin/sh\necho 'E: Unable to locate package' >&2\nexit 100\n")
    script.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/bin:/usr/bin")
    with pytest.raises(DataError, match="Unable to locate package.*by hand"):
        download_packages(tmp_path)
