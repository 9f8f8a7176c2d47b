"""The models that ship are listed at once."""

import subprocess
import sys

from occviewer.models import shipped_models


def test_the_furniture_model_ships():
    assert shipped_models()["furniture"].is_file()


def test_a_window_need_not_wait_for_torch_to_list_them():
    code = (
        "import sys; from occviewer.models.shipped import shipped_models; "
        "print('furniture' in shipped_models(), 'torch' in sys.modules)"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.split() == ["True", "False"]
