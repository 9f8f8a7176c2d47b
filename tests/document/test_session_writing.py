"""Session files are written whole or not at all."""

import errno
import os

import pytest

from occviewer.document import Document, DocumentError, commands, load_session, save_session

from .documents import busy, equal, make_cloud


def test_the_suffix_is_checked(tmp_path):
    with pytest.raises(DocumentError, match=r"written as \.occ"):
        save_session(Document(), tmp_path / "a.zip")


def test_a_missing_folder_or_no_permission_is_said(tmp_path, monkeypatch):
    with pytest.raises(DocumentError, match="nowhere does not exist; make it"):
        save_session(Document(), tmp_path / "nowhere" / "a.occ")
    (tmp_path / "b.occ").mkdir()
    with pytest.raises(DocumentError, match="is a folder"):
        save_session(Document(), tmp_path / "b.occ")
    refuse(monkeypatch, errno.EACCES)
    with pytest.raises(DocumentError, match="no permission; choose another folder"):
        save_session(Document(), tmp_path / "a.occ")


def refuse(monkeypatch, number):
    def fail(*_args):
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, "fsync", fail)


def test_a_full_disk_leaves_what_was_there(tmp_path, monkeypatch):
    path = tmp_path / "a.occ"
    path.write_bytes(b"the old one")
    refuse(monkeypatch, errno.ENOSPC)
    with pytest.raises(DocumentError, match="disk is full"):
        save_session(busy(), path)
    assert path.read_bytes() == b"the old one"
    assert os.listdir(tmp_path) == ["a.occ"]


# An archive that dies unfinished would try to write once more, and say so.
@pytest.mark.filterwarnings("error::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.skipif(not hasattr(os, "fork"), reason="limits of a process are a thing of POSIX")
@pytest.mark.parametrize("limit", [100, 3000, 20_000])
def test_a_disk_that_fills_while_writing_leaves_what_was_there(tmp_path, limit):
    import resource
    import signal

    path = tmp_path / "a.occ"
    path.write_bytes(b"the old one")
    document = commands.import_cloud(busy(), make_cloud(2000)).document
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, before[1]))
    try:
        with pytest.raises(DocumentError, match="disk is full"):
            save_session(document, path)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, handler)
    assert path.read_bytes() == b"the old one"
    assert os.listdir(tmp_path) == ["a.occ"]


def test_a_link_stays_a_link(tmp_path):
    (tmp_path / "real.occ").write_bytes(b"old")
    (tmp_path / "link.occ").symlink_to("real.occ")
    save_session(Document(), tmp_path / "link.occ")
    assert (tmp_path / "link.occ").is_symlink()
    assert equal(load_session(tmp_path / "real.occ")[0], Document())


def test_a_name_as_long_as_the_system_allows_can_be_saved(tmp_path):
    path = tmp_path / ("x" * 251 + ".occ")
    save_session(Document(), path)
    assert path.exists()
