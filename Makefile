# The two commands: `make run` and `make test`. Each sets up what it needs first:
# system libraries, a virtual environment, the package. The second time it only
# looks whether anything has changed. `make run PYTHON=… TORCH_INDEX=…` chooses
# the Python and where torch comes from (see .ci/set-up.sh).

SHELL := /bin/bash

# What Qt, VTK and OpenGL want from the system.
LIBRARIES := libegl1 libgl1 libgl1-mesa-dri libxkbcommon-x11-0 libxcb-cursor0 \
	libxcb-icccm4 libxcb-keysyms1 libxcb-image0 libxcb-render-util0 \
	libdbus-1-3 libfontconfig1
SETTINGS := pyproject.toml constraints.txt .ci/set-up.sh

.PHONY: run test screenshots libraries test-libraries

run: libraries .venv/.ready-to-run
	.venv/bin/python main.py

test: test-libraries .venv/.ready-to-test .venv-noqt/.ready
	.venv/bin/ruff check .
	.venv/bin/ruff format --check .
	.venv/bin/mypy
	.venv/bin/lint-imports
	$$(command -v xvfb-run && echo -a) .venv/bin/pytest -n auto --ignore=tests/gui
	@echo "Windows, one after the other: they share a display and its clipboard."
	$$(command -v xvfb-run && echo -a) .venv/bin/pytest tests/gui
	@echo "The same without Qt, but for what takes long:"
	.venv-noqt/bin/python -c 'from importlib.util import find_spec as f; found = [m for m in ("PySide6", "pyvistaqt", "qtpy", "pytestqt") if f(m)]; assert not found, found'
	.venv-noqt/bin/pytest -n auto --ignore=tests/gui -m "not slow"

# The pictures of the README and of the sample gallery, from the running program.
screenshots: test-libraries .venv/.ready-to-test
	if command -v xvfb-run; then xvfb-run -a -s "-screen 0 1400x900x24" .venv/bin/python -m occviewer.gui.screenshots; \
	else .venv/bin/python -m occviewer.gui.screenshots; fi

# Missing libraries are said, not fatal: most of the work needs none of them.
libraries:
	@.ci/system-packages.sh $(LIBRARIES) || true

test-libraries:
	@.ci/system-packages.sh $(LIBRARIES) xvfb xauth || true

.venv/.ready-to-run: $(SETTINGS) | libraries
	.ci/set-up.sh .venv gui,data
	@touch $@

.venv/.ready-to-test: $(SETTINGS) | test-libraries
	.ci/set-up.sh .venv gui,data,las,e57,exr,onnx,tensorboard,dev
	@touch $@

# The core must work where PySide6 is not installed: its tests run here once more.
.venv-noqt/.ready: $(SETTINGS) | .venv/.ready-to-test
	.ci/set-up.sh .venv-noqt data,las,e57,exr,onnx,test
	@touch $@
