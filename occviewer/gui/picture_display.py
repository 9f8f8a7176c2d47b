"""What the picture page shows: made in the thread for files, drawn in the window's."""

from __future__ import annotations

from collections.abc import Callable
from html import escape
from typing import TYPE_CHECKING, Any

from occviewer.cameras import PictureCamera
from occviewer.gui.failures import Failure
from occviewer.gui.panels.picture_page import PicturePage
from occviewer.gui.picture_looks import (
    Overlay,
    mask_overlay,
    objects_overlay,
    seen_by_network,
    silhouette_overlay,
    small_picture,
)
from occviewer.gui.picture_studio import PIXELS, DirectInput
from occviewer.models.observed import pixels_for

if TYPE_CHECKING:
    from occviewer.document.picture_source import PictureSource
    from occviewer.gui.studio import MeshResult
    from occviewer.gui.worker import ComputeThread
    from occviewer.models import Code
    from occviewer.observations.masking import Mask

_LEGEND = (
    '<span style="color:#ff8c00">■</span> object only &nbsp; '
    '<span style="color:#1e6eff">■</span> shape only'
)


class PictureDisplay:
    """Draws the tab at hand; what was made for it is kept until something else is wanted.

    Parameters
    ----------
    page : PicturePage
    beside : ComputeThread
        Where pictures are scaled and compared.
    failed : callable
        Told when that gave nothing.

    Attributes
    ----------
    overlap : float or None
        Of the silhouette that was drawn last with the mask.
    """

    def __init__(
        self, page: PicturePage, beside: ComputeThread, failed: Callable[[Failure], None]
    ) -> None:
        self._page, self._beside, self._failed = page, beside, failed
        self._made: dict[str, tuple[tuple[object, ...], Any]] = {}
        self._asked: set[str] = set()
        self._source: PictureSource | None = None
        self._code: Code | None = None
        self._shape: tuple[MeshResult, PictureCamera] | None = None
        self._candidates: tuple[Mask, ...] = ()
        self._trouble = ""
        self._live: Mask | None = None
        self.overlap: float | None = None

    def show_source(
        self,
        source: PictureSource | None,
        code: Code | None,
        candidates: tuple[Mask, ...],
        trouble: str,
    ) -> None:
        """Show a source; None for none.

        Parameters
        ----------
        source : PictureSource, optional
        code : Code, optional
            That was made of it.
        candidates : tuple of Mask
            Objects of which one is to be chosen.
        trouble : str
            Why there is no mask: a sentence, or empty.
        """
        if source is None or source.mask is not None or not _same_picture(source, self._source):
            self._live = None
        self._source, self._code = source, code
        self._candidates, self._trouble = candidates, trouble
        self.refresh()

    def show_live_mask(self, mask: Mask | None) -> None:
        """Show a mask while a stroke is drawn, in place of the source's; None for that again."""
        self._live = mask
        self.refresh()

    def show_shape(self, result: MeshResult | None, camera: PictureCamera | None) -> None:
        """Show the silhouette of a mesh from a camera."""
        self._shape = None if result is None or camera is None else (result, camera)
        self.refresh()

    def refresh(self) -> None:
        """Draw the tab at hand anew, as far as something has changed."""
        source = self._source
        if source is None:
            self._made.clear()
            return
        {
            "picture": self._show_picture,
            "mask": self._show_mask,
            "input": self._show_input,
            "silhouette": self._show_silhouette,
        }[self._page.tab](source)

    def _show_picture(self, source: PictureSource) -> None:
        self._picture(source)
        self._page.view.show_overlay(None)
        self._page.view.show_box(None)
        self._page.show_caption("")

    def _show_mask(self, source: PictureSource) -> None:
        view, mask = self._page.view, self._live or source.mask
        self._picture(source)
        view.show_box(source.masking.box)
        overlay: Overlay | None = None
        if mask is not None:
            inside = mask.inside
            overlay = self._make("mask", (inside,), lambda: mask_overlay(inside))
            self._page.show_caption(f"Object by {escape(mask.method)}")
        elif self._candidates:
            candidates = self._candidates
            overlay = self._make("objects", candidates, lambda: objects_overlay(candidates))
            self._page.show_caption("<b>Which object is meant?</b> Click it, or draw a box.")
        else:
            self._page.show_caption(escape(self._trouble) or "The object is being searched…")
        if overlay is None:
            view.show_overlay(None)
        else:
            view.show_overlay(overlay.pixels, overlay.labels)

    def _show_input(self, source: PictureSource) -> None:
        view, mask = self._page.view, source.mask
        view.show_overlay(None)
        view.show_box(None)
        facts = {} if self._code is None else self._code.facts
        side, direct = facts.get(PIXELS), DirectInput.of(facts)
        if direct is not None and mask is not None:
            self._show_direct(source, direct, mask)
            return
        if mask is None or side is None:
            waits = "the mask" if mask is None else "the shape"
            view.show_picture(None, (1, 1), f"The network waits for {waits}.")
            self._page.show_caption("")
            return
        image, key = source.image, (source.image, mask, side)
        seen = self._make("input", key, lambda: seen_by_network(image, mask, int(side)))
        if seen is not None:
            view.show_picture(seen, (int(side), int(side)))
        self._page.show_caption(
            f"{side} × {side} pixels, cut out around the object, and green behind it"
        )

    def _show_direct(self, source: PictureSource, direct: DirectInput, mask: Mask) -> None:
        """Show what an image network got: the picture whole, or cut out before its screen."""
        image, side, given = source.image, direct.side, None if direct.whole else mask
        seen = self._make(
            "input",
            (image, given, side),
            lambda: pixels_for(image, side, given, direct.screen, direct.room).pixels,
        )
        if seen is not None:
            self._page.view.show_picture(seen, (side, side))
        how = "the whole picture" if direct.whole else "the object, cut out"
        self._page.show_caption(f"{side} × {side} pixels: {how}")

    def _show_silhouette(self, source: PictureSource) -> None:
        view, mask = self._page.view, source.mask
        self._picture(source)
        view.show_box(None)
        overlay: Overlay | None = None
        if mask is not None and self._shape is not None:
            result, camera = self._shape
            inside = mask.inside
            overlay = self._make(
                "silhouette",
                (result, camera, inside),
                lambda: silhouette_overlay(result.mesh, camera, inside),
            )
        if overlay is None:
            if self._shape is None:
                view.show_overlay(None)
                self._page.show_caption("There is no shape yet.")
            return
        self.overlap = overlay.overlap
        view.show_overlay(overlay.pixels)
        self._page.show_caption(f"Overlap <b>{overlay.overlap:.0%}</b><br>{_LEGEND}")

    def _picture(self, source: PictureSource) -> None:
        image = source.image
        pixels = self._make("picture", (image,), lambda: small_picture(image))
        if pixels is not None:
            self._page.view.show_picture(pixels, image.size)

    def _make(self, name: str, key: tuple[object, ...], work: Callable[[], Any]) -> Any:  # noqa: ANN401
        """Give what was made last of this name, while the newest is made beside."""
        made = self._made.get(name)
        if made is not None and _same(made[0], key):
            return made[1]
        if name not in self._asked:  # one at a time: the newest comes after it

            def arrived(value: object) -> None:
                self._asked.discard(name)
                self._made[name] = (key, value)
                self.refresh()

            def refused(failure: Failure) -> None:
                self._asked.discard(name)
                self._made[name] = (key, None)
                self._failed(failure)

            self._asked.add(name)
            self._beside.submit(f"look {name}", "", lambda job: work(), arrived, refused)
        stale = made is not None and name in ("mask", "silhouette")
        return made[1] if stale and made is not None else None


def _same_picture(one: PictureSource, other: PictureSource | None) -> bool:
    return other is not None and one.picture is other.picture


def _same(one: tuple[object, ...], other: tuple[object, ...]) -> bool:
    """Whether two keys name the same things; arrays are told apart by what they are."""
    return all(
        a is b or (isinstance(a, PictureCamera | int) and a == b)
        for a, b in zip(one, other, strict=True)
    )
