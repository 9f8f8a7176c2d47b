"""The furniture of Sweet Home 3D: artist-made shapes that may be redistributed.

Two Debian packages hold about 900 OBJ models with a catalogue each: category,
orientation, creator, licence. Two libraries by other artists are the test split.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from occviewer.errors import DataError
from occviewer.training.credits import (
    Credits,
    credits_of_file,
    credits_of_mesh,
    credits_of_text,
    licence_file,
)
from occviewer.training.prepare import MeshSource
from occviewer.training.shape_file import ShapeRecord

TEST_LIBRARIES = ("KatorLegaz", "BlendSwap-CC-BY")
"""Libraries by artists whose shapes are never trained on."""

# Classes by the catalogue's English names; the first that matches wins, and what
# matches none is no furniture. Names that only sound like furniture come first.
_CLASSES = (
    (
        "other",
        r"wheelchair|table tennis|table fan|tablet|racket|towel|seat leon|flashlight|lamppost"
        r"|street|park light|white light source|traffic|sink|bathtub|spotlight|track light"
        r"|light switch|trunck",
    ),
    ("lamp", r"\b(lamp|light|uplight|chandelier|lantern|sconce|pendant|lampshade)\b"),
    ("sofa", r"\b(sofa|couch|settee|loveseat|divan|futon)\b"),
    (
        "chair",
        r"\b(chair|armchair|seat|stool|bench|ottoman|puff|rocker|recliner|lounge|chaise)\b",
    ),
    ("bed", r"\b(bed|bunk|crib|cradle|cot)\b"),
    ("table", r"\b(table|desk|workbench|console|counter)\b"),
    (
        "storage",
        r"\b(wardrobe|cabinet|bookcase|shelf|shelves|drawers?|dresser|chest|cupboard|sideboard"
        r"|locker|closet|nightstand|tv stand|tv unit|rack|safe|island)\b",
    ),
)


def shape_class(title: str) -> str:
    """Class of a catalogue entry by its English name; ``other`` for what is no furniture."""
    lowered = title.lower()
    for name, pattern in _CLASSES:
        if re.search(pattern, lowered):
            return name
    return "other"


def read_catalogue(path: Path) -> list[dict[str, str]]:
    """Read the entries of a furniture catalogue (Java properties, keys ``name#1`` …)."""
    entries: dict[int, dict[str, str]] = {}
    text = path.read_text(encoding="latin-1").replace("\\\n", "")
    for line in text.splitlines():
        match = re.match(r"\s*([A-Za-z]+)#(\d+)\s*=\s*(.*)", line)
        if match:
            key, number, value = match.groups()
            entries.setdefault(int(number), {})[key] = _unescape(value.strip())
    return [entries[number] for number in sorted(entries)]


def sweethome3d_sources(folder: Path) -> Iterator[MeshSource]:
    """Every model of the unpacked libraries in `folder`, one subfolder a library.

    Raises
    ------
    DataError
        When the folder holds no catalogue.
    """
    found = False
    for library in sorted(path for path in folder.iterdir() if path.is_dir()):
        catalogues = sorted(library.rglob("PluginFurnitureCatalog.properties"))
        catalogues += sorted(library.rglob("DefaultFurnitureCatalog.properties"))
        for catalogue in catalogues:
            found = True
            yield from _library_sources(folder, library, catalogue)
    if not found:
        raise DataError(
            f"{folder} holds no furniture catalogue of Sweet Home 3D: give the folder with its "
            "two .deb packages, or with one unpacked library a subfolder."
        )


def _library_sources(folder: Path, library: Path, catalogue: Path) -> Iterator[MeshSource]:
    notice = licence_file(library)
    terms = notice.read_text(encoding="latin-1") if notice else ""
    # Model paths are relative to the root of the archive: the library's folder.
    seen: set[str] = set()
    for entry in read_catalogue(catalogue):
        model = entry.get("model", "").lstrip("/")
        if not model.lower().endswith(".obj") or model in seen:
            continue
        seen.add(model)
        path = library / model
        if not path.is_file():
            continue
        title = entry.get("name", path.stem)
        category = shape_class(title)
        split = "train"
        if library.name in TEST_LIBRARIES:
            split = "test" if category != "other" else "unused"
        rotation = tuple(float(value) for value in entry.get("modelRotation", "").split())
        stem = re.sub(r"[^A-Za-z0-9]+", "-", path.stem).strip("-").lower()
        credits = _credits(entry, path, library, terms)
        record = ShapeRecord(
            name=f"{library.name.lower()}-{stem}",
            category=category,
            split=split,
            source=path.relative_to(folder).as_posix(),
            title=title,
            creator=credits.attribution,
            licence=credits.licence,
            library=library.name,
            url=credits.url,
        )
        if len(rotation) == 9:
            yield MeshSource(path, record, rotation)
        else:
            yield MeshSource(path, record)


def _credits(entry: dict[str, str], path: Path, library: Path, terms: str) -> Credits:
    """Read what is said of one model, the nearest notice first: its own, its library's."""
    own = credits_of_mesh(path)
    beside = licence_file(path.parent) if path.parent != library else None
    if beside:
        own = credits_of_file(beside).completed_by(own)
    whole = credits_of_text(_terms_of(path, terms))
    licence = entry.get("license") or own.licence or whole.licence
    if _names_gpl(path) and own.licence:
        # The files offer the choice without a version of the GPL; the catalogue that they
        # are part of says version 2 or later.
        licence = f"{own.licence} OR GPL-2.0-or-later"
    holder = own.holder or whole.holder
    noted = own.creator if _letters(own.creator) not in _letters(holder) else ""
    return Credits(
        creator=_creator(entry.get("creator", ""), noted),
        holder=holder,
        licence=licence,
        url=own.url,
    )


def _creator(listed: str, noted: str) -> str:
    """Name the creator by the catalogue, with what the model's own notice adds to it."""
    if listed in ("", "Blend Swap"):  # the site, not a person
        return noted or listed
    author, _, changes = noted.partition("; ")
    if _letters(author) not in _letters(listed):
        listed = f"{listed} (in the model's notice: {author})"
    return f"{listed}; {changes}" if changes else listed


def _terms_of(path: Path, terms: str) -> str:
    """Pick the part of a library's licence text that holds for one model.

    Scopia's has two copyright lines: one for the models listed below it, one for the rest.
    """
    general, *sections = re.split(r"(?m)^(?=\(C\) Copyright)", terms)
    listed = {path.stem.lower(), path.parent.name.lower()}
    rest = ""
    for section in sections:
        models = {name.lower() for name in re.findall(r"(?m)^- (\S+)", section)}
        if models & listed:
            rest = section
            break
        if not models:
            rest = section
    return rest + "\n" + general


def _names_gpl(path: Path) -> bool:
    with path.open(encoding="latin-1") as file:
        return "GNU General Public License" in file.read(1000)


def _letters(text: str) -> str:
    return re.sub(r"\W|_", "", text).lower()


def _unescape(value: str) -> str:
    return re.sub(r"\\u([0-9a-fA-F]{4})", lambda m: chr(int(m.group(1), 16)), value)
