"""DeepSDF on the command line: codes are searched, and Ctrl-C keeps what was reached."""

import os
import signal

import numpy as np
import pytest

from occviewer.cli import main
from occviewer.models import Code
from occviewer.models.adam import Adam

from ..models.families.test_deepsdf import Z, published_state, write_experiment


@pytest.fixture
def experiment(tmp_path):
    import torch

    write_experiment(tmp_path / "chairs", published_state(), torch.zeros(4, Z))
    np.savetxt(tmp_path / "scan.xyz", np.random.default_rng(0).random((100, 3)))
    return tmp_path


def test_a_code_is_searched_for_as_many_steps_as_asked(experiment):
    out = experiment / "code.npz"
    arguments = ["encode", str(experiment / "scan.xyz"), "-o", str(out)]
    assert main([*arguments, "--model", str(experiment / "chairs"), "--steps", "3"]) == 0
    assert Code.load(out).facts["steps"] == 3


def test_ctrl_c_keeps_what_was_reached(experiment, monkeypatch, capsys):
    steps, step = [], Adam.step

    def interrupted(adam, rate):
        step(adam, rate)
        steps.append(rate)
        if len(steps) == 5:
            os.kill(os.getpid(), signal.SIGINT)

    monkeypatch.setattr(Adam, "step", interrupted)
    out = experiment / "code.npz"
    arguments = ["encode", str(experiment / "scan.xyz"), "-o", str(out)]
    assert main([*arguments, "--model", str(experiment / "chairs")]) == 0
    assert 5 <= Code.load(out).facts["steps"] < 10
    assert "the search was stopped after" in capsys.readouterr().err
