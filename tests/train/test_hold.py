"""A folder is held by one at a time, and by nobody once that one is gone, however it went."""

import signal
import subprocess
import sys

import pytest

from dlcore.errors import DataError
from dlcore.train.hold import hold

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="it keeps nobody out there")

SCRIPT = """
from pathlib import Path
from dlcore.train.hold import hold
with hold(Path()):
    print("held", flush=True)
    input()
"""


@pytest.fixture
def other(tmp_path):
    """Another process that holds the folder."""
    python = (sys.executable, "-c", SCRIPT)
    process = subprocess.Popen(
        python, cwd=tmp_path, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout.readline() == "held\n"
    yield process
    process.kill()
    process.communicate()


def test_a_held_folder_is_refused(tmp_path, other):
    with pytest.raises(DataError, match="another process"), hold(tmp_path):
        pass
    other.communicate("\n")
    with hold(tmp_path):
        pass


def test_a_killed_process_holds_nothing(tmp_path, other):
    other.send_signal(signal.SIGKILL)
    other.wait()
    with hold(tmp_path):
        assert list(tmp_path.iterdir()) == []


def test_an_error_lets_go(tmp_path):
    with pytest.raises(KeyError), hold(tmp_path):
        raise KeyError
    with hold(tmp_path), pytest.raises(DataError), hold(tmp_path):
        pass


def test_a_file_system_without_locks_keeps_nobody_out(tmp_path, monkeypatch):
    fcntl = pytest.importorskip("fcntl")

    def refuse(descriptor, operation):
        raise OSError("no locks available")

    monkeypatch.setattr(fcntl, "flock", refuse)
    with hold(tmp_path), hold(tmp_path):
        pass
