"""Convolutions with the batch norms around them have the bits of one kernel after the other.

Only sums are in another order: those are compared with float64.
"""

import numpy as np
import pytest

pytest.importorskip("numba")

from dlcore.kernels.cpu import norm as norms
from dlcore.kernels.cpu import winograd
from dlcore.kernels.cpu.launch import Script, taping
from tests.kernels.cpu.winograd_cases import FLOATS, SAME, Convolution, images

EPS = 1e-3
# In blocks; in slabs, with tails of tiles and channels; with padding all of which is read.
CASES = [
    Convolution(10, (24, 24), 16, 16, SAME),
    Convolution(3, (9, 14), 35, 50, SAME),
    Convolution(3, (7, 5), 20, 18, ((2, 0), (1, 2))),
]
both = pytest.mark.parametrize("tile", [2, 4])
floats = pytest.mark.parametrize("dtype", FLOATS, ids=str)
cases = pytest.mark.parametrize("case", CASES, ids=range(len(CASES)))


def vectors(generator, channels, count):
    """Positive numbers around 1."""
    return [generator.uniform(0.5, 1.5, channels).astype(np.float32) for _ in range(count)]


def norm_of(generator, channels, relu):
    mean, variance, weight, bias = vectors(generator, channels, 4)
    return winograd.Norm(mean - 1, variance, weight - 0.3, bias - 1, EPS, relu)


def normalised(x, norm):
    y = images(x.shape, x.dtype)
    norms.normalise(x, *norm[:4], y, eps=norm.eps, relu=norm.relu)
    return y


@both
@floats
@cases
def test_norm_of_the_input(case, dtype, tile):
    for relu in (False, True):
        check_norm_of_the_input(case, dtype, tile, relu)


def check_norm_of_the_input(case, dtype, tile, relu):
    arrays, generator = case.arrays(0, dtype), np.random.default_rng(1)
    x, weight, bias, dy = arrays.values()
    norm = norm_of(generator, case.channels, relu)
    separate, fused = images(dy.shape, dtype), images(dy.shape, dtype)
    keywords = {"padding": case.padding, "tile": tile}
    winograd.forward(normalised(x, norm), weight, bias, separate, **keywords)
    winograd.forward(x, weight, bias, fused, norm=norm, **keywords)
    np.testing.assert_array_equal(fused, separate)


@both
@floats
@cases
def test_statistics_of_the_output(case, dtype, tile):
    for mean in (0, 1000):
        check_statistics_of_the_output(case, dtype, tile, mean)


def check_statistics_of_the_output(case, dtype, tile, mean):
    """A mean that is far from zero costs no digits of the variance."""
    x, weight, bias, dy = case.arrays(0, dtype).values()
    bias += np.asarray(mean, dtype)
    y, found = images(dy.shape, dtype), np.full((2, case.outputs), np.nan, np.float32)
    winograd.forward(
        x, weight, bias, y, padding=case.padding, tile=tile, statistics=(found[0], found[1])
    )
    exact = y.astype(np.float64)
    np.testing.assert_allclose(found[0], exact.mean((0, 2, 3)), rtol=1e-6, atol=1e-6)
    np.testing.assert_allclose(found[1], exact.var((0, 2, 3)), rtol=1e-5, atol=1e-9)


def sums_for(generator, shape, dtype):
    x = images(shape, dtype)
    x[...] = generator.standard_normal(shape)
    mean, variance, dweight, dbias = vectors(generator, shape[1], 4)
    return winograd.NormSums(x, mean, variance, EPS, dweight * np.nan, dbias * np.nan)


def check_sums(sums, dx):
    slopes = dx.astype(np.float64)
    centred = sums.x.astype(np.float64) - sums.mean[:, None, None]
    h = centred / np.sqrt(sums.variance + np.float64(EPS))[:, None, None]
    for found, terms in ((sums.dbias, slopes), (sums.dweight, slopes * h)):
        bound = 1e-6 * np.abs(terms).sum((0, 2, 3)) + 1e-6
        assert (np.abs(found - terms.sum((0, 2, 3))) <= bound).all()


@both
@floats
@cases
def test_gradients(case, dtype, tile):
    for mask, add, count in [
        ("none", False, 0),
        ("none", True, 1),
        ("output", True, 2),
        ("output", False, 1),
        ("norm", False, 1),
    ]:
        check_gradients(case, dtype, tile, mask, add, count)


