"""Which model a session works with."""

import hashlib
from pathlib import Path

import pytest

from occviewer.document import DocumentError, ModelReference


def test_a_shipped_model_is_found_by_its_name():
    reference = ModelReference("furniture")
    assert reference.location == "furniture"
    assert reference.file.name == "furniture.safetensors"
    assert reference.label == "furniture"


def test_the_hash_is_read_when_it_is_asked_for_and_once(tmp_path):
    path = tmp_path / "toy.safetensors"
    reference = ModelReference(path=path)
    assert (reference.label, reference.known_sha256) == ("toy", "")
    with pytest.raises(DocumentError, match="toy"):
        reference.sha256  # noqa: B018 - asked for
    path.write_bytes(b"weights")
    digest = hashlib.sha256(b"weights").hexdigest()
    assert reference.sha256 == reference.known_sha256 == digest
    path.unlink()
    assert reference.sha256 == digest


def test_equal_content_is_the_same_model_wherever_it_lies():
    here, there = ModelReference(path=Path("a/toy")), ModelReference(path=Path("b/toy"))
    assert here.is_same_model(ModelReference(path=Path("a/toy"), label="mine"))
    assert not here.is_same_model(there)
    assert not here.is_same_model(None)
    moved = ModelReference(path=Path("b/toy"), digest="0" * 64)
    assert ModelReference(path=Path("a/toy"), digest="0" * 64).is_same_model(moved)
    assert not ModelReference(path=Path("b/toy"), digest="1" * 64).is_same_model(moved)


def test_a_session_names_the_open_model_only_where_place_settings_and_content_are_its_own(tmp_path):
    path = tmp_path / "toy.safetensors"
    path.write_bytes(b"weights")
    opened, digest = ModelReference(path=path), hashlib.sha256(b"weights").hexdigest()
    in_session = ModelReference(path=path, digest=digest)
    assert not in_session.is_as_opened(opened)  # nobody has read the file yet
    assert opened.sha256 == digest
    assert in_session.is_as_opened(opened)
    assert opened.is_as_opened(in_session)
    assert not ModelReference(path=path, digest="0" * 64).is_as_opened(opened)
    for other in ({"path": tmp_path / "copy"}, {"label": "mine"}, {"settings": {"bound": 2.0}}):
        fields = {"path": path, "digest": digest} | other
        assert not ModelReference(**fields).is_as_opened(opened)


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"shipped": "toy", "path": Path("toy")},
        {"shipped": "../toy"},
        {"shipped": "toy", "digest": "123"},
        {"shipped": "toy", "label": "two\nlines"},
    ],
)
def test_what_is_no_model_is_refused(fields):
    with pytest.raises(ValueError, match=r"\."):
        ModelReference(**fields)
