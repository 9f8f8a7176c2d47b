"""Who made a mesh and under which licence, from the notices that travel with it."""

from __future__ import annotations

import html
import json
import re
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

_HEAD_LINES = 60  # of an OBJ file, in which its notice stands
_LICENCE_FILE = re.compile(r"(?i)licen[cs]e|copying")
_LICENCE_SUFFIXES = {"", ".txt", ".md", ".html", ".htm"}

_CC_ADDRESS = re.compile(r"creativecommons\.org/licenses/([a-z-]+)/(\d\.\d)(?:/([a-z]{2})\b)?")
_CC_NAME = re.compile(
    r"(?i)creative commons attribution((?:[- ](?:non-?commercial|share-?alike|no-?deriv\w*))*)"
    r"[ a-z]*(\d\.\d)( united states)?"
)
_CC_SPDX = re.compile(r"\bCC-(BY(?:-NC)?(?:-SA|-ND)?)[- ](\d\.\d)")
_CC_ZERO = re.compile(r"(?i)publicdomain/zero|creative commons zero|\bCC-?(?:0|zero)\b")
_GRANT = re.compile(r"(?is)\b(?:distributed|released|licen[cs]ed)\b[^.]{0,40}?\bunder.{0,300}")
_OTHERS = (
    (re.compile(r"publicdomain/mark"), "Public-Domain-Mark-1.0"),
    (re.compile(r"GNU GENERAL PUBLIC LICENSE\s+Version 3|GPL-?v?3", re.I), "GPL-3.0-or-later"),
    (re.compile(r"GNU GENERAL PUBLIC LICENSE\s+Version 2|GPL-?v?2", re.I), "GPL-2.0-or-later"),
    (re.compile(r"Apache License,?\s+Version 2\.0|Apache-2\.0"), "Apache-2.0"),
    (re.compile(r"\bMIT License\b"), "MIT"),
)

_AUTHORS = (
    re.compile(r'Thank you for downloading "(?P<title>.*)" by (?P<author>.+)'),
    re.compile(r"<title>(?P<title>[^<]*) by (?P<author>[^<]+?) - \d+ - [^<]*</title>"),
    re.compile(r"(?m)^# Created by (?P<author>.+?)(?: from)?\s*$"),
)
_MODIFIED = re.compile(r"(?im)^modified by (.+?)\.?\s*$")
_PAGE = re.compile(r"https?://(?:www\.)?blendswap\.com/blends?/(?:view/)?\d+")
_HOLDER = re.compile(
    r"(?im)(?:copyrights?\s*(?:\(c\)|©|(?=\d{4}))|(?:\(c\)|©)\s*copyrights?|©(?=\s*\d{4}))\s*(.+?)\s*$"
)


@dataclass(frozen=True)
class Credits:
    """What a notice says; empty where it says nothing.

    Attributes
    ----------
    creator : str
        Who made the work.
    holder : str
        Whom the copyright line names, with its years.
    licence : str
        An SPDX identifier.
    title, url : str
        Name and page of the work.
    """

    creator: str = ""
    holder: str = ""
    licence: str = ""
    title: str = ""
    url: str = ""

    def completed_by(self, other: Credits) -> Credits:
        """Fill what is empty here from `other`."""
        return Credits(
            **{f.name: getattr(self, f.name) or getattr(other, f.name) for f in fields(Credits)}
        )

    @property
    def attribution(self) -> str:
        """Creator and copyright holder in one line."""
        if not self.holder:
            return self.creator
        return f"{self.creator} (© {self.holder})" if self.creator else f"© {self.holder}"


def licence_identifier(text: str) -> str:
    """SPDX identifier of the licence that a notice grants, "" when it cannot be told."""
    # What the notice says of borrowed textures and the like must not count.
    grant = _GRANT.search(text)
    return (grant and _identifier(grant[0])) or _identifier(text)


