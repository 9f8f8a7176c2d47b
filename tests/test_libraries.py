"""What is large of other packages is loaded before imports that would hold Python's lock for it."""

import subprocess
import sys

import pytest

pytestmark = pytest.mark.skipif(
    sys.platform != "linux", reason="reads what Linux says of a process"
)


def said(code):
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return done.stdout.split()


def test_the_compilers_library_is_there_before_its_import():
    code = """
import builtins, sys
real = builtins.__import__
def telling(name, *rest):
    if name == "numba" and "numba" not in sys.modules:
        print("libllvmlite" in open("/proc/self/maps").read())
    return real(name, *rest)
builtins.__import__ = telling
import occviewer.compiled
print("numba" in sys.modules)
"""
    assert said(code) == ["True", "True"]


def test_what_is_not_installed_is_passed_over():
    code = """
from occviewer.libraries import load_library
load_library("no_such_package", "*.so")
load_library("json", "no_such_library*")
print("fine")
"""
    assert said(code) == ["fine"]
