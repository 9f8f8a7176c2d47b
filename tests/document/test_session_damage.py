"""Session files that are of another kind, damaged or meant to do harm."""

import pickle
import zipfile
from pathlib import Path

import numpy as np
import pytest

import occviewer.document.archive as archive_module
from occviewer.document import Document, DocumentError, ModelReference, load_session, save_session
from occviewer.document.packing import VERSION

from .archives import rewrite
from .documents import busy, scanned


def test_a_newer_session_is_refused_in_one_sentence(tmp_path):
    path = tmp_path / "a.occ"
    save_session(Document(), path)
    rewrite(path, lambda contents: contents.update(version=VERSION + 1))
    with pytest.raises(DocumentError, match=r"a\.occ was saved by a newer OccViewer.*update"):
        load_session(path)


def test_other_files_say_what_they_are(tmp_path):
    path = tmp_path / "a.occ"
    with pytest.raises(DocumentError, match="does not exist"):
        load_session(path)
    with pytest.raises(DocumentError, match="is a folder"):
        load_session(tmp_path)
    path.write_bytes(b"")
    with pytest.raises(DocumentError, match="is empty"):
        load_session(path)
    path.write_bytes(b"ply\nformat ascii 1.0\n")
    with pytest.raises(DocumentError, match="no OccViewer session"):
        load_session(path)
    with path.open("wb") as stream:
        np.savez(stream, points=np.zeros((4, 3)))
    with pytest.raises(DocumentError, match="ZIP archive of another kind"):
        load_session(path)


@pytest.mark.parametrize("share", [0.01, 0.3, 0.8, 0.999])
def test_a_truncated_file_is_said_to_be_cut_off(tmp_path, share):
    path = tmp_path / "a.occ"
    save_session(busy(), path)
    content = path.read_bytes()
    path.write_bytes(content[: int(share * len(content))])
    with pytest.raises(DocumentError, match="damaged or cut off; copy it again"):
        load_session(path)


class Payload:
    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return Path.touch, (self.path,)


def test_nothing_in_a_file_is_executed(tmp_path):
    path, trap = tmp_path / "a.occ", tmp_path / "trap"
    save_session(scanned(), path)
    np.savez(tmp_path / "evil.npz", points=np.array([Payload(trap)], dtype=object))
    rewrite(path, **{"clouds/0.npz": (tmp_path / "evil.npz").read_bytes()})
    with pytest.raises(DocumentError, match="damaged"):
        load_session(path)
    assert not trap.exists()
    pickle.loads(pickle.dumps(Payload(trap)))
    assert trap.exists(), "the payload must be one that works"


def test_a_zip_bomb_is_not_unpacked(tmp_path, monkeypatch):
    monkeypatch.setattr(archive_module, "_FREE_BYTES", 1 << 20)
    path = tmp_path / "a.occ"
    save_session(scanned(), path)
    with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        archive.writestr("zeros", bytes(8 << 20))
    assert 20 * path.stat().st_size < 7 << 20
    with pytest.raises(DocumentError, match="damaged"):
        load_session(path)


def test_arrays_of_absurd_sizes_are_refused(tmp_path):
    path = tmp_path / "a.occ"
    save_session(scanned(), path)
    np.savez(tmp_path / "c.npz", points=np.zeros((4, 3)))
    honest = (tmp_path / "c.npz").read_bytes()
    for shape in (b"(9, 9)", b"(1e99)", b"(-4,3)", b"(4,-3)"):
        content = honest.replace(b"(4, 3)", shape)
        rewrite(path, **{"clouds/0.npz": content})
        with pytest.raises(DocumentError, match="damaged"):
            load_session(path)
    np.savez_compressed(tmp_path / "d.npz", points=np.zeros((100_000, 3)))
    rewrite(path, **{"clouds/0.npz": (tmp_path / "d.npz").read_bytes()})
    with pytest.raises(DocumentError, match="damaged"):
        load_session(path)


@pytest.mark.parametrize(
    "change",
    [
        lambda c: c.update(shape=None),
        lambda c: c["shape"].update(source=-1),
        lambda c: c["shape"].update(source=True),
        lambda c: c["sources"][0].update(cloud=None),
        lambda c: c["sources"][0].update(seed="x"),
        lambda c: c["sources"][0]["placing"].update(up="w"),
        lambda c: c["extraction"].update(resolution=10**9),
        lambda c: c["codes"][0]["placement"].update(scale=-1),
        lambda c: c["shelf"].append(c["shelf"][0]),
        lambda c: c["track"].update(keyframes=["nobody"]),
        lambda c: c["models"][0].update(shipped="../../x"),
        lambda c: c["clouds"][0].update(file={"absolute": "a\0b"}),
        lambda c: c["clouds"][0].update(file={"absolute": "x" * 10_000}),
        lambda c: c.update(version="1"),
        lambda c: c.update(clouds={}),
    ],
)
def test_wrong_values_are_a_damaged_file_that_is_named(tmp_path, change):
    path = tmp_path / "a.occ"
    save_session(busy(), path)
    rewrite(path, change)
    with pytest.raises(DocumentError, match=r"a\.occ ") as caught:
        load_session(path)
    assert str(caught.value).endswith(".")


def test_a_device_is_never_read_for_a_model(tmp_path):
    path = tmp_path / "a.occ"
    save_session(Document(ModelReference(path=tmp_path / "m.safetensors")), path)
    rewrite(path, lambda c: c["models"][0].update(path={"absolute": "/dev/zero"}))
    assert "missing" in load_session(path)[1][0]
