"""Recorded steps hold what others see, and give the rest places in one arena."""

import numpy as np
import pytest

import dlcore as dl
from dlcore.backend.memory import LINE, Memory, View, arranged


@pytest.mark.parametrize("seed", range(20))
def test_buffers_that_live_together_lie_apart(seed):
    generator = np.random.default_rng(seed)
    count = int(generator.integers(1, 60))
    first = generator.integers(0, 50, count)
    last = first + generator.integers(0, 20, count)
    sizes = generator.integers(0, 5000, count)
    buffers = [tuple(map(int, row)) for row in zip(sizes, first, last, strict=True)]
    offsets, total = arranged(buffers)
    assert all(offset % LINE == 0 for offset in offsets)
    for i, (size, begin, end) in enumerate(buffers):
        assert offsets[i] + size <= total
        for j in range(i):
            other, start, stop = buffers[j]
            together = begin <= stop and start <= end
            apart = offsets[i] + size <= offsets[j] or offsets[j] + other <= offsets[i]
            assert not together or apart or 0 in (size, other)
    peak = max(
        sum(-(-size // LINE) * LINE for size, start, stop in buffers if start <= now <= stop)
        for now in range(70)
    )
    assert peak <= total <= max(2 * peak, LINE)


def test_views_of_one_array_have_one_owner():
    memory, x = Memory(), np.zeros((4, 5), np.float32)
    whole, row = memory.see(x, written=True), memory.see(x[2], written=False)
    assert whole == View(0, 0, (4, 5), (20, 4), x.dtype)
    assert row == View(0, 40, (5,), (4,), x.dtype)
    assert memory.see(x[::-1].T, written=False).offset == 60
    assert memory.see("not an array", written=False) == "not an array"


def test_only_what_the_step_itself_filled_is_let_go():
    memory = Memory()
    filled = memory.see(np.zeros(3), written=True).owner
    read = memory.see(np.zeros(3), written=False).owner
    part = memory.see(np.zeros(3)[:2], written=True).owner
    assert memory.owner(filled) is None
    assert memory.owner(read) is not None
    assert memory.owner(part) is not None


def test_an_arena_serves_what_is_gone():
    values = np.arange(12, dtype=np.float32)
    x = dl.tensor(values.reshape(3, 4), device="numpy")
    double = dl.compile(lambda x: ((x + x) * x).T + 1.0)
    expected = ((values + values) * values).reshape(3, 4).T + 1
    for _ in range(3):
        np.testing.assert_array_equal(double(x).numpy(), expected)


def test_recording_holds_no_more_memory_than_the_step_needs():
    x = dl.tensor(np.ones((256, 1024), np.float32), device="numpy")  # 1 MB

    @dl.compile
    def step(x):
        for _ in range(40):
            x = x * 1.0
        return x.sum()

    for _ in range(2):
        assert step(x).item() == x.numel()
    (recordings,) = step.recordings.values()
    calls = [action.args[0] for action in recordings[0].program.steps]
    arrays = [array for call in calls for array in (*call.arrays, *call.outputs)]
    places = {array.__array_interface__["data"][0] for array in arrays if array.nbytes > 1 << 19}
    assert len(places) <= 3  # the input, and two in turn
