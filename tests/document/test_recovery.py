"""What a crash leaves."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from occviewer.document import Autosave, DocumentError, find_recoverable, load_session

from .documents import busy, scanned


def test_what_a_killed_program_left_is_found(tmp_path):
    program = (
        "import os, pathlib\n"
        "from occviewer.document import Autosave, Document, find_recoverable\n"
        f"folder = pathlib.Path({str(tmp_path)!r})\n"
        "autosave = Autosave(folder)\n"
        "autosave.write(Document(), pathlib.Path('mine.occ'))\n"
        "assert find_recoverable(folder) == []\n"
        "print('saved', flush=True)\n"
        "input()\n"
    )
    running = subprocess.Popen(
        [sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    with running:
        assert running.stdout.readline().strip() == b"saved"
        assert find_recoverable(tmp_path) == [], "the program still runs"
        running.kill()
    (left,) = find_recoverable(tmp_path)
    assert left.original == Path.cwd() / "mine.occ"
    assert left.saved_at.tzinfo is not None
    assert load_session(left.session)[0].shape.is_empty
    left.discard()
    assert os.listdir(tmp_path) == []


def test_a_clean_end_leaves_nothing(tmp_path):
    autosave = Autosave(tmp_path / "recovery")
    autosave.write(busy(), None)
    autosave.write(scanned(), None)
    autosave.close()
    assert os.listdir(tmp_path / "recovery") == []
    assert find_recoverable(tmp_path / "recovery") == []


def test_two_windows_do_not_offer_each_others_work(tmp_path):
    first, second = Autosave(tmp_path), Autosave(tmp_path)
    first.write(scanned(), None)
    assert find_recoverable(tmp_path) == []
    second.close()
    assert len(list(tmp_path.glob("*.occ"))) == 1
    first.clear()
    assert list(tmp_path.glob("*.occ")) == []
    first.close()


def crashed(folder, original=None):
    autosave = Autosave(folder)
    autosave.write(scanned(), original)
    autosave._lock.close()  # as the system does when the process is gone
    return autosave


def test_the_latest_comes_first(tmp_path):
    crashed(tmp_path, tmp_path / "a.occ")
    crashed(tmp_path, tmp_path / "b.occ")
    found = find_recoverable(tmp_path)
    assert [left.original.name for left in found] == ["b.occ", "a.occ"]


@pytest.mark.parametrize("about", [None, b"", b"[]", b'{"saved_at": 3}', b"\xff", b"[" * 10_000])
def test_a_session_is_offered_also_when_nothing_is_known_of_it(tmp_path, about):
    crashed(tmp_path)
    (description,) = tmp_path.glob("*.json")
    if about is None:
        description.unlink()
    else:
        description.write_bytes(about)
    (left,) = find_recoverable(tmp_path)
    assert left.original is None
    assert load_session(left.session)[0].shape.source is not None


def test_locks_that_nobody_holds_are_cleared_away_in_time(tmp_path):
    left = tmp_path / "unsaved-1-abc.lock"
    left.touch()
    assert find_recoverable(tmp_path) == []
    assert left.exists(), "a program may just be starting"
    os.utime(left, (0, 0))
    with Autosave(tmp_path)._lock:
        find_recoverable(tmp_path)
        assert len(os.listdir(tmp_path)) == 1
    assert not left.exists()


def test_a_folder_that_is_not_there_holds_nothing(tmp_path):
    assert find_recoverable(tmp_path / "nowhere") == []
    (tmp_path / "file").touch()
    with pytest.raises(DocumentError, match="check its permissions"):
        Autosave(tmp_path / "file")
