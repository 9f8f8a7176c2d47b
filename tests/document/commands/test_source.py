"""Importing, placing and trimming a scan."""

import numpy as np
import pytest

from occviewer.document import Document, DocumentError, Placing, commands
from occviewer.observations import PointCloud

from ..documents import PLACEMENT, encoded, make_cloud, scanned


def test_importing_begins_a_new_shape_that_waits_for_its_code():
    moved = commands.slide(scanned(), 0, 2.0).document
    title, document = commands.import_cloud(moved, make_cloud(name="scans/old chair.ply"))
    assert title == "Import “old chair”"
    assert document.shape.code is None
    assert document.shape.edit.offsets == ()
    assert encoded(document).shape.code is not None


def test_deleting_counts_what_was_still_there():
    title, document = commands.delete_points(scanned(), np.arange(12))
    assert title == "Delete 12 points"
    mask = np.zeros(200, bool)
    mask[10:13] = True
    title, document = commands.delete_points(document, mask)
    assert title == "Delete 1 point"
    assert len(document.shape.source.working_cloud()) == 187
    assert document.shape.code is None
    again = commands.delete_points(document, mask)
    assert again.document is document


@pytest.mark.parametrize("points", [np.ones(3, bool), [0.5], ["a"]])
def test_points_are_named_by_a_mask_or_indices(points):
    with pytest.raises(ValueError, match="mask"):
        commands.delete_points(scanned(), points)


def test_no_points_are_no_change():
    document = scanned()
    assert commands.delete_points(document, []).document is document


def test_too_few_points_are_refused_and_the_remedy_said():
    with pytest.raises(DocumentError, match="leaves 3 of 200 points.*keep more"):
        commands.delete_points(scanned(), np.arange(3, 200))
    with pytest.raises(DocumentError, match="leaves 0 of 200 points"):
        commands.set_crop_box(scanned(), ((0, 0, 0), (1, 1, 1)))
    with pytest.raises(DocumentError, match="leaves 1 of 1 point"):
        commands.import_cloud(Document(), PointCloud([[0, 0, 0]]))


def test_a_crop_box_becomes_deleted_points_and_the_code_stays_right():
    box = ((1e6 - 1, 1e6 - 2, 1e6 - 3), (1e6 + 1, 1e6 + 2, 1e6 + 3))
    title, document = commands.set_crop_box(scanned(), box)
    assert title == "Add crop box"
    before = document.shape.source.working_indices()
    document = encoded(commands.delete_points(document, before[:2]).document)
    title, applied = commands.apply_crop_box(document)
    assert title == f"Crop: delete {198 - (len(before) - 2)} points"
    assert applied.shape.source.crop is None
    assert (applied.shape.source.working_indices() == before[2:]).all()
    assert applied.shape.code is document.shape.code
    with pytest.raises(DocumentError, match="no crop box"):
        commands.apply_crop_box(applied)


def test_restoring_brings_all_points_back():
    document = commands.delete_points(scanned(), np.arange(30)).document
    title, document = commands.restore_points(document)
    assert title == "Restore 30 points"
    assert document.shape.source.working_cloud() is document.shape.source.cloud


def test_placing_by_hand_and_back():
    title, document = commands.set_placement(scanned(), PLACEMENT)
    assert title == "Move cloud"
    assert document.shape.source.placing.placement is PLACEMENT
    assert commands.set_placement(document, PLACEMENT).document is document
    title, document = commands.set_alignment(document, "none", "z", 90)
    assert title == "Take axes as they come (up z, turned 90°)"
    assert document.shape.source.placing.placement is None
    assert commands.set_alignment(document, "none", "z", 90).document is document
    assert commands.set_alignment(document).title == "Align automatically"


def test_researchers_thin_out_and_add_noise():
    title, document = commands.subsample(scanned(), 50)
    assert title == "Use 50 points"
    assert len(document.shape.source.working_cloud()) == 50
    title, document = commands.add_noise(document, 0.005)
    assert title == "Noise 0.005"
    first = document.shape.source.working_cloud().points
    document = commands.set_source_seed(document, 3).document
    assert not np.array_equal(first, document.shape.source.working_cloud().points)
    document = commands.subsample(commands.add_noise(document, 0.0).document, None).document
    assert document.shape.source.working_cloud() is document.shape.source.cloud


def test_without_a_scan_there_is_nothing_to_change():
    for command in (
        lambda d: commands.delete_points(d, [0]),
        lambda d: commands.set_crop_box(d, None),
        lambda d: commands.set_placement(d, PLACEMENT),
        lambda d: commands.subsample(d, 10),
        commands.restore_points,
        commands.set_alignment,
    ):
        with pytest.raises(DocumentError, match="open a scan"):
            command(Document())


def test_a_code_that_comes_late_is_not_put_to_another_scan():
    document = scanned()
    source, model = document.shape.source, document.model
    code = document.shape.code
    changed = commands.delete_points(document, [0]).document
    assert commands.with_code(changed, model, source, code) is changed
    assert commands.with_code(changed, None, changed.shape.source, code) is changed
    assert encoded(changed).shape.code is not None


def test_the_placing_of_an_import_may_be_given():
    document = commands.import_cloud(Document(), make_cloud(), placing=Placing("none")).document
    assert document.shape.source.placing.align == "none"


def test_a_crop_box_may_lie_along_axes_of_its_own():
    document = scanned()
    points = document.shape.source.cloud.points
    along = points @ PLACEMENT.rotation.T
    low, high = along.min(0) - 1, along.max(0) + 1
    low[1] = np.median(along[:, 1])
    title, document = commands.set_crop_box(document, (low, high), PLACEMENT.rotation)
    assert title == "Add crop box"
    assert (document.shape.source.working_indices() == np.flatnonzero(along[:, 1] >= low[1])).all()
    same = commands.set_crop_box(document, (low, high), PLACEMENT.rotation.copy())
    assert same.document is document
    with pytest.raises(DocumentError, match="leaves 0"):
        commands.set_crop_box(document, (low, high))  # along the world's axes it is elsewhere
    applied = commands.apply_crop_box(document).document.shape.source
    assert applied.crop is None
    assert applied.crop_axes is None
    assert applied.counted().sum() == 100


@pytest.mark.parametrize("axes", [np.ones((3, 3)), np.eye(2), np.full((3, 3), np.nan)])
def test_axes_of_a_crop_box_are_at_right_angles(axes):
    with pytest.raises(ValueError, match="right angles"):
        commands.set_crop_box(scanned(), ((0, 0, 0), (1e7, 1e7, 1e7)), axes)


def test_a_cloud_stays_where_it_lies_while_its_points_change():
    document = scanned()
    for command, argument in (
        (commands.delete_points, [3, 4]),
        (commands.set_crop_box, ((0, 0, 0), (1e7, 1e7, 1e7))),
        (commands.subsample, 50),
        (commands.add_noise, 0.01),
    ):
        title, held = commands.in_place(document, command, argument)
        assert title == command(document, argument).title
        assert held.shape.source.placing.placement is document.shape.code.placement
        assert held.shape.code is None
    assert commands.in_place(document, commands.delete_points, []).document is document
    again = commands.set_alignment(held).document
    assert again.shape.source.placing.placement is None
    assert again.shape.source.noise == 0.01


def test_a_cloud_that_has_no_place_yet_is_not_held():
    waiting = commands.delete_points(scanned(), [0]).document
    held = commands.in_place(waiting, commands.delete_points, [1]).document
    assert held.shape.source.placing.placement is None
    assert len(held.shape.source.working_cloud()) == 198
