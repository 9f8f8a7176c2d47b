"""Open Recent."""

import json

from occviewer.document import RecentFiles


def test_the_latest_comes_first_and_missing_files_are_dropped(tmp_path):
    recent = RecentFiles(tmp_path / "settings" / "recent.json")
    assert recent.read() == []
    files = [tmp_path / f"{number}.occ" for number in range(12)]
    for file in files:
        file.touch()
        recent.add(file)
    recent.add(files[5])
    latest = [files[5], *reversed(files[6:]), *reversed(files[2:5])]
    assert recent.read() == latest[:10]
    files[11].unlink()
    assert files[11] not in recent.read()
    assert RecentFiles(tmp_path / "settings" / "recent.json").read()[0] == files[5]
    recent.clear()
    assert recent.read() == []


def test_it_never_fails(tmp_path):
    path = tmp_path / "recent.json"
    for content in (b"", b"\xff\xfe", b"{}", b"3", b"[" * 10_000, b'["a\\u0000b", 3, null]'):
        path.write_bytes(content)
        assert RecentFiles(path).read() == []
    path.write_text(json.dumps(["x" * 10_000, str(tmp_path)]))
    assert RecentFiles(path).read() == [tmp_path]
    inside_a_file = RecentFiles(path / "below" / "recent.json")
    inside_a_file.add(tmp_path)
    assert inside_a_file.read() == []
