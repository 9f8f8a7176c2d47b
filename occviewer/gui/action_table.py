"""The table of all actions; menus, toolbar, shortcuts, search and shortcut sheet are made of it."""

from __future__ import annotations

from occviewer.gui.actions import ActionSpec as Spec

_FILE, _EDIT, _VIEW, _SHAPE, _HELP = "&File", "&Edit", "&View", "&Shape", "&Help"
_TOOLS = "&Tools"
_LOOK, _SHADING, _BACKGROUND = "&View/&Camera", "&View/&Shading", "&View/&Background"

ACTIONS = (
    Spec("file.open", "&Open…", _FILE, "Open a scan, a model or a session", "Ctrl+O",
         icon="folder-open-outline"),
    Spec("file.new", "&New session", _FILE, "Begin anew with an empty session", "Ctrl+N"),
    Spec("file.gallery", "Sample &gallery", _FILE, "Begin with a sample scan", "Ctrl+G",
         icon="view-grid-outline"),
    Spec("file.save", "&Save session", _FILE, "Save all of this work to a file", "Ctrl+S",
         separator=True, icon="content-save-outline"),
    Spec("file.save_as", "Save session &as…", _FILE, "Save all of this work to another file",
         "Ctrl+Shift+S"),
    Spec("file.export", "&Export mesh…", _FILE, "Write the mesh: GLB, OBJ, PLY, STL or OFF",
         "Ctrl+E", separator=True, icon="export-variant"),
    Spec("file.screenshot", "Save &picture…", _FILE, "Write what the view shows as PNG",
         "Ctrl+P"),
    Spec("file.export_code", "Export &code…", _FILE,
         "Write what the network made of the scan, to go on with it elsewhere"),
    Spec("file.preferences", "P&references…", _FILE, "Theme, device and defaults", "Ctrl+,",
         separator=True),
    Spec("file.quit", "&Quit", _FILE, "Close the program", "Ctrl+Q", separator=True),
    Spec("edit.undo", "&Undo", _EDIT, "Take the last change back", "Ctrl+Z", icon="undo"),
    Spec("edit.redo", "&Redo", _EDIT, "Make the change again", "Ctrl+Y; Ctrl+Shift+Z", icon="redo"),
    Spec("edit.find", "&Find action…", _EDIT, "Search everything that the program can do",
         "Ctrl+K; F1", separator=True, icon="magnify"),
    Spec("view.fit", "&Fit", _VIEW, "Show the whole shape", "F", icon="fit-to-screen-outline"),
    Spec("view.front", "&Front", _LOOK, "Look from the front", "1"),
    Spec("view.back", "&Back", _LOOK, "Look from behind", "Ctrl+1"),
    Spec("view.right", "&Right", _LOOK, "Look from the right", "3"),
    Spec("view.left", "&Left", _LOOK, "Look from the left", "Ctrl+3"),
    Spec("view.top", "&Top", _LOOK, "Look from above", "7"),
    Spec("view.bottom", "B&ottom", _LOOK, "Look from below", "Ctrl+7"),
    Spec("view.isometric", "&Isometric", _LOOK, "Look from the front right and above", "0",
         icon="cube-outline"),
    Spec("shading.smooth", "&Smooth", _SHADING, "Draw a smooth surface", group="shading"),
    Spec("shading.flat", "&Flat", _SHADING, "Draw each triangle in one tone", group="shading"),
    Spec("shading.wireframe", "&Wireframe", _SHADING, "Draw the triangles' edges, too", "W",
         group="shading"),
    Spec("shading.normals", "&Normals", _SHADING, "Colour the surface by its direction", "N",
         group="shading"),
    Spec("shading.points", "&Point colours", _SHADING, "Colour the surface as the points near it",
         group="shading"),
    Spec("background.gradient", "&Gradient", _BACKGROUND, "From light to dark, as the theme",
         group="background"),
    Spec("background.theme", "As the &theme", _BACKGROUND, "Plain, and light or dark as the theme",
         group="background"),
    Spec("background.light", "&Light", _BACKGROUND, "A light background", group="background"),
    Spec("background.dark", "&Dark", _BACKGROUND, "A dark background", group="background"),
    Spec("background.white", "&White", _BACKGROUND, "White, for papers and prints",
         group="background"),
    Spec("show.mesh", "Show &mesh", _VIEW, "Show or hide the completed shape", "M",
         checkable=True, separator=True),
    Spec("show.points", "Show &points", _VIEW, "Show or hide the observed points", "P",
         checkable=True),
    Spec("show.box", "Show &box", _VIEW, "Show or hide the model's box", "B", checkable=True),
    Spec("show.floor", "Show f&loor", _VIEW, "Show or hide the floor", "G", checkable=True),
    Spec("tool.camera", "&Camera", _TOOLS, "Turn, move and zoom the view", "V",
         icon="rotate-orbit", group="tool"),
    Spec("tool.move", "&Move cloud", _TOOLS, "Move, turn and scale the scan in the model's box; "
         "the completion follows", "T", icon="axis-arrow", group="tool"),
    Spec("tool.crop", "C&rop box", _TOOLS, "Let only what lies in a box count", "X",
         icon="crop", group="tool"),
    Spec("tool.lasso", "&Lasso", _TOOLS, "Draw around points to delete them; Shift collects "
         "several areas first, Alt or Ctrl takes an area out again", "L",
         icon="lasso", group="tool"),
    Spec("tool.brush", "&Brush", _TOOLS, "Draw over points to delete them; [ and ] change "
         "its size", "E", icon="eraser", group="tool"),
    Spec("source.restore", "Re&store points", _TOOLS,
         "Take back all deleted points and the crop box", "Shift+E", separator=True,
         icon="restore"),
    Spec("shape.capture", "&Capture", _SHAPE, "Put the shape on the shelf", "C",
         icon="camera-plus-outline"),
    Spec("latent.reset", "&Reset all sliders", _SHAPE,
         "Bring the shape back to where its sliders rest; locked axes stay", "Shift+R",
         separator=True),
    Spec("latent.randomise", "R&andomise around here", _SHAPE,
         "Move all axes that are not locked a little at random", "R"),
    Spec("shape.command", "Copy as co&mmand", _SHAPE,
         "Copy the command that makes this mesh without a window"),
    Spec("shape.cancel", "&Stop", _SHAPE, "Stop what is being computed", "Esc", separator=True),
    Spec("help.shortcuts", "&Shortcuts", _HELP, "All keys on one page", "Shift+F1"),
    Spec("help.diagnostics", "Copy &diagnostics", _HELP,
         "Copy versions, device and the last errors, for a report"),
    Spec("help.about", "&About OccViewer", _HELP, "Version and licence"),
)  # fmt: skip
"""In the order of the menus."""

TOOLBAR = (
    "file.gallery", "file.open", "file.save", "file.export", "", "edit.undo", "edit.redo", "",
    "view.fit", "view.isometric", "", "tool.camera", "tool.move", "tool.crop", "tool.lasso",
    "tool.brush", "", "shape.capture", "", "edit.find",
)  # fmt: skip
"""Actions in the toolbar; an empty name is a line between them."""
