"""Undo and redo."""

import numpy as np
import pytest

from occviewer.document import Document, History, commands
from occviewer.document.memory import Ledger, weight

from .documents import MODEL, busy, encoded, make_cloud, make_code, scanned


def set_threshold(history, value, merge=None):
    history.do(*commands.set_threshold(history.document, value), merge=merge)


def threshold(history):
    return history.document.extraction.threshold


def test_undo_and_redo_return_the_very_documents():
    history = History()
    seen = [history.document]
    for value in (0.1, 0.2, 0.3):
        set_threshold(history, value)
        seen.append(history.document)
    assert history.titles == ("New session", "Threshold 0.1", "Threshold 0.2", "Threshold 0.3")
    for expected in reversed(seen[:-1]):
        history.undo()
        assert history.document is expected
    history.undo()
    assert history.document is seen[0]
    assert (history.undo_title, history.redo_title) == (None, "Threshold 0.1")
    for expected in seen[1:]:
        history.redo()
        assert history.document is expected
    history.redo()
    assert (history.undo_title, history.redo_title) == ("Threshold 0.3", None)


def test_a_new_step_forgets_what_could_be_redone():
    history = History()
    set_threshold(history, 0.1)
    history.undo()
    set_threshold(history, 0.2)
    assert history.titles == ("New session", "Threshold 0.2")


def test_no_change_is_no_step():
    history = History()
    set_threshold(history, 0.1)
    set_threshold(history, 0.1)
    assert len(history.titles) == 2


def test_one_drag_is_one_step():
    history = History()
    for value in (0.1, 0.2, 0.3):
        set_threshold(history, value, merge="threshold")
    assert history.titles == ("New session", "Threshold 0.3")
    history.end_merge()
    set_threshold(history, 0.4, merge="threshold")
    set_threshold(history, 0.5)
    set_threshold(history, 0.6, merge="threshold")
    assert len(history.titles) == 5
    history.undo()
    history.redo()
    set_threshold(history, 0.7, merge="threshold")
    assert len(history.titles) == 6
    history.go_to(0)
    assert threshold(history) is None


def test_modified_is_right_after_undoing_back_to_what_was_saved():
    history = History()
    assert not history.modified
    set_threshold(history, 0.1)
    assert history.modified
    history.mark_saved()
    assert not history.modified
    set_threshold(history, 0.2)
    history.undo()
    assert not history.modified
    history.undo()
    assert history.modified
    set_threshold(history, 0.1)
    assert history.modified, "the saved state can no longer be reached"


def test_a_drag_that_goes_on_after_saving_is_a_change():
    history = History()
    set_threshold(history, 0.1, merge="t")
    history.mark_saved()
    set_threshold(history, 0.2, merge="t")
    assert history.modified
    history.undo()
    assert not history.modified


def test_a_save_that_ends_late_marks_the_state_it_began_with():
    history = History()
    set_threshold(history, 0.1)
    state = history.state
    set_threshold(history, 0.2)
    history.mark_saved(state)
    assert history.modified
    history.undo()
    assert not history.modified


def test_a_code_that_arrives_makes_no_step_and_no_unsaved_change():
    history = History(Document(model=MODEL))
    history.do(*commands.import_cloud(history.document, make_cloud()))
    set_threshold(history, 0.3)
    history.undo()
    history.mark_saved()
    history.amend(encoded(history.document))
    assert history.document.shape.code is not None
    assert not history.modified
    assert history.redo_title == "Threshold 0.3"
    assert len(history.titles) == 3


def test_a_code_comes_to_every_step_that_waits_for_it():
    history = History(Document(model=MODEL))
    history.do(*commands.import_cloud(history.document, make_cloud()))
    source = history.document.shape.source
    set_threshold(history, 0.3)
    history.do(*commands.delete_points(history.document, [0]))
    code = make_code()
    history.complete(lambda document: commands.with_code(document, MODEL, source, code))
    assert history.document.shape.code is None
    history.undo()
    assert (history.document.shape.code, threshold(history)) == (code, 0.3)
    history.undo()
    assert history.document.shape.code is code
    history.undo()
    assert history.document.shape.code is None


def test_listeners_hear_every_change_until_they_are_removed():
    history, heard = History(), []

    def listener():
        heard.append(history.position)

    history.add_listener(listener)
    set_threshold(history, 0.1)
    history.undo()
    history.undo()
    history.redo()
    history.mark_saved()
    history.start(Document(), "Open chair.occ", saved=False)
    assert heard == [1, 0, 1, 1, 0]
    assert (history.titles, history.modified) == (("Open chair.occ",), True)
    history.remove_listener(listener)
    history.remove_listener(listener)
    set_threshold(history, 0.1)
    assert len(heard) == 5


def test_the_oldest_steps_are_forgotten_beyond_the_limit():
    history = History(steps=200)
    for number in range(250):
        set_threshold(history, 0.1 + number / 1000)
    assert len(history.titles) == 201
    history.go_to(0)
    assert threshold(history) == pytest.approx(0.149)
    assert history.modified
    with pytest.raises(ValueError, match="no state 201"):
        history.go_to(201)


def test_memory_counts_what_is_shared_once():
    ledger, document = Ledger(), busy()
    ledger.add(document)
    assert ledger.total == weight(document)
    ledger.add(commands.set_threshold(document, 0.123).document)
    assert ledger.total == weight(document)
    ledger.remove(document)
    assert ledger.total == weight(document)


def import_scan(history, seed):
    history.do(*commands.import_cloud(history.document, make_cloud(1000, seed)))


def test_beyond_its_memory_the_oldest_clouds_go_and_what_shares_stays():
    cloud = weight(commands.import_cloud(Document(), make_cloud(1000)).document)
    history = History(memory=3 * cloud)
    for seed in range(10):
        import_scan(history, seed)
        set_threshold(history, 0.1 + seed / 100)
        set_threshold(history, 0.5)
    assert len(history.titles) == 12
    history.go_to(0)
    expected = make_cloud(1000, 6).points
    assert np.array_equal(history.document.shape.source.cloud.points, expected)


def test_a_large_present_does_not_cost_the_past_its_steps():
    history = History(scanned(), memory=10)
    for number in range(50):
        set_threshold(history, 0.1 + number / 100)
    assert len(history.titles) == 51


def test_codes_that_can_be_made_again_go_before_steps_do():
    history = History(scanned())
    for point in range(5):
        history.do(*commands.delete_points(history.document, [point]))
        history.amend(encoded(history.document, point))
    masks = 5 * 200
    code = sum(tensor.nbytes for tensor in make_code().tensors.values())
    tight = History(scanned(), memory=masks + 2 * code)
    for point in range(5):
        tight.do(*commands.delete_points(tight.document, [point]))
        tight.amend(encoded(tight.document, point))
    assert tight.titles == history.titles
    assert tight.document.shape.code is not None
    tight.go_to(4)
    assert tight.document.shape.code is not None
    tight.go_to(1)
    assert tight.document.shape.code is None
    assert len(tight.document.shape.source.working_cloud()) == 199
