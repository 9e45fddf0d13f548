"""Convolutions against float64: any geometry, order in memory, dtype, number of threads."""

import platform

import numpy as np
import pytest

numba = pytest.importorskip("numba")

from dlcore.kernels.cpu import conv as compiled  # noqa: E402
from dlcore.kernels.cpu.launch import Script, taping  # noqa: E402
from dlcore.kernels.cpu.threads import available_threads, set_thread_count  # noqa: E402
from tests.kernels.cpu.convolutions import (  # noqa: E402
    FLOATS,
    calls,
    check,
    check_random,
    empty,
    last,
    random_arrays,
    with_gaps,
)
from tests.kernels.cpu.test_gemm import run  # noqa: E402

PLAIN = {"stride": (1, 1), "padding": ((1, 1), (1, 1)), "dilation": (1, 1), "groups": 1}
HALVING = PLAIN | {"stride": (2, 2)}


def arrays(shape, outputs, kernel, places, dtype=np.float32):
    generator = np.random.default_rng(0)
    weight = last((outputs, shape[1], *kernel), generator, dtype)
    bias = generator.standard_normal(outputs).astype(dtype)
    dy = last((shape[0], outputs, *places), generator, dtype)
    return last(shape, generator, dtype), weight, bias, dy


@pytest.mark.parametrize("ten", range(3))
def test_random_convolutions(ten):
    for seed in range(10 * ten, 10 * ten + 10):
        check_random(seed)


@pytest.mark.slow
@pytest.mark.parametrize("hundred", range(10))
def test_a_thousand_convolutions(hundred):
    for seed in range(100 * hundred, 100 * hundred + 100):
        check_random(seed)


def test_windows_deeper_than_a_block():
    """Parts that begin and end inside a row of the window, at the image's edge too."""
    check(*arrays((2, 211, 5, 6), 37, (3, 3), (5, 6)), **PLAIN)
    check(*arrays((2, 1100, 4, 3), 300, (1, 1), (4, 3)), **PLAIN | {"padding": ((0, 0), (0, 0))})


def test_more_outputs_than_a_piece_has():
    check(*arrays((8, 64, 14, 14), 530, (3, 3), (7, 7)), **HALVING)


@pytest.mark.parametrize("dtype", FLOATS, ids=str)
def test_any_order_in_memory(dtype):
    operands = arrays((2, 5, 7, 9), 6, (3, 3), (7, 9), dtype)
    check(*map(with_gaps, operands), **PLAIN)

    def roomy(shape, dtype):
        return with_gaps(np.full(shape, np.nan, dtype))

    check(*operands, make_output=roomy, **PLAIN)
    check(*(np.ascontiguousarray(x) for x in operands), **PLAIN)


def test_channels_of_a_wider_image():
    """A slice of the channels is read and written where it is."""
    x, weight, bias, dy = arrays((2, 20, 6, 7), 16, (3, 3), (6, 7))

    def slice_of(shape, dtype):
        wide = empty((shape[0], shape[1] + 7, *shape[2:]), dtype)
        return wide[:, 3 : 3 + shape[1]]

    check(x[:, 4:17], weight[:, 4:17], bias, dy, make_output=slice_of, **PLAIN)


def test_gaps_in_the_output_stay():
    x, weight, bias, _ = arrays((1, 4, 5, 5), 8, (3, 3), (5, 5))
    wide = np.full((1, 5, 5, 24), 99, np.float32).transpose(0, 3, 1, 2)
    compiled.conv2d(x, weight, bias, wide[:, 8:16], **PLAIN)
    assert (wide[:, :8] == 99).all()
    assert (wide[:, 16:] == 99).all()
    assert (wide[:, 8:16] != 99).all()


def test_nothing_to_do():
    x, weight, bias, dy = arrays((0, 3, 5, 5), 4, (3, 3), (5, 5))
    check(x, weight, bias, dy, **PLAIN)


def test_nan_and_infinity_stay_in_their_windows():
    x, weight, _, _ = arrays((1, 3, 9, 9), 4, (1, 1), (9, 9))
    x[0, 1, 4, 4], x[0, 2, 7, 2] = np.nan, np.inf
    y = empty((1, 4, 9, 9), x.dtype)
    compiled.conv2d(x, weight, None, y, **PLAIN | {"padding": ((0, 0), (0, 0))})
    bad = np.zeros((9, 9), bool)
    bad[4, 4] = bad[7, 2] = True
    np.testing.assert_array_equal(~np.isfinite(y), np.broadcast_to(bad, y.shape))


