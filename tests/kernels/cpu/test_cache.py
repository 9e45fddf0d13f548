"""The folder of compiled kernels: named by all that they are made of, and shared by processes."""

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

numba = pytest.importorskip("numba")

from dlcore.kernels.cpu import cache  # noqa: E402

ROOT = Path(__file__).parents[3]

# Runs a kernel by one thread and by several, and prints what was compiled for it.
PROCESS = """
import numpy as np
from dlcore.kernels.cpu.compiling import compiled_kernels
from dlcore.kernels.cpu.pool import adaptive_avg_pool2d
from dlcore.kernels.cpu.threads import set_thread_count
x, y = np.ones((64, 64, 16, 16), np.float32), np.empty((64, 64, 1, 1), np.float32)
for _ in range(2):
    adaptive_avg_pool2d(x, y, size=(1, 1))
    assert (y == 1).all()
    set_thread_count(1)
print(len(compiled_kernels()))
"""


def start(folder, **variables):
    return subprocess.Popen(
        [sys.executable, "-c", PROCESS],
        cwd=ROOT,
        env=os.environ | {"NUMBA_CACHE_DIR": str(folder)} | variables,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def compiled(process):
    out, errors = process.communicate()
    assert (process.returncode, errors) == (0, "")
    return int(out)


def test_processes_that_start_cold_together(tmp_path):
    for process in [start(tmp_path) for _ in range(4)]:
        compiled(process)
    assert compiled(start(tmp_path)) == 0
    (folder,) = (tmp_path / "dlcore").iterdir()
    files = [path.name for path in folder.rglob("*") if path.is_file()]
    assert len(files) == 2 * 4, files  # an index and its one entry each, no temporary file


def test_kernels_run_where_nothing_can_be_written(tmp_path):
    (tmp_path / "dlcore").write_text("a file where the folder would be")
    assert compiled(start(tmp_path)) == 4


def test_every_edit_changes_the_fingerprint(tmp_path):
    helper = tmp_path / "deep" / "helper.py"
    helper.parent.mkdir()
    seen = {cache.fingerprint(tmp_path)}
    for edit in (
        lambda: helper.write_text("x = 1"),
        lambda: helper.write_text("x = 2"),
        lambda: helper.rename(helper.with_name("other.py")),
        lambda: (tmp_path / "new.py").write_text(""),
    ):
        edit()
        seen.add(cache.fingerprint(tmp_path))
    assert len(seen) == 5
    (tmp_path / "notes.txt").write_text("not code")
    assert cache.fingerprint(tmp_path) in seen


@pytest.mark.parametrize("name", ["numba", "llvmlite"])
def test_versions_change_the_fingerprint(monkeypatch, tmp_path, name):
    before = cache.fingerprint(tmp_path)
    monkeypatch.setattr(getattr(cache, name), "__version__", "0.0")
    assert cache.fingerprint(tmp_path) != before


def test_another_processor_changes_the_fingerprint(monkeypatch, tmp_path):
    before = cache.fingerprint(tmp_path)
    monkeypatch.setattr(cache, "platform", lambda: ("triple", "processor", "+avx2"))
    assert cache.fingerprint(tmp_path) != before


def test_folders_that_nobody_uses_are_removed(tmp_path):
    now = time.time()
    ages = {"kernels-old": 100, "kernels-new": 1, "of others": 100}
    for name, age in ages.items():
        (tmp_path / name).mkdir()
        (tmp_path / name / "entry").write_text("")
        os.utime(tmp_path / name, (now - age, now - age))
    cache.remove_unused(tmp_path, now - 50)
    assert {path.name for path in tmp_path.iterdir()} == {"kernels-new", "of others"}


def test_other_functions_keep_their_cache():
    from numba.core import config

    before = config.CACHE_DIR
    function = numba.njit(lambda x: x)
    cache.compile_under("test.nothing", function, (numba.int64,))
    assert before == config.CACHE_DIR
    assert not (cache.folder() / "test.nothing.nbi").exists()  # the folder isn't named by it


@pytest.mark.parametrize(
    ("platform", "variables", "expected"),
    [
        ("linux", {}, ".cache/dlcore"),
        ("linux", {"XDG_CACHE_HOME": "{home}/elsewhere"}, "elsewhere/dlcore"),
        ("darwin", {}, "Library/Caches/dlcore"),
        ("win32", {}, "AppData/Local/dlcore"),
    ],
)
def test_user_s_folder(monkeypatch, tmp_path, platform, variables, expected):
    monkeypatch.setattr(cache.config, "CACHE_DIR", "")
    monkeypatch.setattr(sys, "platform", platform)
    monkeypatch.setattr(Path, "home", lambda: tmp_path)
    for name in ("XDG_CACHE_HOME", "LOCALAPPDATA"):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value.format(home=tmp_path))
    assert cache.user_folder() == tmp_path / expected


# Normalises in one dtype after the other: kernels of one function, told apart by what it holds.
VARIANTS = """
import sys
import numpy as np
from dlcore.kernels.cpu.norm import batch_norm_inference
for name in sys.argv[1:]:
    x, y = np.full((2, 3), 5.0, name), np.zeros((2, 3), name)
    mean, variance = np.ones(3, np.float32), np.full(3, 4.0, np.float32)
    batch_norm_inference(x, mean, variance, None, None, y, eps=0.0)
    assert (y == 2).all(), (name, y)
"""


def normalise(folder, *dtypes):
    done = subprocess.run(
        [sys.executable, "-c", VARIANTS, *dtypes],
        cwd=ROOT,
        env=os.environ | {"NUMBA_CACHE_DIR": str(folder)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, ""), dtypes


def test_code_of_two_processes_is_not_mixed_up(tmp_path):
    """Both number their functions in the same way, as processes do that start cold together."""
    one, other = tmp_path / "one", tmp_path / "other"
    normalise(one, "float32")
    normalise(other, "float16")
    shutil.copytree(other, one, dirs_exist_ok=True)
    normalise(one, "float32", "float16")
