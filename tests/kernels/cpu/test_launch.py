"""Launches: every piece once, memory of one's own, tapes that do it again."""

from itertools import pairwise

import numpy as np
import pytest

pytest.importorskip("numba")

from dlcore.kernels.cpu import arrays, launch
from dlcore.kernels.cpu.launch import PAGE, Script, run, taping, temporary
from dlcore.kernels.cpu.threads import set_thread_count, thread_count
from dlcore.kernels.cpu.workspace import Pool
from tests.kernels.cpu.tasks import LINE, Plan, constant, note_memory, scale_and_add


@pytest.fixture(params=[1, None], ids=["one thread", "all threads"], autouse=True)
def threads(request):
    set_thread_count(request.param)
    yield
    set_thread_count(None)


def lines(count, value=1.0):
    return np.full((count, LINE), value, np.float32)


def plan(x, y, scale=3.0):
    return Plan(x.ctypes.data, y.ctypes.data, scale)


@pytest.mark.parametrize("pieces", [0, 1, 2, 3, 1000])
def test_every_piece_once(pieces):
    x, y = lines(1000), lines(1000)
    run(scale_and_add, pieces, plan(x, y))
    np.testing.assert_array_equal(y[:pieces], 4)
    np.testing.assert_array_equal(y[pieces:], 1)


def test_threads_share_the_pieces_and_each_has_its_memory():
    """On a busy machine a thread may come too late for all pieces, but not every time."""
    y = lines(200)
    for _ in range(50):
        run(note_memory, len(y), plan(y, y, 0.5), memory=5000)
        places = sorted(set(y.view(np.int64)[:, 0].tolist()))
        assert all(place % PAGE == 0 for place in places)
        assert all(after - before >= 5000 for before, after in pairwise(places))
        if len(places) == thread_count():
            return
    pytest.fail(f"expected {thread_count()} threads to take part, {len(places)} did")


def test_a_script_does_all_in_order():
    x, y = lines(40), lines(40)
    with taping() as tape:
        run(constant(2.0), 40, plan(x, y))
        run(scale_and_add, 40, plan(x, y))
        run(scale_and_add, 1, plan(x, y))
        run(note_memory, 2, plan(x, x), memory=5000)
    assert tape.complete
    assert [one.task.name for one in tape.launches[:2]] == ["tasks.fill.2.0", "tasks.scale_and_add"]
    y[...], x[...] = 99, 10
    script = Script(tape.launches)
    script.run()
    np.testing.assert_array_equal(y[0], (2 * 3 + 10) * 3 + 10)
    np.testing.assert_array_equal(y[1:], 2 * 3 + 10)
    assert (x[:2].view(np.int64)[:, 0] % PAGE == 0).all()
    np.testing.assert_array_equal(x[2:], 10)


def test_a_script_of_nothing():
    Script([]).run()


def test_checks_come_after_the_task_and_again_after_a_script():
    y, seen = lines(3), []
    with taping() as tape:
        run(constant(7.0), 3, plan(y, y), check=lambda: seen.append(y[2, 0]))
    y[...] = 0
    Script(tape.launches).run()
    assert seen == [7, 7]


def test_inner_tapes_and_none():
    y = lines(2)
    with taping() as outer:
        with taping() as inner:
            run(constant(1.0), 1, plan(y, y))
            launch.untapeable()
        run(constant(2.0), 2, plan(y, y))
    launch.untapeable()
    assert [len(outer.launches), len(inner.launches)] == [1, 1]
    assert [outer.complete, inner.complete] == [True, False]


def test_a_tape_ends_with_an_error():
    y = lines(2)
    with pytest.raises(ZeroDivisionError), taping() as tape:
        raise ZeroDivisionError
    run(constant(1.0), 1, plan(y, y))
    assert not tape.launches


def test_temporary_memory_nests_and_is_lent_again():
    with temporary(100) as first, temporary(100) as second:
        assert first % PAGE == second % PAGE == 0
        assert abs(first - second) >= 100
    with temporary(50) as again:
        assert again in (first, second)
    with pytest.raises(ZeroDivisionError), temporary(50) as failing:
        raise ZeroDivisionError
    with temporary(50) as again:
        assert again == failing


def test_temporary_memory_of_a_tape_is_its_own():
    """What replays work in is not lent to others, and stays where it is."""
    pool = Pool()
    with taping(pool):
        with temporary(1000) as small:
            pass
        with temporary(2000) as large, temporary(1000) as again:
            assert again == small
    with temporary(1000) as other:
        assert other not in (small, large)
    with taping(pool), temporary(1000) as again:
        assert again == small  # tapes that follow each other share


def test_a_larger_buffer_takes_the_place_of_a_small_one():
    pool = Pool(keep=False)
    pool.give_back(pool.borrow(100))
    large = pool.borrow(200)
    assert not pool.free
    pool.give_back(large)
    assert pool.borrow(100) is large


ODD = np.ones((4, 6, 8), np.float32)[:, ::2, ::2]


def test_copies_are_not_for_tapes():
    image = np.ones((2, 3, 4, 5), np.float32)
    last = np.ones((2, 4, 5, 3), np.float32).transpose(0, 3, 1, 2)
    for convert, x, copied in (
        (arrays.contiguous, image, False),
        (arrays.contiguous, ODD, True),
        (arrays.channels_last, last, False),
        (arrays.channels_last, image, True),
        (arrays.pixels, last[:, :, 1:, ::2], False),
        (arrays.pixels, last[:, ::2], True),
    ):
        with taping() as tape:
            y = convert(x)
        assert tape.complete != copied
        assert np.shares_memory(x, y) != copied


def test_room_for_outputs():
    y = np.zeros((2, 6, 4, 5), np.float32)
    for target in (y, y[:, ::2], y.transpose(0, 2, 3, 1)):
        with taping() as tape:
            room = arrays.room(target)
            room[...] = 5
            arrays.stored(room, target)
        assert (target == 5).all()
        assert tape.complete == (target.strides[1] == 4)
        y[...] = 0