def results(operands, keywords):
    outputs = []
    for name, operand, shape, more in calls(*operands, **keywords):
        outputs.append(empty(shape, operand[0].dtype))
        getattr(compiled, name)(*operand, outputs[-1], **more)
    return outputs


@pytest.fixture
def threads():
    yield set_thread_count
    set_thread_count(None)


@pytest.mark.skipif(available_threads() < 2, reason="one core")
@pytest.mark.parametrize(
    ("operands", "keywords"),
    [
        (arrays((16, 32, 17, 17), 64, (3, 3), (9, 9)), HALVING),
        (arrays((16, 3, 30, 30), 33, (3, 3), (30, 30)), PLAIN),
        *(random_arrays(np.random.default_rng(seed), np.float32) for seed in range(5)),
    ],
)
def test_threads_do_not_change_the_bits(threads, operands, keywords):
    threads(1)
    one = results(operands, keywords)
    threads(2)
    for x, y in zip(one, results(operands, keywords), strict=True):
        np.testing.assert_array_equal(x, y)


@pytest.mark.parametrize("keywords", [PLAIN, PLAIN | {"groups": 6}])
def test_a_tape_does_it_again(keywords):
    groups = keywords["groups"]
    x, weight, bias, dy = arrays((4, 6, 12, 12), 6, (3, 3), (12, 12))
    weight = np.ascontiguousarray(weight[:, : 6 // groups].transpose(0, 2, 3, 1))
    weight = weight.transpose(0, 3, 1, 2)
    for name, operand, shape, more in calls(x, weight, bias, dy, **keywords):
        out = empty(shape, x.dtype)
        with taping() as tape:
            getattr(compiled, name)(*operand, out, **more)
        assert tape.complete
        expected = out.copy()
        operand[0][...] *= 2
        if name == "conv2d":
            bias *= 2
        out[...] = np.nan
        Script(tape.launches).run()
        np.testing.assert_array_equal(out, 2 * expected)


RANDOM = """
from dlcore.kernels.cpu.machine import host
from tests.kernels.cpu.convolutions import check_random
for seed in range(40):
    check_random(seed)
print(host().lanes)
"""
x86 = pytest.mark.skipif(platform.machine() not in ("x86_64", "AMD64"), reason="another processor")


@x86
@pytest.mark.slow
def test_avx2():
    features = "+sse4.2,+popcnt,+avx,+avx2,+fma,+f16c,+bmi,+bmi2"
    assert run(RANDOM, NUMBA_CPU_NAME="haswell", NUMBA_CPU_FEATURES=features) == "8"


@x86
@pytest.mark.slow
def test_the_oldest_64_bit_processors():
    assert run(RANDOM, NUMBA_CPU_NAME="x86-64", NUMBA_CPU_FEATURES="+sse2") == "4"


def test_an_image_that_is_its_only_window():
    check(*arrays((9, 16, 5, 5), 40, (5, 5), (1, 1)), **PLAIN | {"padding": ((0, 0), (0, 0))})


@pytest.mark.parametrize("channels", [8, 64, 70, 1024])
def test_pixels_are_windows_of_1x1_kernels(channels):
    """Read where they are, but for the last few, and where they share the lines of a cache."""
    none = PLAIN | {"padding": ((0, 0), (0, 0))}
    check(*arrays((2, channels, 7, 9), 33, (1, 1), (7, 9)), **none)


@pytest.mark.parametrize(
    ("channels", "outputs", "size", "kernel"),
    [
        (3, 16, 32, 3),
        (1, 30, 28, 5),
        (3, 64, 33, 7),
        (6, 16, 14, 5),
        (1, 16, 14, 3),
        (16, 48, 15, 3),
    ],
)
@pytest.mark.parametrize("stride", [1, 2])
def test_first_layers(channels, outputs, size, kernel, stride):
    """Bands of the image, and gradients of few weights, in chunks."""
    before = kernel // 2
    places = (size + 2 * before - kernel) // stride + 1
    shape = (5, channels, size, size)
    operands = arrays(shape, outputs, (kernel, kernel), (places, places))
    padding = ((before, before), (before, before))
    check(*operands, **PLAIN | {"stride": (stride, stride), "padding": padding})
