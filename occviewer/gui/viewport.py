"""The 3D view: the completed shape, what was observed of it, and the model's box.

Everything is drawn in the box frame (longest side 1, +Y up, +Z to the front): float32
on the graphics card would tear georeferenced coordinates apart. All of it belongs to
the window's thread.
"""

from __future__ import annotations

from typing import Literal

import numpy as np
import pyvista as pv
from PySide6.QtCore import QEvent, Signal
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QVBoxLayout, QWidget

from occviewer.arrays import Float32Array, FloatArray, UInt8Array
from occviewer.gui.canvas import Canvas
from occviewer.gui.matting import merged
from occviewer.gui.theme import DARK, LIGHT, ViewportColours
from occviewer.gui.views import BOX, VIEWS, floor
from occviewer.meshes import Mesh
from occviewer.meshes.framing import Camera

Shading = Literal["smooth", "flat", "wireframe", "normals", "points"]
Background = Literal["gradient", "theme", "light", "dark", "white"]
Thing = Literal["mesh", "points", "box", "floor"]

_VIEW_ANGLE = 30.0  # degrees from top to bottom
_FIT = 1.15  # room around what is fitted
_POINT = 4.0  # pixels
# Of a key: degrees, share of half the view, and times nearer.
_TURN, _SIDEWAYS, _NEARER = 10.0, 0.15, 1.15
_SHINE = 0.15
_AXES_CORNER = (0.0, 0.0, 0.14, 0.18)
_LETTERS = 12  # points, of the letters at the axes


