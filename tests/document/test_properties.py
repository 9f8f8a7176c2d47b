"""Whatever a person does can be undone, redone, saved and opened."""

from pathlib import Path

import numpy as np
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from occviewer.document import (
    Document,
    DocumentError,
    ExtractionSettings,
    History,
    commands,
    load_session,
    save_session,
)
from occviewer.observations.depth_camera import DepthCamera, Intrinsics

from .documents import MODEL, OTHER_MODEL, PLACEMENT, encoded, equal, make_cloud, make_code
from .pictures import CAMERA, STROKES, make_fit, make_picture
from .voxels import GRIDS

CLOUDS = [make_cloud(60, seed, f"/scans/{seed}.ply") for seed in (1, 2)]
NUMBERS = st.integers(0, 5)


def nth(document, number):
    """Id of a shape on the shelf; the command is passed over where there is none."""
    if not document.shelf:
        raise DocumentError("The shelf is empty.")
    return document.shelf[number % len(document.shelf)].id


def place(document, number):
    """Place of a keyframe on the track."""
    if not document.track.keyframes:
        raise DocumentError("The track is empty.")
    return number % len(document.track.keyframes)


BOXES = [None, ((-1e9,) * 3, (1e9,) * 3), ((1e6 - 1, 1e6 - 3, 1e6 - 4), (1e6 + 3,) * 3)]
DEPTH_CAMERA = DepthCamera((80, 60), Intrinsics((100.0, 90.0), (40.0, 30.0)))
PICTURES = [make_picture(f"/pictures/{seed}.png", seed) for seed in (1, 2)]
ACTIONS = {
    "import voxels": lambda d, n: commands.import_voxels(d, GRIDS[n % 2]),
    "voxel threshold": lambda d, n: commands.set_voxel_threshold(d, [None, 0.5, 1.5][n % 3]),
    "turn voxels": lambda d, n: commands.turn_voxels(d, [None, "z"][n % 2], [None, 30.0][n // 3]),
    "model setting": lambda d, n: commands.set_model_settings(
        d, {["threshold", "points"][n % 2]: n / 10 or None}
    ),
    "import picture": lambda d, n: commands.import_picture(d, PICTURES[n % 2], textured=n > 3),
    "method": lambda d, n: commands.set_mask_method(d, ["auto", "plain"][n % 2]),
    "mask network": lambda d, n: commands.set_mask_network(d, Path(f"/networks/{n}.onnx")),
    "give mask": lambda d, n: commands.give_mask(d, PICTURES[n % 2]),
    "box": lambda d, n: commands.set_box(d, (2 + n, 3, 40, 38) if n else None),
    "stroke": lambda d, n: commands.add_stroke(d, STROKES[n % 2]),
    "reset mask": lambda d, n: commands.clear_mask_edits(d),
    "object": lambda d, n: commands.choose_object(d, 1 + n),
    "camera": lambda d, n: commands.set_camera(d, CAMERA if n % 2 else None),
    "fit": lambda d, n: commands.set_fit(d, make_fit(n), make_code(n)),
    "texture": lambda d, n: commands.set_textured(d, n % 2 == 0),
    "field of view": lambda d, n: commands.set_field_of_view(d, 40 + n),
    "depth": lambda d, n: commands.import_cloud(d, CLOUDS[n % 2], field_of_view=50 + n),
    "depth camera": lambda d, n: commands.import_cloud(
        d, CLOUDS[n % 2], field_of_view=50 + n, depth_camera=DEPTH_CAMERA
    ),
    "intrinsics": lambda d, n: commands.set_intrinsics(d, Intrinsics((90.0 + n, 90.0), (40.0, n))),
    "import": lambda d, n: commands.import_cloud(d, CLOUDS[n % 2]),
    "delete points": lambda d, n: commands.delete_points(d, np.arange(10 * n, 10 * n + 4)),
    "crop box": lambda d, n: commands.set_crop_box(d, BOXES[n % 3]),
    "crop": lambda d, n: commands.apply_crop_box(d),
    "restore": lambda d, n: commands.restore_points(d),
    "subsample": lambda d, n: commands.subsample(d, [None, 30][n % 2]),
    "noise": lambda d, n: commands.add_noise(d, n / 100),
    "delete in place": lambda d, n: commands.in_place(d, commands.delete_points, [n, n + 7]),
    "turned crop box": lambda d, n: commands.set_crop_box(d, BOXES[1], PLACEMENT.rotation),
    "source seed": lambda d, n: commands.set_source_seed(d, n),
    "align": lambda d, n: commands.set_alignment(d, ["auto", "none"][n % 2], [None, "z"][n % 2]),
    "place": lambda d, n: commands.set_placement(d, PLACEMENT),
    "slide": lambda d, n: commands.slide(d, n, n - 2.5),
    "offsets": lambda d, n: commands.set_offsets(d, {0: n, 3: -n}),
    "reset": lambda d, n: commands.reset_offsets(d),
    "randomise": lambda d, n: commands.randomise_around(d, n, [(-2, 2)] * 6),
    "lock": lambda d, n: commands.lock_axes(d, [n % 3], n % 2 == 0),
    "detail": lambda d, n: commands.set_detail(d, n / 5),
    "threshold": lambda d, n: commands.set_threshold(d, n / 10 or None),
    "resolution": lambda d, n: commands.set_resolution(d, 16 << n),
    "largest": lambda d, n: commands.set_largest_only(d, n % 2 == 0),
    "smoothing": lambda d, n: commands.set_smoothing(d, n),
    "faces": lambda d, n: commands.set_face_target(d, n * 1000 or None),
    "sampling": lambda d, n: commands.set_sampling(d, seed=n, temperature=n / 5),
    "model": lambda d, n: commands.change_model(d, [MODEL, OTHER_MODEL][n % 2]),
    "sample": lambda d, n: commands.take_code(d, make_code(n)),
    "capture": lambda d, n: commands.capture(d),
    "capture code": lambda d, n: commands.capture_code(d, make_code(n), "Sample"),
    "rename": lambda d, n: commands.rename(d, nth(d, n), f"Name {n}"),
    "delete": lambda d, n: commands.delete(d, [nth(d, n)]),
    "move": lambda d, n: commands.move(d, nth(d, n), n - 1),
    "take": lambda d, n: commands.take(d, nth(d, n)),
    "keyframe": lambda d, n: commands.add_keyframes(d, [nth(d, n)], n - 1),
    "unkey": lambda d, n: commands.remove_keyframes(d, [place(d, n)]),
    "rekey": lambda d, n: commands.move_keyframes(d, [place(d, n)], 0),
    "rest": lambda d, n: commands.rest_on_track(d, make_code(n), n / 3, None),
    "seconds": lambda d, n: commands.set_step_seconds(d, n + 0.5),
    "loop": lambda d, n: commands.set_loop(d, n % 2 == 0),
    "corner": lambda d, n: commands.set_pad_corner(d, n % 4, nth(d, n)),
    "blend": lambda d, n: commands.take_blend(d, n / 5, 0.5, make_code(n)),
    "pad": lambda d, n: commands.set_pad_position(d, n / 5, 1 - n / 5),
}
STEPS = st.lists(st.tuples(st.sampled_from(sorted(ACTIONS)), NUMBERS, st.booleans()), max_size=25)


def played(steps):
    """History of what a person did; what is not possible at its time is passed over."""
    history = History(Document(model=MODEL))
    documents = [history.document]
    for name, number, computed in steps:
        try:
            change = ACTIONS[name](history.document, number)
        except DocumentError:
            continue
        assert change.title
        assert change.title.isprintable()
        if change.document is history.document:
            continue
        history.do(*change)
        if computed and history.document.shape.source is not None:
            history.amend(encoded(history.document))
        documents.append(history.document)
    return history, documents


def test_every_command_is_played():
    arrived = {"with_code", "with_preview", "with_source"}
    assert {ACTIONS[name].__code__.co_names[1] for name in ACTIONS} == set(
        commands.__all__
    ) - arrived - {"Change", "clear_track"}


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(steps=STEPS)
def test_undoing_and_redoing_everything_returns_every_document(steps):
    history, documents = played(steps)
    assert len(history.titles) == len(documents)
    for expected in reversed(documents[:-1]):
        history.undo()
        assert history.document is expected
    assert not history.modified
    for expected in documents[1:]:
        history.redo()
        assert history.document is expected
    assert history.redo_title is None


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(steps=STEPS)
def test_what_is_saved_comes_back(tmp_path, steps):
    document = played([("import", 0, True), *steps])[0].document
    save_session(document, tmp_path / "a.occ")
    again, _ = load_session(tmp_path / "a.occ")
    assert equal(document, again)
    assert again.unusable == document.unusable
    save_session(again, tmp_path / "b.occ")
    assert equal(load_session(tmp_path / "b.occ")[0], document)


def test_equality_sees_differences():
    document = played([("import", 0, True), ("capture", 0, False)])[0].document
    assert equal(document, document)
    for name in ("delete points", "noise", "slide", "threshold", "sampling", "rename", "model"):
        assert not equal(document, ACTIONS[name](document, 3).document), name
    assert document.extraction == ExtractionSettings()