def check_gradients(case, dtype, tile, mask, add, count):
    arrays, generator = case.arrays(0, dtype), np.random.default_rng(1)
    x, weight, _, dz = arrays.values()
    raw, dy = images(dz.shape, dtype), images(dz.shape, dtype)
    raw[...] = generator.standard_normal(raw.shape)
    behind = winograd.NormGradient(raw, *vectors(generator, case.outputs, 5), EPS)
    before = norm_of(generator, case.channels, relu=True)
    other, output = (images(x.shape, dtype) for _ in range(2))
    other[...], output[...] = generator.standard_normal((2, *x.shape))
    np.maximum(output, np.zeros((), dtype), out=output)  # of a ReLU
    sums = [sums_for(generator, x.shape, dtype) for _ in range(count)]
    options = {"add": other if add else None, "sums": sums}
    options |= {"mask": output} if mask == "output" else {"mask_by_norm": mask == "norm"}
    keywords = {"padding": case.padding, "tile": tile}
    dx, dweight = images(x.shape, dtype), images(weight.shape, dtype)
    winograd.gradients(
        dz, x, weight, dx, dweight, dy_norm=behind, x_norm=before, **options, **keywords
    )

    norms_apply(dz, behind, dy)
    source, separate, expected = normalised(x, before), images(x.shape, dtype), dweight * 0
    winograd.gradients(dy, source, weight, separate, expected, **keywords)
    np.testing.assert_array_equal(dweight, expected)
    if add:
        separate = (separate.astype(np.float32) + other.astype(np.float32)).astype(dtype)
    if mask != "none":
        positive = (output if mask == "output" else source) > 0
        separate = np.where(positive, separate, np.zeros((), dtype))
    np.testing.assert_array_equal(dx, separate)
    for norm in sums:
        check_sums(norm, dx)


def norms_apply(dz, behind, dy):
    """The gradient of a norm's input, from the sums that are given."""
    inverse = 1 / np.sqrt(behind.variance + np.float32(EPS))
    count = np.float32(dz.size // dz.shape[1])
    lines = behind.mean, inverse * behind.weight, behind.dbias / count
    lines = [*lines, behind.dweight / count * inverse]
    mean, scale, off, slope = (line[:, None, None].astype(np.float64) for line in lines)
    # One rounding after product and sum, as the machine's multiply-add; then one by one.
    taken = ((behind.x.astype(np.float32) - mean.astype(np.float32)) * slope + off).astype("f4")
    dy[...] = (dz.astype(np.float32) - taken) * scale.astype(np.float32)


def test_a_tape_of_all_that_can_be_asked_for():
    case, dtype = CASES[1], FLOATS[1]
    generator = np.random.default_rng(0)
    x, weight, bias, dy = case.arrays(0, dtype).values()
    behind = winograd.NormGradient(dy * dtype.type(0.5), *vectors(generator, case.outputs, 5), EPS)
    before = norm_of(generator, case.channels, relu=True)
    sums = [sums_for(generator, x.shape, dtype) for _ in range(2)]
    statistics = np.zeros((2, case.outputs), np.float32)
    outputs = [images(array.shape, dtype) for array in (dy, x, weight)]
    y, dx, dweight = outputs
    keywords = {"padding": case.padding, "tile": 4}
    with taping() as tape:
        winograd.forward(
            x, weight, bias, y, norm=before, statistics=(statistics[0], statistics[1]), **keywords
        )
        winograd.gradients(
            dy, x, weight, dx, dweight, dy_norm=behind, x_norm=before, add=x, mask_by_norm=True,
            sums=sums, **keywords,
        )  # fmt: skip
    assert tape.complete
    results = [*outputs, statistics, *(array for norm in sums for array in norm[-2:])]
    expected = [array.copy() for array in results]
    for array in results:
        array[...] = 0
    Script(tape.launches).run()
    for array, again in zip(expected, results, strict=True):
        np.testing.assert_array_equal(again, array)


def test_copies_of_odd_memory_live_long_enough():
    """Every operand a view that must be copied."""
    case, dtype = CASES[2], FLOATS[0]
    generator = np.random.default_rng(0)
    x, weight, _, dy = case.arrays(0, dtype).values()
    behind = winograd.NormGradient(dy * 0.5, *vectors(generator, case.outputs, 5), EPS)
    before = norm_of(generator, case.channels, relu=True)
    keywords = {"padding": case.padding, "tile": 4, "mask": x}

    def results(change):
        sums = [sums_for(np.random.default_rng(3), x.shape, dtype) for _ in range(2)]
        changed = [one._replace(x=change(one.x), mean=change(one.mean)) for one in sums]
        dx, dweight = images(x.shape, dtype), images(weight.shape, dtype)
        winograd.gradients(
            change(dy), change(x), change(weight), dx, dweight, add=change(x), sums=changed,
            dy_norm=behind._replace(x=change(behind.x), weight=change(behind.weight)),
            x_norm=before._replace(variance=change(before.variance)), **keywords,
        )  # fmt: skip
        return [dx, dweight, *(array for one in sums for array in one[-2:])]

    def odd(array):
        room = np.empty((*array.shape[::-1], 2), array.dtype)[..., 0].T
        room[...] = array
        return room

    pairs = zip(results(lambda array: array), results(odd), strict=True)
    for plain, copied in pairs:
        np.testing.assert_array_equal(copied, plain)