class Viewport(QWidget):
    """The 3D view of the main window.

    The camera stays where the person put it; only `look` and `fit` move it.
    """

    dropped = Signal(list)
    """Paths of files that were dropped on it."""
    rested = Signal()
    """The person let go of the camera."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setMinimumSize(200, 150)
        self.setAccessibleName("3D view")
        self.canvas = canvas = Canvas(self, auto_update=False, line_smoothing=True)
        canvas.setAcceptDrops(True)
        canvas.dropped.connect(self.dropped)
        canvas.turned.connect(self.turn)
        canvas.moved.connect(self.move_view)
        canvas.zoomed.connect(lambda steps: self.zoom(_NEARER**steps))
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(canvas)
        self._colours: ViewportColours = LIGHT
        self._background: Background = "gradient"
        self._shading: Shading = "smooth"
        self._mesh: Mesh | None = None
        self._painted = False
        self._mesh_data = pv.PolyData()
        self._cloud_data = pv.PolyData()
        self._sizes: list[tuple[pv.Actor, float]] = []
        self._make_actors()
        self.set_shading(self._shading)
        canvas.take_keys_away()
        canvas.enable_trackball_style()
        self.look("isometric")
        canvas.iren.add_observer("EndInteractionEvent", lambda *_: self.rested.emit())

    def show_mesh(self, mesh: Mesh | None, *, painted: bool = False, moving: bool = False) -> None:
        """Draw a mesh (box frame) in place of the one before; None for none.

        Parameters
        ----------
        mesh : Mesh, optional
        painted : bool
            Whether its colours are its own, and to be seen in every shading but by normals.
        moving : bool
            Whether the next one comes at once, and drawing must not take long.
        """
        self.canvas.draw_moving(moving)
        self._mesh, self._painted = mesh, painted
        if mesh is None or mesh.is_empty:
            self._mesh_data = pv.PolyData()
        else:
            data = pv.PolyData.from_regular_faces(mesh.vertices, mesh.faces, deep=False)
            data.point_data.active_normals = mesh.with_normals().normals
            self._mesh_data = data
        self._colour_mesh()
        self._mesh_actor.mapper.dataset = self._mesh_data
        self.redraw()

    def show_points(self, points: FloatArray | None, colours: UInt8Array | None = None) -> None:
        """Draw observed points (N, 3) of the box frame, with colours (N, 3) if they have any."""
        empty = points is None or len(points) == 0
        self._cloud_data = pv.PolyData() if empty else pv.PolyData(np.asarray(points, np.float32))
        mapper = self._cloud_actor.mapper
        mapper.scalar_visibility = not empty and colours is not None
        if mapper.scalar_visibility:
            self._cloud_data["colours"] = colours
            self._cloud_data.set_active_scalars("colours")
        mapper.dataset = self._cloud_data
        self.redraw()

    def keep_size(self, actor: pv.Actor, points: float = 1.0) -> None:
        """Draw points of an actor in this size on every screen, and its lines 1 wide.

        The size counts in pixels of the interface, of which a dense screen has several to one.
        """
        self._sizes.append((actor, points))
        self._apply_sizes()

    def set_shading(self, shading: Shading) -> None:
        """Draw the mesh smooth, flat, with its triangles, or coloured: by normals or by points."""
        self._shading = shading
        properties = self._mesh_actor.prop
        properties.interpolation = "Flat" if shading == "flat" else "Phong"
        properties.show_edges = shading == "wireframe"
        self._colour_mesh()
        self.redraw()

    def set_visible(self, what: Thing, visible: bool) -> None:
        """Show or hide one of the things that are drawn."""
        actors = {
            "mesh": self._mesh_actor,
            "points": self._cloud_actor,
            "box": self._box_actor,
            "floor": self._floor_actor,
        }
        actors[what].visibility = visible
        self.redraw()

    def set_mesh_opacity(self, opacity: float) -> None:
        """Let the points be seen through the mesh; 1 for not at all."""
        self._mesh_actor.prop.opacity = opacity
        self.redraw()

    def set_background(self, background: Background, *, dark: bool) -> None:
        """Choose the background; `dark` says what the theme of the interface is."""
        self._background = background
        is_dark = {"light": False, "white": False, "dark": True}.get(background, dark)
        self._colours = colours = DARK if is_dark else LIGHT
        self._colour_background()
        self._mesh_actor.prop.edge_color = colours.lines
        self._cloud_actor.prop.color = colours.points
        self._box_actor.prop.color = colours.lines
        self._floor_actor.prop.color = colours.lines
        self._show_axes()
        self._colour_mesh()
        self.redraw()

    def look(self, view: str) -> None:
        """Look from one of `VIEWS`, so that the box fills the view."""
        direction, up = VIEWS[view]
        self.canvas.camera.view_angle = _VIEW_ANGLE
        self.canvas.camera.focal_point = (0.0, 0.0, 0.0)
        self.canvas.camera.position = tuple(np.array(direction) * 3.0)
        self.canvas.camera.up = up
        self.fit()

    def look_from(self, position: FloatArray, view_angle: float) -> None:
        """Look at the middle of the box from a position (3,) of the box frame, upright.

        Parameters
        ----------
        position : (3,)
        view_angle : float
            How much is seen from top to bottom, degrees.
        """
        camera = self.canvas.camera
        camera.position, camera.focal_point = tuple(map(float, position)), (0.0, 0.0, 0.0)
        camera.up, camera.view_angle = (0.0, 1.0, 0.0), view_angle
        self.canvas.renderer.ResetCameraClippingRange()
        self.redraw()

    def turn(self, right: int, up: int) -> None:
        """Walk around what is looked at, so many steps to the right and up."""
        camera = self.canvas.camera
        camera.Azimuth(_TURN * right)
        camera.Elevation(_TURN * up)
        camera.OrthogonalizeViewUp()
        self._camera_changed()

    def move_view(self, right: int, up: int) -> None:
        """Move the camera sideways, in steps of a share of what is seen."""
        camera = self.canvas.camera
        position, target = np.array(camera.position), np.array(camera.focal_point)
        away, above = position - target, np.array(camera.up)
        step = _SIDEWAYS * np.linalg.norm(away) * np.tan(np.radians(camera.view_angle / 2))
        beside = np.cross(above, away)
        by = right * beside / np.linalg.norm(beside) + up * above / np.linalg.norm(above)
        camera.position, camera.focal_point = tuple(position + step * by), tuple(target + step * by)
        self._camera_changed()

    def zoom(self, factor: float) -> None:
        """Go nearer by a factor above 1, or farther."""
        self.canvas.camera.Dolly(factor)
        self._camera_changed()

    def _camera_changed(self) -> None:
        self.canvas.renderer.ResetCameraClippingRange()
        self.redraw()
        self.rested.emit()

    def fit(self) -> None:
        """Move the camera along its direction until what is shown fills the view."""
        bounds = self._bounds()
        centre, radius = bounds.mean(0), float(np.linalg.norm(np.ptp(bounds, axis=0)) / 2)
        away = np.array(self.canvas.camera.position) - np.array(self.canvas.camera.focal_point)
        away /= max(float(np.linalg.norm(away)), 1e-9)
        half_angle = np.radians(self.canvas.camera.view_angle / 2)
        wide = max(self.width(), 1) / max(self.height(), 1)
        distance = _FIT * radius / np.sin(min(half_angle, np.arctan(np.tan(half_angle) * wide)))
        self.canvas.camera.focal_point = tuple(centre)
        self.canvas.camera.position = tuple(centre + away * distance)
        self.canvas.camera.parallel_scale = _FIT * radius
        self.canvas.renderer.ResetCameraClippingRange()
        self.redraw()

    def camera(self) -> tuple[Camera, float]:
        """From where the shape is seen, in the box frame; and width over height of the view."""
        seen = self.canvas.camera
        position, target, up = (
            np.array(vector, np.float64) for vector in (seen.position, seen.focal_point, seen.up)
        )
        aspect = max(self.width(), 1) / max(self.height(), 1)
        return Camera(position, target, up, float(seen.view_angle)), aspect

    def picture(self, factor: int = 1, *, transparent: bool = False) -> UInt8Array:
        """Draw what is seen, (H, W, 3 or 4) uint8, without the axes in the corner.

        Parameters
        ----------
        factor : int
            So many times larger than on the screen.
        transparent : bool
            Whether the background is left out; then there is an alpha channel.
        """
        return merged(self.drawings(factor, transparent=transparent))

    def drawings(self, factor: int = 1, *, transparent: bool = False) -> list[UInt8Array]:
        """Draw what `occviewer.gui.matting.merged`, in any thread, makes the picture of."""
        renderer = self.canvas.renderer
        actors = (self._mesh_actor, self._cloud_actor, self._box_actor, self._floor_actor)
        sizes = [(actor.prop.point_size, actor.prop.line_width) for actor in actors]
        self.canvas.draw_moving(False)
        renderer.hide_axes()
        try:
            # Points and lines are so many pixels wide, also on a larger picture.
            for actor, (point, line) in zip(actors, sizes, strict=True):
                actor.prop.point_size, actor.prop.line_width = point * factor, line * factor
            if not transparent:
                return [self._drawn(factor)]
            drawn = []
            for colour in ("black", "white"):
                renderer.set_background(colour)
                drawn.append(self._drawn(factor))
            return drawn
        finally:
            for actor, (point, line) in zip(actors, sizes, strict=True):
                actor.prop.point_size, actor.prop.line_width = point, line
            renderer.show_axes()
            self._colour_background()
            self.redraw()

    def _drawn(self, factor: int) -> UInt8Array:
        # In the size of the view a screenshot is what was drawn last, whatever has changed.
        self.canvas.render_window.Render()
        image: UInt8Array = self.canvas.screenshot(None, scale=factor)
        return image[..., :3]

    def redraw(self) -> None:
        """Draw again when the event loop comes to it; many calls in between make one picture."""
        self.canvas.update()

    def changeEvent(self, event: QEvent) -> None:  # noqa: N802 - Qt's name
        """Follow the theme."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange and hasattr(self, "_mesh_actor"):
            from occviewer.gui.theme import is_dark

            self.set_background(self._background, dark=is_dark())

    def event(self, event: QEvent) -> bool:
        """Follow the window to a screen of another density."""
        if event.type() == QEvent.Type.DevicePixelRatioChange:
            self._apply_sizes()
        return super().event(event)

    def showEvent(self, event: QShowEvent) -> None:  # noqa: N802 - Qt's name
        """Learn how dense the screen is."""
        super().showEvent(event)
        self._apply_sizes()

    def _apply_sizes(self) -> None:
        dense = self.devicePixelRatioF()
        for actor, points in self._sizes:
            actor.prop.point_size, actor.prop.line_width = points * dense, dense

    def graphics(self) -> str:
        """Say what draws: the name of the OpenGL renderer and its version."""
        wanted = ("OpenGL renderer string", "OpenGL version string")
        lines = self.canvas.render_window.ReportCapabilities().splitlines()
        values = [line.partition(":")[2].strip() for line in lines if line.startswith(wanted)]
        return ", ".join(values) or "unknown"

    def close_canvas(self) -> None:
        """Give the graphics back; the last thing that is done with it."""
        self.canvas.close()

    def _make_actors(self) -> None:
        triangle = pv.PolyData(np.zeros((1, 3), np.float32))
        options = {"render": False, "reset_camera": False, "show_scalar_bar": False}
        self._mesh_actor = self.canvas.add_mesh(triangle, name="mesh", color="white", **options)
        self._mesh_actor.prop.specular_power = 20
        self._cloud_actor = self.canvas.add_mesh(triangle, name="points", style="points", **options)
        self._cloud_actor.prop.lighting = False
        for actor in (self._mesh_actor, self._cloud_actor):
            actor.mapper.dataset = pv.PolyData()
        box = pv.Box((-BOX, BOX) * 3).extract_all_edges()
        self._box_actor = self.canvas.add_mesh(box, name="box", style="wireframe", **options)
        self._box_actor.visibility = False
        self._floor_actor = self.canvas.add_mesh(
            floor(), name="floor", style="wireframe", **options
        )
        for actor in (self._box_actor, self._floor_actor):
            actor.prop.lighting = False
            actor.pickable = False
        for actor in (self._mesh_actor, self._box_actor, self._floor_actor):
            self.keep_size(actor)
        self.keep_size(self._cloud_actor, _POINT)
        self._show_axes()

    def _show_axes(self) -> None:
        """Show the axes in the corner, with letters that grow with the screen's scale alone."""
        axes = self.canvas.add_axes(viewport=_AXES_CORNER, color=self._colours.text)
        for caption in (
            axes.GetXAxisCaptionActor2D(),
            axes.GetYAxisCaptionActor2D(),
            axes.GetZAxisCaptionActor2D(),
        ):
            caption.GetTextActor().SetTextScaleModeToNone()
            caption.GetCaptionTextProperty().SetFontSize(_LETTERS)

    def _colour_mesh(self) -> None:
        mapper, by_normal = self._mesh_actor.mapper, self._shading == "normals"
        shown: UInt8Array | None = None
        if by_normal and self._mesh_data.n_points:
            normals = np.asarray(self._mesh_data.point_data.active_normals)
            shown = ((normals + 1) * 127.5).astype(np.uint8)
        elif (self._painted or self._shading == "points") and self._mesh is not None:
            shown = self._mesh.colors
        mapper.scalar_visibility = shown is not None
        if shown is not None:
            self._mesh_data["shown"] = shown
            self._mesh_data.set_active_scalars("shown")
        properties = self._mesh_actor.prop
        # The colours of a picture have been lit already.
        lit_before = self._painted and self._shading != "points"
        properties.ambient, properties.diffuse = (0.5, 0.6) if lit_before else (0.0, 1.0)
        properties.specular = 0.0 if lit_before else _SHINE
        properties.lighting = not by_normal
        properties.color = self._colours.mesh

    def _colour_background(self) -> None:
        renderer, colours = self.canvas.renderer, self._colours
        if self._background == "white":
            renderer.set_background("white")
        elif self._background != "gradient":
            renderer.set_background(colours.bottom)
        else:
            renderer.set_background(colours.bottom, top=colours.top)

    def _bounds(self) -> Float32Array:
        """Corners (2, 3) of what is worth looking at."""
        shown = [
            np.array(data.bounds, np.float32).reshape(3, 2).T
            for data in (self._mesh_data, self._cloud_data)
            if data.n_points
        ]
        if not shown:
            return np.array([[-0.5] * 3, [0.5] * 3], np.float32)
        return np.stack([np.min([b[0] for b in shown], 0), np.max([b[1] for b in shown], 0)])
