"""Threads: quotas, forks, several callers, a busy machine, PyTorch beside."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("numba")

from dlcore.kernels.cpu import threads

ROOT = Path(__file__).parents[3]

# A kernel on enough numbers for several threads, and what it must give.
START = """
import os, sys, threading
import numpy as np
from dlcore.kernels.cpu.pool import avg_pool2d
from dlcore.kernels.cpu.threads import thread_count
WINDOWS = dict(kernel=(2, 2), stride=(2, 2), padding=(0, 0), ceil_mode=False,
               count_include_pad=True, divisor_override=None)
def right(number):
    x, y = np.full((32, 64, 64, 16), number, np.float32), np.zeros((32, 32, 32, 16), np.float32)
    avg_pool2d(x.transpose(0, 3, 1, 2), y.transpose(0, 3, 1, 2), **WINDOWS)
    return bool((y == number).all())
"""

SEVERAL = """
results = []
def call(number):
    for _ in range(20):
        results.append(right(number))
callers = [threading.Thread(target=call, args=(number,)) for number in range(1, 5)]
for caller in callers: caller.start()
for caller in callers: caller.join()
print(thread_count(), len(results), all(results))
"""

FORK = """
assert right(1)
child = os.fork()
if not child:
    os._exit(0 if right(2) and thread_count() == 2 and right(3) else 1)
print(os.waitpid(child, 0)[1], right(4))
"""

FORK_BEFORE = """
child = os.fork()
if not child:
    os._exit(0 if right(2) and thread_count() == 2 else 1)
print(os.waitpid(child, 0)[1], right(4))
"""

POOL = """
import multiprocessing
assert right(1)
with multiprocessing.get_context("fork").Pool(2) as pool:
    print(pool.map(right, range(1, 5)))
"""

FORK_WHILE_OTHERS_RUN = """
stop = threading.Event()
def call():
    while not stop.is_set():
        right(1)
caller = threading.Thread(target=call)
caller.start()
codes = []
for number in range(5):
    child = os.fork()
    if not child:
        os._exit(0 if right(2) else 1)
    codes.append(os.waitpid(child, 0)[1])
stop.set()
caller.join()
print(codes)
"""

BESIDE = """
import torch
torch.set_num_threads(2)
a = torch.ones(512, 512)
def multiply():
    for _ in range(20):
        assert (a @ a == 512).all()
for order in range(3):
    other = threading.Thread(target=multiply)
    other.start()
    assert all(right(number) for number in range(1, 5))
    other.join()
    multiply()
print(right(3), torch.get_num_threads())
"""


def output(program, **variables):
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", START + program],
        cwd=ROOT,
        env=os.environ | {"NUMBA_NUM_THREADS": "2"} | variables,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout.strip()


def test_several_callers():
    assert output(SEVERAL) == "2 80 True"


forks = pytest.mark.skipif(not hasattr(os, "fork"), reason="no processes by fork here")


@forks
def test_a_forked_process_has_threads_of_its_own():
    assert output(FORK) == "0 True"


@forks
def test_a_process_forked_before_all_kernels_has_threads():
    assert output(FORK_BEFORE) == "0 True"


@forks
def test_a_pool_of_forked_processes():
    assert output(POOL) == "[True, True, True, True]"


@forks
def test_fork_while_another_thread_is_in_a_kernel():
    assert output(FORK_WHILE_OTHERS_RUN) == "[0, 0, 0, 0, 0]"


@pytest.mark.peer
def test_beside_pytorch():
    pytest.importorskip("torch")
    assert output(BESIDE) == "True 2"
    assert output("import torch; torch.ones(9, 9) @ torch.ones(9, 9)\n" + BESIDE) == "True 2"


def test_numbers_of_threads(monkeypatch):
    monkeypatch.setattr(threads, "available_threads", lambda: 4)
    try:
        for count, expected in ((None, 4), (1, 1), (3, 3), (9, 4)):
            threads.set_thread_count(count)
            assert threads.thread_count() == expected
        with pytest.raises(ValueError, match="expected 1 or more, received 0"):
            threads.set_thread_count(0)
        assert threads.thread_count() == 4
    finally:
        threads.set_thread_count(None)


@pytest.mark.parametrize(
    ("variables", "quota", "expected"),
    [({}, None, 8), ({}, 2.5, 3), ({}, 20.0, 8), ({"NUMBA_NUM_THREADS": "8"}, 2.5, 8)],
)
def test_available_threads(monkeypatch, variables, quota, expected):
    monkeypatch.delenv("NUMBA_NUM_THREADS", raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(threads.config, "NUMBA_NUM_THREADS", 8)
    monkeypatch.setattr(threads, "cores", lambda: 8)
    monkeypatch.setattr(threads, "cpu_quota", lambda: quota)
    assert threads.available_threads.__wrapped__() == expected
