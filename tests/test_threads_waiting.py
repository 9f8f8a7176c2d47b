"""How long torch's threads wait for more work, said before torch is there."""

import os
import subprocess
import sys

import pytest


def spin_count(**environment):
    """What a program that imports the package says, in such an environment."""
    kept = {k: v for k, v in os.environ.items() if k not in ("GOMP_SPINCOUNT", "OMP_WAIT_POLICY")}
    code = "import occviewer, os; print(os.environ.get('GOMP_SPINCOUNT'))"
    run = subprocess.run(
        [sys.executable, "-c", code], env={**kept, **environment}, capture_output=True, text=True
    )
    return run.stdout.strip()


@pytest.mark.parametrize(
    ("environment", "count"),
    [
        ({}, "10000"),
        ({"GOMP_SPINCOUNT": "7"}, "7"),
        ({"OMP_WAIT_POLICY": "active"}, "None"),
    ],
)
def test_they_do_not_keep_a_processor_from_others_unless_that_is_wanted(environment, count):
    assert spin_count(**environment) == count
