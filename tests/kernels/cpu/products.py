"""Random matrix products, and how far a result may be from float64's."""

import ml_dtypes
import numpy as np

from dlcore.kernels.cpu.gemm import gemm

FLOATS = [np.dtype(np.float32), np.dtype(np.float16), np.dtype(ml_dtypes.bfloat16)]
# Half the distance from 1 to the next number; subnormal float16 numbers are 2**-24 apart.
ROUNDING = dict(zip(FLOATS, (2.0**-24, 2.0**-11, 2.0**-8), strict=True))
SMALLEST = dict(zip(FLOATS, (2.0**-150, 2.0**-25, 2.0**-134), strict=True))


def check(a, b, out, *, accumulate=False, bias=None, relu=False):
    """Run gemm; every number is within the bound that holds for any order of the sum."""
    x, y = a.astype(np.float64), b.astype(np.float64)
    exact, size = x @ y, np.abs(x) @ np.abs(y)
    for term in ([out] if accumulate else []) + ([] if bias is None else [bias]):
        exact, size = exact + term.astype(np.float64), size + np.abs(term.astype(np.float64))
    if relu:
        exact = np.maximum(exact, 0)
    gemm(a, b, out, accumulate=accumulate, bias=bias, relu=relu)
    bound = size * (a.shape[-1] + 2) * ROUNDING[FLOATS[0]] * 1.01
    bound += (np.abs(exact) + bound) * ROUNDING[out.dtype] + SMALLEST[out.dtype]
    error = np.abs(out.astype(np.float64) - exact)
    assert (error <= bound).all(), (a.shape, b.shape, a.strides, b.strides, out.strides, out.dtype)


def matrix(generator, shape, dtype=np.float32):
    """Random numbers in random order in memory: transposed, reversed, with gaps, or none of it."""
    axes = generator.permutation(len(shape)) if generator.random() < 0.5 else range(len(shape))
    axes = list(axes)
    steps = generator.choice([1, 1, 1, 1, 2, -1, 3], len(shape))
    room = [shape[axis] * abs(step) for axis, step in zip(axes, steps, strict=True)]
    x = generator.standard_normal(room).astype(dtype)
    x = x[tuple(slice(None, None, step) for step in steps)]
    return x.transpose(np.argsort(axes))


def sizes(generator):
    """Mostly small, around the sides of tiles and vectors, and often 0 or 1."""
    common = generator.choice([0, 1, 2, 3, 7, 8, 13, 14, 15, 16, 17, 28, 31, 32, 33], 3)
    return [int(generator.integers(1, 150)) if generator.random() < 0.3 else int(n) for n in common]


def check_random(seed):
    """One product in all that may vary."""
    generator = np.random.default_rng(seed)
    rows, columns, depth = sizes(generator)
    batch = tuple(generator.integers(1, 4, generator.choice([0, 0, 1, 2])))
    kinds = generator.choice(3, 4, p=[0.6, 0.2, 0.2])
    left, right, result, added = (FLOATS[kind] for kind in kinds)
    bias = (None, (columns,), (1, columns), (rows, 1))[generator.integers(4)]
    shared = batch[generator.integers(len(batch) + 1) :]  # fewer axes: one matrix for several
    check(
        matrix(generator, (*batch, rows, depth), left),
        matrix(generator, (*shared, depth, columns), right),
        matrix(generator, (*batch, rows, columns), result),
        accumulate=bool(generator.integers(2)),
        bias=None if bias is None else matrix(generator, bias, added),
        relu=bool(generator.integers(2)),
    )
