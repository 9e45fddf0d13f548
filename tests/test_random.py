"""Random numbers as functions of seed, purpose, step and place."""

import threading

import numpy as np
import pytest

from dlcore import random
from dlcore.backend import get_backend
from dlcore.backend.record import recording
from dlcore.errors import OptionError
from dlcore.kernels.numpy.philox import philox
from dlcore.ops.dropout import dropout
from dlcore.ops.random import rand, randint, randn, randperm
from dlcore.scope import scope
from dlcore.tensors import tensor

WORD = 0xFFFFFFFF
CPU = get_backend("cpu")
ONES = np.ones((8, 6), np.float32)


@pytest.fixture(autouse=True)
def _seeded():
    random.manual_seed(0)
    yield
    random.manual_seed(0)


def mask(x=ONES):
    return dropout(tensor(x)).numpy() != 0


@pytest.mark.parametrize(
    ("counter", "key", "words"),
    [
        ((0, 0, 0, 0), (0, 0), (0x6627E8D5, 0xE169C58D, 0xBC57AC4C, 0x9B00DBD8)),
        ((WORD,) * 4, (WORD, WORD), (0x408F276D, 0x41C83B0E, 0xA20BC7C6, 0x6D5451FD)),
        (
            (0x243F6A88, 0x85A308D3, 0x13198A2E, 0x03707344),
            (0xA4093822, 0x299F31D0),
            (0xD16CFE09, 0x94FDCCEB, 0x5001E420, 0x24126EA1),
        ),
    ],
)
def test_published_answers(counter, key, words):
    """The vectors that Random123, the authors' implementation, is published with."""
    assert tuple(int(word) for word in philox(counter, key)) == words


def test_seed_decides():
    first, second = mask(), mask()
    assert (first != second).any()
    random.manual_seed(0)
    np.testing.assert_array_equal(mask(), first)
    random.manual_seed(1)
    assert random.initial_seed() == 1
    assert (mask() != first).any()


def test_seed_must_be_an_integer():
    with pytest.raises(OptionError, match=r"expected an integer, received 0\.5"):
        random.manual_seed(0.5)


def test_path_and_purpose_decide():
    with scope("features.0"):
        one, same, other = random.key("dropout"), random.key("dropout"), random.key("noise")
    with scope("features.1"):
        elsewhere = random.key("dropout")
    assert one == same
    assert len({one, other, elsewhere}) == 3


def test_step_decides():
    first = mask()
    random.next_step()
    second = mask()
    random.manual_seed(0)
    np.testing.assert_array_equal(mask(), first)
    third = mask()
    assert (first != second).any()
    assert (third != second).any()


def test_masks_do_not_depend_on_memory_order():
    x = np.ones((2, 3, 4, 5), np.float32)
    plain = mask(x)
    random.manual_seed(0)
    last = np.ascontiguousarray(x.transpose(0, 2, 3, 1)).transpose(0, 3, 1, 2)
    np.testing.assert_array_equal(mask(last), plain)


@pytest.mark.parametrize("draw", [mask, lambda x: randn(x.shape).numpy()])
def test_pieces_of_a_batch_draw_what_the_whole_draws(draw):
    whole = [draw(ONES), draw(ONES)]  # two layers, so to speak
    after = draw(ONES)
    random.manual_seed(0)
    pieces = []
    for start in range(0, 8, 2):
        with random.rows(start):
            pieces.append([draw(ONES[start : start + 2]), draw(ONES[start : start + 2])])
    for layer in (0, 1):
        np.testing.assert_array_equal(np.concatenate([p[layer] for p in pieces]), whole[layer])
    np.testing.assert_array_equal(draw(ONES), after)


def test_state_continues():
    random.manual_seed(5)
    random.next_step()
    state = random.state_dict()
    expected = mask()
    random.manual_seed(6)
    random.load_state_dict(state)
    assert random.initial_seed() == 5
    np.testing.assert_array_equal(mask(), expected)
    with pytest.raises(OptionError, match=r"expected version 1, received version 0"):
        random.load_state_dict({**state, "version": 0})