def credits_of_text(text: str) -> Credits:
    """Credits from a licence file (plain or HTML) or from the comments of a mesh file."""
    creator = title = ""
    for pattern in _AUTHORS:
        found = pattern.search(text)
        if found:
            creator = html.unescape(found["author"].strip())
            title = html.unescape(found.groupdict().get("title", "").strip())
            break
    changes = [found[1] for found in _MODIFIED.finditer(text)]
    if creator and changes:
        creator += "; modified by " + ", ".join(changes)
    holder = _HOLDER.search(text)
    page = _PAGE.search(text)
    return Credits(
        creator=creator,
        holder=holder[1] if holder else "",
        licence=licence_identifier(text),
        title=title,
        url=page[0] if page else "",
    )


def licence_file(folder: Path) -> Path | None:
    """Find the licence file that lies in `folder`; None when there is none."""
    found = sorted(
        path
        for path in folder.iterdir()
        if _LICENCE_FILE.search(path.stem)
        and path.suffix.lower() in _LICENCE_SUFFIXES
        and path.is_file()
    )
    return found[0] if found else None


def credits_of_file(path: Path) -> Credits:
    """Credits from a licence file."""
    return credits_of_text(path.read_text(encoding="utf-8", errors="replace"))


def credits_of_mesh(path: Path) -> Credits:
    """Credits from inside a mesh file: comments of OBJ, ``asset`` of glTF; else empty.

    glTF's ``asset.extras`` is read as Sketchfab writes it (author, license, source, title).
    """
    suffix = path.suffix.lower()
    try:
        if suffix == ".obj":
            with path.open(encoding="utf-8", errors="replace") as file:
                lines = [line for _, line in zip(range(_HEAD_LINES), file, strict=False)]
            return credits_of_text("".join(line for line in lines if line.startswith("#")))
        if suffix in (".glb", ".gltf"):
            return _credits_of_asset(_gltf_json(path).get("asset", {}))
    except (OSError, ValueError, AttributeError):
        pass  # whether the mesh can be read is for the labelling to say
    return Credits()


def _identifier(text: str) -> str:
    """Identify the Creative Commons licence that is named first, else another one."""
    named: dict[int, str] = {}
    if found := _CC_ZERO.search(text):
        named[found.start()] = "CC0-1.0"
    if found := _CC_SPDX.search(text):
        named[found.start()] = f"CC-{found[1]}-{found[2]}"
    if found := _CC_ADDRESS.search(text):
        country = f"-{found[3].upper()}" if found[3] else ""
        named[found.start()] = f"CC-{found[1].upper()}-{found[2]}{country}"
    if found := _CC_NAME.search(text):
        words = found[1].lower().replace("-", "")
        parts = [("noncom", "-NC"), ("sharea", "-SA"), ("noderiv", "-ND")]
        terms = "".join(code for word, code in parts if word in words)
        named[found.start()] = f"CC-BY{terms}-{found[2]}{'-US' if found[3] else ''}"
    if named:
        return named[min(named)]
    return next((name for pattern, name in _OTHERS if pattern.search(text)), "")


def _gltf_json(path: Path) -> Any:  # noqa: ANN401 - whatever the JSON holds
    if path.suffix.lower() == ".gltf":
        return json.loads(path.read_bytes())
    # GLB: 12 bytes of header, then the JSON chunk with its length and type (4 bytes each).
    with path.open("rb") as file:
        head = file.read(20)
        return json.loads(file.read(int.from_bytes(head[12:16], "little")))


def _credits_of_asset(asset: dict[str, Any]) -> Credits:
    extras = asset.get("extras")
    extras = extras if isinstance(extras, dict) else {}
    said = {key: str(extras.get(key, "")) for key in ("author", "license", "title", "source")}
    return Credits(
        creator=said["author"],
        holder=re.sub(r"^\W*(?:copyright\W*)?", "", str(asset.get("copyright", "")), flags=re.I),
        licence=licence_identifier(said["license"]) or said["license"],
        title=said["title"],
        url=said["source"],
    )
