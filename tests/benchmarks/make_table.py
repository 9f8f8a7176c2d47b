"""Run both benchmarks and write their tables as Markdown."""

import sys

from occviewer.benchmarks import extraction, live
from occviewer.benchmarks.tables import format_extraction, format_live
from occviewer.models import open_model


def main() -> int:
    model = open_model()
    settings = live.Settings() if model.device.type == "cpu" else live.GPU
    tell = lambda text: print(text, file=sys.stderr)  # noqa: E731
    tables = [
        format_extraction(
            extraction.bench_extraction(model, extraction.Settings(), large=True, tell=tell)
        ),
        format_live(live.bench_live(model, settings, tell=tell)),
    ]
    for name, table in zip(("Extraction", "Live"), tables, strict=True):
        print(f"### {name}\n\n```\n{table}\n```\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
