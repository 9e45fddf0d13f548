import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def test_kernels_refuse_their_folder_name():
    done = subprocess.run(
        [sys.executable, "-c", "import kernels"], cwd=ROOT, capture_output=True, text=True
    )
    assert done.returncode == 1
    assert "ImportError: kernels: expected the name dlcore.kernels" in done.stderr


@pytest.mark.parametrize("module", ["dlcore.kernels", "dlcore.kernels.numpy"])
def test_kernels_are_the_checkout_s(module):
    """Link, mapping and editable install all lead to the same files."""
    code = f"import {module} as module; print(module.__file__)"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    folder = ROOT.joinpath(*module.split(".")[1:])
    assert Path(done.stdout.strip()).resolve() == folder / "__init__.py"
