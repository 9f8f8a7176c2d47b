#!/usr/bin/env bash
# Usage: .ci/set-up.sh VENV EXTRAS
# Makes the virtual environment VENV and installs this package in it, editable,
# with EXTRAS (comma separated) in the versions of constraints.txt.
#
# PYTHON        the Python 3.11 or 3.12 to use (found by itself otherwise)
# TORCH_INDEX   address of the wheel index that torch comes from; empty: pip's own
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

venv=$1
extras=$2

say() { printf 'occviewer set-up: %s\n' "$*" >&2; }

is_supported() {
    "$1" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 12))' 2>/dev/null
}

find_python() {
    local candidate
    for candidate in ${PYTHON:-python3.11 python3.12 python3 python}; do
        if is_supported "$candidate"; then
            printf '%s\n' "$candidate"
            return
        fi
    done
    if [ -n "${PYTHON:-}" ]; then
        say "PYTHON=$PYTHON is not a Python 3.11 or 3.12; please name one that is."
    else
        say "no Python 3.11 or 3.12 found; please install one (for example python3.11 or" \
            "python3.12 with apt-get, or from python.org) or name it: make run PYTHON=/path/to/python3.12"
    fi
    return 1
}

make_venv() {
    if is_supported "$venv/bin/python" && "$venv/bin/python" -m pip --version >/dev/null 2>&1; then
        return
    fi
    local python
    python=$(find_python)
    # Debian and Ubuntu keep this part of Python in a package of its own.
    if ! "$python" -c 'import ensurepip, venv' 2>/dev/null; then
        .ci/system-packages.sh "$("$python" -c 'import sys; print("python%d.%d-venv" % sys.version_info[:2])')"
    fi
    say "making $venv with $("$python" --version)"
    "$python" -m venv --clear "$venv"
}

choose_torch_index() {
    if [ -n "${TORCH_INDEX+given}" ]; then
        printf '%s\n' "$TORCH_INDEX"
        return
    fi
    # On Linux, PyPI's torch brings several gigabytes of CUDA libraries, which are
    # of no use without an NVIDIA driver.
    if [ "$(uname)" = Linux ] && [ ! -e /proc/driver/nvidia/version ] && ! command -v nvidia-smi >/dev/null; then
        local cpu=https://download.pytorch.org/whl/cpu
        if "$venv/bin/python" -c 'import sys, urllib.request as r; r.urlopen(sys.argv[1], timeout=5)' \
            "$cpu/torch/" 2>/dev/null; then
            say "no NVIDIA driver here: taking the CPU build of torch (TORCH_INDEX chooses another)"
            printf '%s\n' "$cpu"
        else
            say "no NVIDIA driver here, but $cpu does not answer: taking torch from pip's own index"
        fi
    fi
}

make_venv
# Bytecode is left to the first import: most of what is installed is never imported.
pip=("$venv/bin/python" -m pip --disable-pip-version-check --quiet)
index=$(choose_torch_index)
say "installing torch in $venv (this can take minutes)"
"${pip[@]}" install --no-compile --constraint constraints.txt ${index:+--extra-index-url "$index"} torch
say "installing occviewer[$extras] in $venv"
"${pip[@]}" install --no-compile --constraint constraints.txt --editable ".[$extras]"
say "compiling what is compiled once (a few seconds)"
"$venv/bin/python" -m occviewer.warm_up
