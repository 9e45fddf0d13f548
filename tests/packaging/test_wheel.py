"""Builds the project the ways users get it, and compares the wheels with the tracked files."""

import json
import os
import shutil
import subprocess
import sys
import sysconfig
import venv
import zipfile
from pathlib import Path

import pytest

from dlcore.version import __version__

pytestmark = pytest.mark.slow
ROOT = Path(__file__).parents[2]


def run(*command, cwd=ROOT, **variables):
    done = subprocess.run(
        [str(part) for part in command],
        cwd=cwd,
        env=os.environ | variables,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def tracked_files():
    return [Path(line) for line in run("git", "ls-files").splitlines()]


@pytest.fixture(scope="module")
def checkout(tmp_path_factory):
    """The tracked files in their present state, so that no build leaves traces in the tree."""
    if not (ROOT / ".git").exists():
        pytest.skip("not a git checkout")
    copy = tmp_path_factory.mktemp("checkout")
    for path in tracked_files():
        (copy / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(ROOT / path, copy / path, follow_symlinks=False)
    return copy


@pytest.fixture(scope="module")
def wheels(checkout, tmp_path_factory):
    """One wheel built from the sdist, as releases are, and one directly from the checkout."""
    built = {}
    for way, options in {"sdist": [], "checkout": ["--wheel"]}.items():
        folder = tmp_path_factory.mktemp(way)
        run(sys.executable, "-m", "build", "--no-isolation", *options, "-o", folder, checkout)
        (built[way],) = folder.glob("*.whl")
    return built


@pytest.mark.parametrize("way", ["sdist", "checkout"])
def test_wheel_holds_what_is_tracked(wheels, way):
    """Nothing forgotten, such as a new subpackage; nothing stale; nothing twice."""
    expected = set()
    for path in tracked_files():
        if path.parts[0] in ("dlcore", "kernels") and path != Path("dlcore/kernels"):
            top = "dlcore/" if path.parts[0] == "kernels" else ""
            expected.add(top + path.as_posix())
    names = zipfile.ZipFile(wheels[way]).namelist()
    assert len(names) == len(set(names))
    packed = {name for name in names if ".dist-info/" not in name}
    assert packed == expected


@pytest.mark.parametrize("way", ["sdist", "checkout"])
def test_wheel_names_licence_command_and_dependencies(wheels, way):
    archive = zipfile.ZipFile(wheels[way])
    (info,) = {name.split("/")[0] for name in archive.namelist() if ".dist-info/" in name}
    assert f"{info}/licenses/LICENSE" in archive.namelist()
    assert "dlcore = dlcore.cli.start:start" in archive.read(f"{info}/entry_points.txt").decode()
    metadata = archive.read(f"{info}/METADATA").decode()
    assert "\nRequires-Dist: numpy>=2.0\n" in metadata
    assert "\nLicense-Expression: MIT\n" in metadata


INSTALLED = """
import json, dlcore.kernels.numpy
from importlib.metadata import version
from dlcore.data.digits import load_digits
files = [dlcore.__file__, dlcore.kernels.__file__, dlcore.kernels.numpy.__file__]
print(json.dumps([files, version("dlcore-framework"), len(load_digits("train")[0])]))
"""


def test_installed_wheel_runs_outside_the_checkout(wheels, tmp_path):
    venv.create(tmp_path / "venv")
    scripts = tmp_path / "venv" / ("Scripts" if os.name == "nt" else "bin")
    python = scripts / "python"
    run(sys.executable, "-m", "pip", "--python", python, "install", "--no-deps", wheels["sdist"])
    # The dependencies come from this environment; a path in a .pth file goes last and its own
    # .pth files are not read, so an editable dlcore there stays unseen.
    query = "import sysconfig; print(sysconfig.get_path('purelib'))"
    site = Path(run(python, "-c", query).strip())
    (site / "dependencies.pth").write_text(sysconfig.get_path("purelib") + "\n")

    files, version, images = json.loads(run(python, "-c", INSTALLED, cwd=tmp_path, PYTHONPATH=""))
    package = site / "dlcore"
    assert files == [
        str(package / "__init__.py"),
        str(package / "kernels" / "__init__.py"),
        str(package / "kernels" / "numpy" / "__init__.py"),
    ]
    assert version == __version__
    assert images == 1437
    assert "Usage: dlcore" in run(scripts / "dlcore", "--help", cwd=tmp_path, PYTHONPATH="")
