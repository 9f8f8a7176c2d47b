"""Session files."""

import os
import shutil
import zipfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from occviewer.document import (
    Document,
    ModelReference,
    commands,
    load_session,
    save_session,
)
from occviewer.observations import PointCloud

from .archives import contents_of, rewrite
from .documents import busy, equal, scanned


@pytest.fixture
def own_model(tmp_path):
    """A document with a model in a folder beside that of the session."""
    path = tmp_path / "project" / "models" / "mine.safetensors"
    path.parent.mkdir(parents=True)
    path.write_bytes(b"weights")
    return replace(scanned(), model=ModelReference(path=path))


def test_everything_comes_back(tmp_path):
    document = busy()
    save_session(document, tmp_path / "my chair.occ")
    again, _ = load_session(tmp_path / "my chair.occ")
    # The scan was named relative to where the program ran, and is found absolute.
    cloud_path = Path.cwd() / "chair.ply"
    assert again.shape.source.path == cloud_path
    assert again.shape.source.cloud.points.dtype == np.float64
    assert equal(relocated(document, cloud_path), again)
    assert os.listdir(tmp_path) == ["my chair.occ"]


def relocated(document, path):
    """The document with all its scans read from a path."""

    def of(shape):
        if shape.source is None:
            return shape
        cloud = replace(shape.source.cloud, source=path)
        return replace(shape, source=replace(shape.source, cloud=cloud, path=path))

    shelf = tuple(replace(entry, shape=of(entry.shape)) for entry in document.shelf)
    return replace(document, shape=of(document.shape), shelf=shelf)


def test_an_empty_session_comes_back(tmp_path):
    save_session(Document(), tmp_path / "empty.occ")
    document, notes = load_session(tmp_path / "empty.occ")
    assert equal(document, Document())
    assert notes == ()


def test_what_shapes_share_is_in_the_file_once_and_shared_again(tmp_path):
    document = scanned()
    for _ in range(5):
        document = commands.capture(document).document
    save_session(document, tmp_path / "a.occ")
    with zipfile.ZipFile(tmp_path / "a.occ") as archive:
        assert sorted(archive.namelist()) == ["clouds/0.npz", "codes/0.npz", "session.json"]
    again, _ = load_session(tmp_path / "a.occ")
    assert len({id(entry.shape.source) for entry in again.shelf}) == 1
    assert again.shelf[0].shape.code is again.shape.code


def test_equal_sessions_are_equal_files(tmp_path):
    document = busy()
    save_session(document, tmp_path / "a.occ")
    save_session(document, tmp_path / "b.occ")
    assert (tmp_path / "a.occ").read_bytes() == (tmp_path / "b.occ").read_bytes()


def test_codes_and_clouds_can_be_read_with_numpy_alone(tmp_path):
    document = scanned()
    save_session(document, tmp_path / "a.occ")
    with zipfile.ZipFile(tmp_path / "a.occ") as archive:
        archive.extract("clouds/0.npz", tmp_path)
        archive.extract("codes/0.npz", tmp_path)
    points = np.load(tmp_path / "clouds/0.npz")["points"]
    assert np.array_equal(points, document.shape.source.cloud.points)
    assert np.load(tmp_path / "codes/0.npz")["plane"].shape == (2, 4, 4)


def test_a_session_moves_with_its_model(tmp_path, own_model):
    save_session(own_model, tmp_path / "project" / "chair.occ")
    shutil.move(tmp_path / "project", tmp_path / "elsewhere")
    document, notes = load_session(tmp_path / "elsewhere" / "chair.occ")
    assert document.model.path == tmp_path / "elsewhere/models/mine.safetensors"
    assert notes == ()


def test_a_session_that_moves_alone_finds_its_model_where_it_was(tmp_path, own_model):
    save_session(own_model, tmp_path / "project" / "chair.occ")
    (tmp_path / "far").mkdir()
    shutil.move(tmp_path / "project" / "chair.occ", tmp_path / "far" / "chair.occ")
    document, notes = load_session(tmp_path / "far" / "chair.occ")
    assert document.model.path == own_model.model.path
    assert notes == ()


def test_of_two_places_the_model_with_the_right_content_is_taken(tmp_path, own_model):
    save_session(own_model, tmp_path / "project" / "chair.occ")
    other = tmp_path / "copy"
    (other / "models").mkdir(parents=True)
    (other / "models" / "mine.safetensors").write_bytes(b"other weights")
    shutil.copy(tmp_path / "project" / "chair.occ", other)
    document, notes = load_session(other / "chair.occ")
    assert document.model.path == own_model.model.path
    assert notes == ()


def test_a_missing_or_changed_model_is_a_note_and_no_failure(tmp_path, own_model):
    path = tmp_path / "project" / "chair.occ"
    own_model = commands.capture(own_model).document
    save_session(own_model, path)
    own_model.model.path.write_bytes(b"trained on")
    document, notes = load_session(path)
    assert len(notes) == 1
    assert "'mine'" in notes[0]
    assert "shapes may look different" in notes[0]
    assert document.unusable == set()
    own_model.model.path.unlink()
    document, notes = load_session(path)
    assert len(notes) == 1
    assert "is missing" in notes[0]
    assert str(own_model.model.path) in notes[0]
    # Saved again without its model, it still knows what the model was.
    save_session(document, path)
    assert load_session(path)[0].model.digest == own_model.model.sha256
    assert document.shape.code is not None


def test_a_model_that_was_never_there_can_be_saved(tmp_path):
    document = Document(ModelReference(path=tmp_path / "gone.safetensors"))
    save_session(document, tmp_path / "a.occ")
    again, notes = load_session(tmp_path / "a.occ")
    assert again.model.path == document.model.path
    assert "gone" in notes[0]


def test_a_shipped_model_is_known_by_its_name(tmp_path):
    save_session(Document(ModelReference("furniture")), tmp_path / "a.occ")
    document, notes = load_session(tmp_path / "a.occ")
    assert (document.model.location, notes) == ("furniture", ())
    assert "path" not in contents_of(tmp_path / "a.occ")["models"][0]


def test_keys_that_are_not_known_are_passed_over(tmp_path):
    path = tmp_path / "a.occ"
    save_session(busy(), path)
    before = load_session(path)[0]

    def extend(contents):
        for part in (contents, contents["extraction"], contents["sources"][0], contents["shape"]):
            part["invented_later"] = {"a": [1]}
        contents["shape"]["edit"]["invented_later"] = 3

    rewrite(path, extend, **{"textures/0.png": b""})
    assert equal(load_session(path)[0], before)


def test_settings_that_are_missing_take_their_defaults(tmp_path):
    path = tmp_path / "a.occ"
    save_session(busy(), path)

    def thin_out(contents):
        del contents["extraction"], contents["pad"], contents["sampling"]["seed"]

    rewrite(path, thin_out)
    document = load_session(path)[0]
    assert document.extraction.resolution == 128
    assert (document.sampling.seed, document.sampling.temperature) == (0, 0.7)


def test_a_large_cloud_of_equal_points_opens_again(tmp_path):
    """What shrinks most must not look like a bomb."""
    path = tmp_path / "a.occ"
    cloud = PointCloud(np.zeros((300_000, 3)))
    save_session(commands.import_cloud(Document(), cloud).document, path)
    assert len(load_session(path)[0].shape.source.cloud) == 300_000