def test_replay_draws_what_eager_steps_draw():
    def step(x):
        y = dropout(x) + randn(8, 6)
        with random.rows(4):
            y = y + dropout(x)
        random.next_step()
        return y

    x = tensor(ONES)
    eager = [step(x).numpy().copy() for _ in range(3)]
    random.manual_seed(0)
    with recording() as program:
        y = step(x)
    program.arrange()
    for number, expected in enumerate(eager):
        if number:
            assert program.fits()
            program.replay()
        np.testing.assert_array_equal(y.numpy(), expected)
    assert random.state_dict()["step"] == 3
    dropout(x)
    assert not program.fits()  # its draws would no longer be the first of their step
    random.next_step()
    assert program.fits()
    random.manual_seed(1)
    assert not program.fits()


def test_replay_inside_rows_needs_the_same_counts():
    with random.rows(0), recording() as program:
        dropout(tensor(ONES))
    program.arrange()
    with random.rows(8):
        assert program.fits()
        program.replay()
        assert not program.fits()
    with recording() as program, random.rows(0):
        dropout(tensor(ONES))
    assert program.fits()  # it enters rows by itself, where counts start from zero


def test_replay_without_a_step_does_not_fit():
    with recording() as program:
        mask_before = dropout(tensor(ONES)).array
    assert mask_before.shape == ONES.shape
    assert not program.fits()


def test_host_draws_with_a_place_are_pure():
    expected = random.host_uniform((4, 3), "crop", at=(2, 10))
    got = []
    random.next_step()
    with scope("somewhere"):
        thread = threading.Thread(
            target=lambda: got.append(random.host_uniform((1, 3), "crop", at=(2, 12)))
        )
        thread.start()
        thread.join()
        np.testing.assert_array_equal(random.host_uniform((4, 3), "crop", at=(2, 10)), expected)
    np.testing.assert_array_equal(got[0][0], expected[2])
    assert (random.host_uniform((4, 3), "crop", at=(3, 10)) != expected).any()


def test_permutation_is_a_function_of_the_epoch():
    first, second = (random.permutation(100, "shuffle", epoch) for epoch in (0, 1))
    np.testing.assert_array_equal(np.sort(first), np.arange(100))
    assert (first != second).any()
    np.testing.assert_array_equal(random.permutation(100, "shuffle", 0), first)
    assert random.permutation(0, "shuffle", 0).shape == (0,)


# -- statistics: seed and therefore verdict are fixed; bounds are at five standard deviations ------


def chi_square(values, bins):
    counts = np.bincount(values, minlength=bins)
    expected = values.size / bins
    return ((counts - expected) ** 2 / expected).sum()


def test_uniform_statistics():
    values = rand(1000, 256).numpy()
    assert values.min() >= 0
    assert values.max() < 1
    assert abs(values.mean() - 0.5) < 5 * (12 * values.size) ** -0.5
    assert abs(chi_square((values * 256).astype(int).ravel(), 256) - 255) < 5 * (2 * 255) ** 0.5


def test_normal_statistics():
    values = randn(1000, 255).numpy()
    assert abs(values.mean()) < 5 * values.size**-0.5
    assert abs(values.var() - 1) < 5 * (2 / values.size) ** 0.5
    assert abs((values**4).mean() - 3) < 5 * (96 / values.size) ** 0.5
    neighbours = (values[:, :-1] * values[:, 1:]).mean(), (values[:-1] * values[1:]).mean()
    assert max(map(abs, neighbours)) < 5 * values.size**-0.5


def test_integer_statistics():
    values = randint(-3, 4, (500, 100)).numpy()
    assert set(np.unique(values)) == set(range(-3, 4))
    assert abs(chi_square((values + 3).ravel(), 7) - 6) < 5 * 12**0.5


def test_permutations_are_equally_likely():
    orders = np.stack([random.permutation(3, "shuffle", epoch) for epoch in range(3000)])
    _, counts = np.unique(orders, axis=0, return_counts=True)
    assert len(counts) == 6
    assert ((counts - 500) ** 2 / 500).sum() < 5 + 5 * 10**0.5


def test_dropout_statistics():
    y = dropout(tensor(np.ones((100, 1000), np.float32)), p=0.3).numpy()
    assert set(np.unique(y)) == {np.float32(0), np.float32(1 / 0.7)}
    assert abs((y == 0).mean() - 0.3) < 5 * (0.21 / y.size) ** 0.5


def test_randperm_is_a_permutation():
    np.testing.assert_array_equal(np.sort(randperm(50).numpy()), np.arange(50))


def test_draws_of_nothing():
    assert randn(0).shape == (0,)
    assert randn(0, 3).shape == rand(0, 3).shape == (0, 3)
    assert randn(2, 0).shape == (2, 0)
