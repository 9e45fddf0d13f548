"""The peak of memory, where it is read from and what it counts."""

import subprocess
import sys

import pytest

from dlcore.bench import memory

GROWS = """
from dlcore.bench.memory import peak_memory, reset_peak_memory
start = peak_memory()
block = b"x" * 100_000_000
grown = peak_memory()
del block
kept = peak_memory()
reset_peak_memory()
print(start, grown, kept, peak_memory())
"""


@pytest.mark.skipif(not memory.CLEAR.exists(), reason="needs Linux's own mark")
def test_peak_and_reset():
    done = subprocess.run([sys.executable, "-c", GROWS], capture_output=True, text=True, check=True)
    start, grown, kept, reset = map(int, done.stdout.split())
    assert grown - start > 90e6
    assert kept > grown - 1e6  # the system counts pages a little late
    assert grown - reset > 90e6


def test_without_linux(monkeypatch, tmp_path):
    monkeypatch.setattr(memory, "STATUS", tmp_path / "none")
    monkeypatch.setattr(memory, "CLEAR", tmp_path / "no" / "folder")
    memory.reset_peak_memory()
    assert memory.peak_memory() > 10e6
