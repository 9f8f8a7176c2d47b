import json

import pytest

from occviewer.training.credits import (
    Credits,
    credits_of_mesh,
    credits_of_text,
    licence_file,
    licence_identifier,
)

PLAIN = """Thank you for downloading "A Sofa" by jo-x
modified by E. P. / Firm to add sheets
Released under
Creative Commons Attribution 3.0
Downloaded from http://www.blendswap.com/blends/view/123
Textures come from elsewhere under CC-0.
"""
PAGE = """<html><title>Couch by Joe &amp; Co - 78318 - Creative Commons License</title>
<p>released by <a href="x">Joe</a> under the following license:</p>
<a href="http://creativecommons.org/publicdomain/mark/1.0/">Creative Commons Zero</a>"""


@pytest.mark.parametrize(
    ("text", "licence"),
    [
        ("http://creativecommons.org/licenses/by/3.0/us/", "CC-BY-3.0-US"),
        ("Creative Commons Attribution 3.0 United States (CC BY 3.0)", "CC-BY-3.0-US"),
        ("https://creativecommons.org/licenses/by-nc-sa/4.0/", "CC-BY-NC-SA-4.0"),
        ("Creative Commons Attribution-NonCommercial 4.0 International", "CC-BY-NC-4.0"),
        ("Creative Commons Attribution Share-Alike 3.0", "CC-BY-SA-3.0"),
        ("CC-BY-4.0", "CC-BY-4.0"),
        ("Creative Commons Zero (Public Domain)", "CC0-1.0"),
        ("This file is distributed under CC-0", "CC0-1.0"),
        ("MIT License\n\nPermission is hereby granted", "MIT"),
        ("all rights reserved", ""),
    ],
)
def test_licences_are_recognised(text, licence):
    assert licence_identifier(text) == licence


def test_a_plain_notice_tells_author_changes_page_and_the_licence_of_the_work():
    credits = credits_of_text(PLAIN)
    assert credits.creator == "jo-x; modified by E. P. / Firm to add sheets"
    assert credits.title == "A Sofa"
    assert credits.licence == "CC-BY-3.0"
    assert credits.url == "http://www.blendswap.com/blends/view/123"


def test_a_page_tells_author_and_licence():
    credits = credits_of_text(PAGE)
    assert (credits.creator, credits.title) == ("Joe & Co", "Couch")
    assert credits.licence == "CC0-1.0"


@pytest.mark.parametrize(
    ("line", "holder"),
    [
        (
            "# Prog, Copyright (c) 2006-2017 Emma P / Firm <a@b.c>",
            "2006-2017 Emma P / Firm <a@b.c>",
        ),
        ("(C) Copyrights 2014 Studio", "2014 Studio"),
        ("Copyright 2020 Someone", "2020 Someone"),
        ("with permission of the copyright holder", ""),
        ("(c) You must keep intact all notices", ""),
    ],
)
def test_copyright_lines_name_the_holder(line, holder):
    assert credits_of_text(line).holder == holder


def test_comments_of_an_obj_are_read_and_its_data_is_not(tmp_path):
    path = tmp_path / "a.obj"
    path.write_text("# Created by Ann\n# CC-BY-4.0\nv 0 0 0\no (c) Copyright Bob\n")
    assert credits_of_mesh(path) == Credits(creator="Ann", licence="CC-BY-4.0")


def test_sketchfab_credits_in_gltf_and_glb(tmp_path):
    asset = {
        "version": "2.0",
        "extras": {
            "author": "Ann (https://sketchfab.com/ann)",
            "license": "CC-BY-NC-4.0 (http://creativecommons.org/licenses/by-nc/4.0/)",
            "source": "https://sketchfab.com/3d-models/1",
            "title": "Stool",
        },
    }
    text = json.dumps({"asset": asset}).encode()
    (tmp_path / "a.gltf").write_bytes(text)
    head = b"glTF" + (2).to_bytes(4, "little") + (20 + len(text)).to_bytes(4, "little")
    (tmp_path / "a.glb").write_bytes(head + len(text).to_bytes(4, "little") + b"JSON" + text)
    for name in ("a.gltf", "a.glb"):
        credits = credits_of_mesh(tmp_path / name)
        assert credits.attribution == "Ann (https://sketchfab.com/ann)"
        assert (credits.licence, credits.title) == ("CC-BY-NC-4.0", "Stool")
        assert credits.url == "https://sketchfab.com/3d-models/1"


@pytest.mark.parametrize("content", [b"", b"glTF", b"[1, 2]", b'{"asset": 3}', b"\xff" * 64])
@pytest.mark.parametrize("name", ["a.gltf", "a.glb", "a.obj", "a.stl"])
def test_damaged_mesh_files_have_no_credits_and_raise_nothing(tmp_path, name, content):
    (tmp_path / name).write_bytes(content)
    assert credits_of_mesh(tmp_path / name) == Credits()


def test_the_licence_file_of_a_folder_is_found_by_its_name(tmp_path):
    (tmp_path / "licence_plate.obj").write_text("v 0 0 0")
    assert licence_file(tmp_path) is None
    (tmp_path / "74269 - gym - License.html").write_text("")
    assert licence_file(tmp_path).name == "74269 - gym - License.html"


def test_attribution_has_creator_and_holder():
    assert Credits(creator="A", holder="2019 B").attribution == "A (© 2019 B)"
    assert Credits(holder="2019 B").attribution == "© 2019 B"
    assert Credits().attribution == ""
