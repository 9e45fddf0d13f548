"""Random convolutions, and how far a result may be from float64's."""

import ml_dtypes
import numpy as np

from dlcore.kernels.cpu import conv as compiled
from dlcore.kernels.geometry import output_size
from dlcore.kernels.numpy import conv as plain

FLOATS = [np.dtype(np.float32), np.dtype(np.float16), np.dtype(ml_dtypes.bfloat16)]
EPS = dict(zip(FLOATS, (2.0**-23, 2.0**-10, 2.0**-7), strict=True))


def last(shape, generator, dtype=np.float32):
    """Random numbers N C H W whose channels lie side by side in memory."""
    batch, channels, *size = shape
    x = generator.standard_normal((batch, *size, channels)).astype(dtype)
    return x.transpose(0, 3, 1, 2)


def calls(x, weight, bias, dy, **keywords):
    """Name, arrays, the output's shape and keywords of the three kernels."""
    size, kernel = x.shape[2:], weight.shape[2:]
    return [
        ("conv2d", (x, weight, bias), dy.shape, keywords),
        ("conv2d_input_gradient", (dy, weight), x.shape, keywords | {"size": size}),
        ("conv2d_weight_gradient", (x, dy), weight.shape, keywords | {"kernel": kernel}),
    ]


def check(x, weight, bias, dy, make_output=None, **keywords):
    """Run the three kernels; every number is within the rounding of a sum and of its dtype."""
    for name, arrays, shape, more in calls(x, weight, bias, dy, **keywords):
        exact, size = np.zeros(shape), np.zeros(shape)
        wide = [None if array is None else array.astype(np.float64) for array in arrays]
        getattr(plain, name)(*wide, exact, **more)
        absolute = [None if array is None else np.abs(array) for array in wide]
        getattr(plain, name)(*absolute, size, **more)
        out = (make_output or empty)(shape, x.dtype)
        getattr(compiled, name)(*arrays, out, **more)
        error = np.abs(out.astype(np.float64) - exact)
        # Sums of any length in blocks; Winograd's transforms lose a few bits.
        bound = 16 * EPS[FLOATS[0]] * (size + size.max(initial=0)) + EPS[x.dtype] * np.abs(exact)
        assert (error <= bound).all(), (name, x.shape, weight.shape, x.dtype, more, error.max())


def empty(shape, dtype):
    batch, channels, *size = shape
    return np.full((batch, *size, channels), np.nan, dtype).transpose(0, 3, 1, 2)


def random_arrays(generator, dtype):
    """x, weight, bias, dy and keywords of a convolution that varies in all that may vary."""
    groups = int(generator.choice([1, 1, 1, 2, 3, 8]))
    inputs = int(generator.choice([1, 1, 2, 3, 4, 5, 8, 16, 17, 33, 40]))
    outputs = int(generator.choice([1, 1, 2, 5, 6, 15, 16, 17, 31, 33, 70]))
    if generator.random() < 0.2:  # depthwise
        groups, inputs, outputs = int(generator.integers(1, 80)), 1, 1
    kernel = tuple(int(k) for k in generator.choice([1, 2, 3, 3, 3, 4, 5, 7], 2))
    stride = tuple(int(k) for k in generator.choice([1, 1, 1, 2, 2, 3], 2))
    dilation = tuple(int(k) for k in generator.choice([1, 1, 1, 2, 3], 2))
    padding = tuple((int(a), int(b)) for a, b in generator.integers(0, 4, (2, 2)))
    least = [d * (k - 1) + 1 - sum(p) for d, k, p in zip(dilation, kernel, padding, strict=True)]
    size = [max(1, int(generator.integers(1, 20)), least) for least in least]
    axes = zip(size, kernel, stride, padding, dilation, strict=True)
    batch, places = int(generator.integers(1, 4)), [output_size(*axis) for axis in axes]
    x = last((batch, groups * inputs, *size), generator, dtype)
    weight = last((groups * outputs, inputs, *kernel), generator, dtype)
    bias = generator.standard_normal(groups * outputs).astype(dtype)
    dy = last((batch, groups * outputs, *places), generator, dtype)
    keywords = {"stride": stride, "padding": padding, "dilation": dilation, "groups": groups}
    return (x, weight, bias if generator.random() < 0.7 else None, dy), keywords


def check_random(seed):
    """One convolution and both gradients."""
    generator = np.random.default_rng(seed)
    dtype = FLOATS[int(generator.choice(3, p=[0.6, 0.2, 0.2]))]
    arrays, keywords = random_arrays(generator, dtype)
    check(*arrays, **keywords)


def with_gaps(x):
    """The same numbers with gaps in memory and the axes in another order."""
    room = np.full([2 * length for length in x.shape[::-1]], 99, x.dtype)
    view = room.transpose()[tuple(slice(None, None, 2) for _ in x.shape)]
    view[...] = x
    return view
