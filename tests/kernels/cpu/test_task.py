"""Tasks: plans, variants, and threads that need one at the same time."""

import threading
from typing import NamedTuple

import numpy as np
import pytest

pytest.importorskip("numba")

from dlcore.kernels.cpu.launch import run
from dlcore.kernels.cpu.task import HEAD, Task, task
from tests.kernels.cpu.tasks import LINE, Plan, constant, scale_and_add, scaled


def test_words_are_the_head_and_the_plan():
    words = scale_and_add.words(3, 4096, Plan(x=1, y=-2, scale=0.1))
    assert words.tolist()[:HEAD] == [HEAD + 3, scale_and_add.address, 3, 4096]
    assert words[HEAD:-1].tolist() == [1, -2]
    assert words.view(np.float64)[-1] == 0.1


def test_fields_arrive_in_their_places():
    class Many(NamedTuple):
        first: float
        x: int
        y: int
        last: float

    @task(Many)
    def both(index, memory, p):
        scaled(p.x, p.y, p.first, 1)
        scaled(p.x, p.y, p.last, 1)

    x, y = np.full(LINE, 1, np.float32), np.full(LINE, 1, np.float32)
    run(both, 1, Many(2.0, x.ctypes.data, y.ctypes.data, 5.0))
    np.testing.assert_array_equal(y, (1 * 2 + 1) * 5 + 1)


def test_variants_do_not_mix():
    y = np.empty((2, LINE), np.float32)
    for number in (1.0, 2.0, 1.0):
        run(constant(number), 2, Plan(0, y.ctypes.data, 0.0))
        np.testing.assert_array_equal(y, number)
    assert constant(1.0).name == "tasks.fill.1.0"
    assert constant(1.0).address != constant(2.0).address


def test_threads_that_need_a_task_get_the_same_code():
    new = Task(scale_and_add.body, Plan, "test.new")
    barrier, addresses = threading.Barrier(4), []

    def ask():
        barrier.wait()
        addresses.append(new.address)

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(addresses) == 4
    assert len(set(addresses)) == 1
