"""Starts the application: ``python main.py``."""

import sys

from occviewer.app import main

if __name__ == "__main__":
    sys.exit(main())
