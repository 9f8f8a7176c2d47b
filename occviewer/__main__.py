"""``python -m occviewer`` is the same as ``occviewer``."""

import sys

from occviewer.cli import main

if __name__ == "__main__":
    sys.exit(main())
