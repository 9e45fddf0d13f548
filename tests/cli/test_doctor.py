import json
import subprocess
import sys

import pytest
from click.testing import CliRunner

from dlcore.cli.doctor import doctor


def run(*arguments):
    return CliRunner().invoke(doctor, arguments)


def test_explains_every_device():
    result = run()
    assert result.exit_code == 0
    for word in ("python", "numpy", "processor", "device auto", "device cpu", "device cuda"):
        assert word in result.stdout


def test_json_holds_the_same_report():
    result = run("--json")
    assert result.exit_code == 0
    parts = json.loads(result.stdout)
    assert [device["name"] for device in parts["devices"]] == ["auto", "cpu", "cuda"]
    assert all(check.keys() == {"name", "status", "found", "remedy"} for check in parts["checks"])


@pytest.mark.parametrize("device", ["auto", "cpu"])
def test_device_that_works(device):
    assert run("--device", device).exit_code == 0


def test_device_that_does_not_work_fails_in_one_line():
    result = run("--device", "cuda", "--json")
    assert result.exit_code == 1
    json.loads(result.stdout)  # the reason does not disturb the report
    assert len(result.stderr.splitlines()) == 1
    assert "cuda is not available: cuda engine: this version of dlcore has no" in result.stderr


def test_looks_up_packages_without_importing_them(tmp_path):
    """A Numba or CuPy that breaks on import must not take the doctor down."""
    for name in ("numba", "cupy"):
        (tmp_path / f"{name}.py").write_text("raise SystemError('broken')")
    code = f"import sys; sys.path.insert(0, {str(tmp_path)!r})\n" + (
        "from dlcore.cli.doctor import doctor; doctor([])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert "Numba, which compiles its kernels, received SystemError" in done.stdout
