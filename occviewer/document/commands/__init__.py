"""Commands: pure functions from a document to the next one, with a title for the history.

A command takes the document and small arguments, and returns a `Change`: the title of the
step and the new document, which shares with the old one whatever did not change. Where
there is nothing to change the document is the same object. ``history.do(*change)`` makes
it a step. What a person cannot do raises `DocumentError`, what the program should not
have tried ValueError.
"""

from occviewer.document.commands.arrived import with_code, with_preview, with_source
from occviewer.document.commands.change import Change
from occviewer.document.commands.held import in_place
from occviewer.document.commands.latent import (
    lock_axes,
    randomise_around,
    reset_offsets,
    set_detail,
    set_offsets,
    slide,
)
from occviewer.document.commands.picture import (
    add_stroke,
    choose_object,
    clear_mask_edits,
    give_mask,
    import_picture,
    set_box,
    set_camera,
    set_fit,
    set_mask_method,
    set_mask_network,
    set_textured,
)
from occviewer.document.commands.settings import (
    change_model,
    set_face_target,
    set_largest_only,
    set_model_settings,
    set_resolution,
    set_sampling,
    set_smoothing,
    set_threshold,
)
from occviewer.document.commands.shelf import (
    capture,
    capture_code,
    delete,
    move,
    rename,
    take,
    take_code,
)
from occviewer.document.commands.source import (
    add_noise,
    apply_crop_box,
    delete_points,
    import_cloud,
    restore_points,
    set_alignment,
    set_crop_box,
    set_field_of_view,
    set_intrinsics,
    set_placement,
    set_source_seed,
    subsample,
)
from occviewer.document.commands.track import (
    add_keyframes,
    clear_track,
    move_keyframes,
    remove_keyframes,
    rest_on_track,
    set_loop,
    set_pad_corner,
    set_pad_position,
    set_step_seconds,
    take_blend,
)
from occviewer.document.commands.voxels import (
    import_voxels,
    set_voxel_threshold,
    turn_voxels,
)

__all__ = [
    "Change",
    "add_keyframes",
    "add_noise",
    "add_stroke",
    "apply_crop_box",
    "capture",
    "capture_code",
    "change_model",
    "choose_object",
    "clear_mask_edits",
    "clear_track",
    "delete",
    "delete_points",
    "give_mask",
    "import_cloud",
    "import_picture",
    "import_voxels",
    "in_place",
    "lock_axes",
    "move",
    "move_keyframes",
    "randomise_around",
    "remove_keyframes",
    "rename",
    "reset_offsets",
    "rest_on_track",
    "restore_points",
    "set_alignment",
    "set_box",
    "set_camera",
    "set_crop_box",
    "set_detail",
    "set_face_target",
    "set_field_of_view",
    "set_intrinsics",
    "set_fit",
    "set_largest_only",
    "set_loop",
    "set_mask_method",
    "set_mask_network",
    "set_model_settings",
    "set_offsets",
    "set_pad_corner",
    "set_pad_position",
    "set_placement",
    "set_resolution",
    "set_sampling",
    "set_smoothing",
    "set_source_seed",
    "set_step_seconds",
    "set_textured",
    "set_threshold",
    "set_voxel_threshold",
    "slide",
    "subsample",
    "take",
    "take_blend",
    "take_code",
    "turn_voxels",
    "with_code",
    "with_preview",
    "with_source",
]
