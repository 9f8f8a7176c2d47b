"""Voxels: imported, thresholded, turned, saved."""

from dataclasses import replace

import numpy as np
import pytest

from occviewer.document import Document, DocumentError, commands, load_session, save_session

from ..archives import rewrite
from ..documents import MODEL, encoded, equal, scanned
from ..voxels import block, volume


def imported():
    return commands.import_voxels(Document(model=MODEL), volume()).document


def test_an_import_is_named_after_its_file_and_waits_for_its_code():
    title, document = commands.import_voxels(Document(model=MODEL), volume())
    assert title == "Import “head.nii”"
    assert document.shape.voxels.grid.occupied.any()
    assert document.shape.code is None
    assert document.shape.scan is None


def test_another_threshold_is_a_step_that_takes_the_code_away():
    document = encoded(imported())
    title, changed = commands.set_voxel_threshold(document, 2.0)
    assert title == "Voxels above 2"
    assert changed.shape.code is None
    more, fewer = document.shape.voxels.working_grid(), changed.shape.voxels.working_grid()
    assert 0 < fewer.occupied.sum() < more.occupied.sum()
    again = commands.set_voxel_threshold(changed, 2.0)
    assert again.document is changed
    back = commands.set_voxel_threshold(changed, None).document
    assert np.array_equal(back.shape.voxels.working_grid().occupied, more.occupied)


def test_a_threshold_above_all_values_is_refused_in_a_sentence():
    with pytest.raises(DocumentError, match=r"No voxel is above 2\.5; the values lie in 0 … 2\.5"):
        commands.set_voxel_threshold(imported(), 2.5)


def test_voxels_are_turned_and_clouds_are_not():
    title, changed = commands.turn_voxels(imported(), "z", 90.0)
    assert title == "Stand voxels (up z, turned 90°)"
    assert (changed.shape.voxels.up, changed.shape.voxels.yaw) == ("z", 90.0)
    with pytest.raises(DocumentError, match="open a volume first"):
        commands.turn_voxels(scanned(), "z", None)


@pytest.mark.parametrize("grid", [volume(), block()], ids=["values", "bits"])
def test_a_session_keeps_voxels_and_shares_them(grid, tmp_path):
    document = encoded(commands.import_voxels(Document(model=MODEL), grid).document)
    document = commands.capture(document).document
    document = commands.turn_voxels(document, "-x", 12.5).document
    save_session(document, tmp_path / "a.occ")
    again, notes = load_session(tmp_path / "a.occ")
    assert equal(again, document)
    assert len(notes) == 1  # the toy model is not there
    assert again.shelf[0].shape.voxels.grid is again.shape.voxels.grid


@pytest.mark.parametrize(
    "damage",
    [
        lambda grid: grid.update(shape=[5, 4, 4]),
        lambda grid: grid.update(shape=[-5, 4, -3]),
        lambda grid: grid.update(spacing=[1, 0, 1]),
        lambda grid: grid.update(directions=[[1, 0, 0], [1, 0, 0], [0, 0, 1]]),
        lambda grid: grid.update(bits=True),
        lambda grid: grid.update(threshold=99),
    ],
)
def test_damaged_voxels_are_told_in_one_sentence(damage, tmp_path):
    save_session(imported(), tmp_path / "a.occ")
    rewrite(tmp_path / "a.occ", lambda contents: damage(contents["grids"][0]))
    with pytest.raises(DocumentError, match=r"a\.occ"):
        load_session(tmp_path / "a.occ")


def test_settings_of_a_model_are_steps_and_stay_with_the_session(tmp_path):
    document = encoded(imported())
    title, other = commands.set_model_settings(document, {"threshold": 0.4})
    assert title == "Model: threshold 0.4"
    assert other.shape.code is document.shape.code  # it is only drawn otherwise
    title, other = commands.set_model_settings(other, {"padding": 0.2})
    assert other.shape.code is None
    assert dict(other.model.settings) == {"threshold": 0.4, "padding": 0.2}
    save_session(other, tmp_path / "a.occ")
    again, _ = load_session(tmp_path / "a.occ")
    assert again.model.settings == other.model.settings
    default = commands.set_model_settings(other, {"padding": None, "threshold": None}).document
    assert default.model.settings == ()
    captured = replace(other, shelf=commands.capture(encoded(other)).document.shelf)
    assert not captured.unusable
    assert commands.set_model_settings(captured, {"padding": None}).document.unusable
