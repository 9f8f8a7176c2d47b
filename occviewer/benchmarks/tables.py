"""What the benchmarks found, for people."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

_LOCK = ("N", "surface by", "extracting ms", "idle ms")

# Columns of the ways, and where their values lie.
_WAY = {
    "way": "way",
    "N": "resolution",
    "median ms": "median_ms",
    "95 % ms": "p95_ms",
    "first ms": "first_ms",
    "to the code ms": "edit_ms",
    "triangles": "triangles",
}


def format_extraction(found: dict[str, Any]) -> str:
    """Tables of `bench_extraction`."""
    head = (
        "network", "N", "pipeline", "seconds", "faster", "points", "per needed",
        "signs differ", "peak MB", "triangles",
    )  # fmt: skip
    lines = []
    for row in found["rows"]:
        for pipeline in ("reference", "ours"):
            side = row[pipeline]
            lines.append((
                row["network"], row["resolution"], pipeline, f"{side['seconds']:.3f}",
                f"{row['faster']:.1f}x" if pipeline == "ours" else "",
                side["points"], f"{side['points_per_needed']:.2f}",
                side["sign_differences"], _megabytes(side["peak_mb"]), side["triangles"],
            ))  # fmt: skip
    parts = [_machine(found), _table(head, lines)]
    if "large" in found:
        large = [
            (row["resolution"], f"{row['seconds']:.2f}", f"{row['times_the_first']:.1f}",
             f"{row['square_growth']:.0f}", _megabytes(row["peak_mb"]))
            for row in found["large"]
        ]  # fmt: skip
        parts.append(_table(("N", "seconds", "times the first", "N² would be", "peak MB"), large))
    return "\n\n".join(parts)


def format_live(found: dict[str, Any]) -> str:
    """Tables of `bench_live`."""
    path = [tuple(row[key] for key in _WAY.values()) for row in found["path"]]
    lock = [
        (row["resolution"], row["backend"], row["longest_ms"], row["longest_idle_ms"])
        for row in found["lock"]
    ]
    scan = found["scan"]
    return "\n\n".join([
        _machine(found),
        "code to mesh, along ways through the latent space\n" + _table(tuple(_WAY), path),
        f"scan to mesh at {scan['resolution']}: {scan['seconds']:.3f} s",
        "longest pause of another thread\n" + _table(_LOCK, lock),
    ])  # fmt: skip


def _machine(found: dict[str, Any]) -> str:
    about = found["machine"]
    repeats = found["settings"]["repeats"]
    return (
        f"{about['processor']}, {about['cores']} cores, {about['threads']} threads, "
        f"on {about['device']}; {about['system']}, Python {about['python']}, "
        f"torch {about['torch']}, VTK {about['vtk']}; medians of {repeats}"
    )


def _megabytes(value: float | None) -> str:
    return "unknown" if value is None else f"{value:.0f}"


def _table(head: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """Columns in line; all but text to the right."""
    cells = [list(head), *([_text(value) for value in row] for row in rows)]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    return "\n".join(
        "  ".join(text.rjust(width) for text, width in zip(line, widths, strict=True))
        for line in cells
    )


def _text(value: object) -> str:
    return f"{value:,}" if isinstance(value, int) else str(value)
