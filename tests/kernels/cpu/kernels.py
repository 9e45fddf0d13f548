"""Compiled kernels beside NumPy's: arrays in memory of many kinds, threads, and tapes."""

import ml_dtypes
import numpy as np

from dlcore.kernels.cpu import launch, threads

FLOATS = [np.dtype(np.float32), np.dtype(np.float16), np.dtype(ml_dtypes.bfloat16)]
EPS = dict(zip(FLOATS, (2.0**-23, 2.0**-10, 2.0**-7), strict=True))
LAYOUTS = ["channels last", "rows", "gaps between pixels", "gaps everywhere", "reversed"]


def placed(values, layout="channels last"):
    """A copy of an array N C H W in memory of some kind."""
    n, c, h, w = values.shape
    if layout == "rows":
        memory = np.empty(values.shape, values.dtype)
    elif layout == "channels last":
        memory = np.empty((n, h, w, c), values.dtype).transpose(0, 3, 1, 2)
    elif layout == "gaps between pixels":
        memory = np.empty((n, h + 1, w + 2, c + 3), values.dtype)[:, 1:, 1:-1, 1 : c + 1]
        memory = memory.transpose(0, 3, 1, 2)
    elif layout == "gaps everywhere":
        memory = np.empty([2 * size for size in (w, c, h, n)], values.dtype)[::2, ::2, ::2, ::2]
        memory = memory.transpose(3, 1, 2, 0)
    else:
        memory = np.empty((n, h, w, c), values.dtype)[::-1, ::-1, ::-1].transpose(0, 3, 1, 2)
    memory[...] = values
    return memory


def unfilled(shape, dtype, layout="channels last"):
    """Memory for an output, full of numbers that a kernel must overwrite."""
    return placed(np.full(shape, 77, dtype), layout)


def check(kernel, definition, arrays, outputs, attributes, tolerance=0.0):
    """A kernel gives what its definition gives; so it does by one thread, and done again.

    Args:
        outputs: memory to fill; as they are when a test fails.
        tolerance: of float outputs, relative to the largest number; None for bits.
    """
    expected = [np.empty(y.shape, y.dtype) for y in outputs]
    with np.errstate(all="ignore"):
        definition(*arrays, *expected, **attributes)
    with launch.taping() as tape:
        kernel(*arrays, *outputs, **attributes)
    for y, right in zip(outputs, expected, strict=True):
        close(y, right, tolerance)
    first = [y.copy() for y in outputs]
    for again in (lambda: by_one_thread(kernel, arrays, outputs, attributes), replay(tape)):
        if again is None:
            continue
        for y in outputs:
            y[...] = 55
        again()
        for y, before in zip(outputs, first, strict=True):
            np.testing.assert_array_equal(bits(y), bits(before))
    return tape


def replay(tape):
    return launch.Script(tape.launches).run if tape.complete else None


def by_one_thread(kernel, arrays, outputs, attributes):
    threads.set_thread_count(1)
    try:
        kernel(*arrays, *outputs, **attributes)
    finally:
        threads.set_thread_count(None)


def close(actual, expected, tolerance):
    if actual.dtype not in EPS:
        np.testing.assert_array_equal(actual, expected)
        return
    x, y = actual.astype(np.float64), expected.astype(np.float64)
    largest = np.abs(y[np.isfinite(y)]).max(initial=0)
    np.testing.assert_allclose(x, y, rtol=tolerance, atol=tolerance * largest)


def bits(x):
    x = np.ascontiguousarray(x)
    return x.view(f"u{x.itemsize}")
