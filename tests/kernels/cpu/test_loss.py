"""Losses of classifiers against the NumPy kernels, and labels that are wrong."""

import ml_dtypes
import numpy as np
import pytest

pytest.importorskip("numba")

from dlcore.kernels.cpu import loss
from dlcore.kernels.cpu.launch import Script, taping
from dlcore.kernels.cpu.threads import set_thread_count
from dlcore.kernels.numpy import loss as by_numpy

SLOW = pytest.mark.slow  # as bfloat16, with other conversions
DTYPES = (np.float32, ml_dtypes.bfloat16, pytest.param(np.float16, marks=SLOW))
IGNORED = -100


def problem(shape, dtype, weighted=False):
    generator = np.random.default_rng(6)
    x = (generator.standard_normal(shape) * 3).astype(dtype)
    labels = generator.integers(0, shape[1], (shape[0], *shape[2:]))
    labels.reshape(-1)[::5] = IGNORED
    weight = generator.random(shape[1]).astype(np.float32) if weighted else None
    return x, labels, weight


def both(name, arrays, outputs, **options):
    expected = [np.empty_like(y) for y in outputs]
    with np.errstate(all="ignore"):
        getattr(by_numpy, name)(*arrays, *expected, **options, ignore_index=IGNORED)
    with taping() as tape:
        getattr(loss, name)(*arrays, *outputs, **options, ignore_index=IGNORED)
    assert tape.complete
    for y in outputs:
        y[...] = 99
    Script(tape.launches).run()
    for actual, other in zip(outputs, expected, strict=True):
        digits = max(3e-6, float(ml_dtypes.finfo(actual.dtype).eps))
        np.testing.assert_allclose(
            actual.astype(np.float64), other.astype(np.float64), digits, 3e-6
        )
    return outputs


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize(("shape", "weighted"), [((13, 10), False), ((2, 21, 3, 5), True)])
def test_losses(shape, weighted, dtype):
    x, labels, weight = problem(shape, dtype, weighted)
    outputs = [np.empty(labels.shape, np.float32) for _ in range(3)]
    dloss = np.random.default_rng(7).random(labels.shape).astype(np.float32)
    for smoothing in (0.0, 0.2):
        option = {"smoothing": smoothing}
        *_, z = both("cross_entropy", [x, labels, weight], outputs, **option)
        arrays = [dloss, x, labels, weight, z]
        both("cross_entropy_gradient", arrays, [np.empty_like(x)], **option)
    both("nll_loss", [x, labels, weight], outputs[:2])
    both("nll_loss_gradient", [dloss, x, labels, weight], [np.empty_like(x)])


@pytest.mark.parametrize("numbers", [[np.nan], [np.inf], [-np.inf], [-np.inf] * 10])
def test_nonfinite(numbers):
    x, labels, _ = problem((5, 10), np.float32)
    x[1, : len(numbers)] = x[0, : len(numbers)] = numbers  # sample 0 is ignored
    for smoothing in (0.0, 0.2):
        outputs = [np.empty(5, np.float32) for _ in range(3)]
        *_, z = both("cross_entropy", [x, labels, None], outputs, smoothing=smoothing)
        arrays = [np.ones(5, np.float32), x, labels, None, z]
        both("cross_entropy_gradient", arrays, [np.empty_like(x)], smoothing=smoothing)


@pytest.mark.parametrize("wrong", [10, -1, 2**40])
@pytest.mark.parametrize("name", ["cross_entropy", "nll_loss"])
def test_wrong_labels(name, wrong):
    """Refused at once and at every replay, in the words of the NumPy kernels."""
    x, labels, _ = problem((3, 10, 4), np.float32)
    outputs = [np.empty((3, 4), np.float32) for _ in range(3 if name == "cross_entropy" else 2)]
    options = {"ignore_index": IGNORED} | ({"smoothing": 0.0} if len(outputs) == 3 else {})
    with taping() as tape:
        getattr(loss, name)(x, labels, None, *outputs, **options)
    script = Script(tape.launches)
    right, labels[2, 1] = labels[2, 1], wrong
    with pytest.raises(IndexError) as expected:
        getattr(by_numpy, name)(x, labels, None, *outputs, **options)
    with pytest.raises(IndexError) as direct:
        getattr(loss, name)(x, labels, None, *outputs, **options)
    with pytest.raises(IndexError) as replayed:
        script.run()
    assert direct.value.args == expected.value.args == replayed.value.args
    labels[2, 1] = right
    script.run()


def test_threads_give_the_same_bits():
    x, labels, _ = problem((900, 100), np.float32)
    results = []
    for threads in (1, 2):
        set_thread_count(threads)
        try:
            results.append([np.empty(900, np.float32) for _ in range(3)])
            loss.cross_entropy(x, labels, None, *results[-1], smoothing=0.1, ignore_index=IGNORED)
        finally:
            set_thread_count(None)
    np.testing.assert_array_equal(*results)
