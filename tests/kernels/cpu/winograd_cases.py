"""3x3 convolutions of stride 1: their arrays, results, and how far those may be from float64's."""

from typing import NamedTuple

import ml_dtypes
import numpy as np

from dlcore.kernels.cpu import winograd
from dlcore.kernels.numpy import conv as oracle

FLOATS = [np.dtype(np.float32), np.dtype(np.float16), np.dtype(ml_dtypes.bfloat16)]
# Half the distance from 1 to the next number.
ROUNDING = dict(zip(FLOATS, (2.0**-24, 2.0**-11, 2.0**-8), strict=True))
SAME = ((1, 1), (1, 1))


def images(shape, dtype):
    """Memory for N C H W, channels last, with NaN in it."""
    batch, channels, *size = shape
    return np.full((batch, *size, channels), np.nan, dtype).transpose(0, 3, 1, 2)


class Convolution(NamedTuple):
    images: int
    size: tuple[int, int]
    channels: int
    outputs: int
    padding: tuple[tuple[int, int], tuple[int, int]]

    def shapes(self):
        places = [n + sum(around) - 2 for n, around in zip(self.size, self.padding, strict=True)]
        return {
            "x": (self.images, self.channels, *self.size),
            "weight": (self.outputs, self.channels, 3, 3),
            "bias": (self.outputs,),
            "dy": (self.images, self.outputs, *places),
        }

    def arrays(self, seed, dtype):
        """Random inputs, with which outputs have a variance of 1."""
        generator = np.random.default_rng(seed)
        arrays = {}
        for name, shape in self.shapes().items():
            scale = (9 * max(self.channels, 1)) ** -0.5 if name == "weight" else 1.0
            arrays[name] = np.empty(shape, dtype) if len(shape) == 1 else images(shape, dtype)
            arrays[name][...] = scale * generator.standard_normal(shape)
        return arrays

    def compute(self, arrays, results, tile):
        """Fill the results by all kernels."""
        x, weight, bias, dy = arrays.values()
        keywords = {"padding": self.padding, "tile": tile}
        winograd.forward(x, weight, bias, results["y"], **keywords)
        winograd.input_gradient(dy, weight, results["dx"], **keywords)
        winograd.weight_gradient(x, dy, results["dweight"], **keywords)
        both = results["dx of both"], results["dweight of both"]
        winograd.gradients(dy, x, weight, *both, **keywords)

    def results(self, arrays, tile):
        like = {"y": "dy", "dx": "x", "dweight": "weight"}
        like |= {f"{name} of both": like[name] for name in ("dx", "dweight")}
        results = {
            name: images(arrays[other].shape, arrays[other].dtype) for name, other in like.items()
        }
        self.compute(arrays, results, tile)
        for name in ("dx", "dweight"):
            np.testing.assert_array_equal(results[name], results[f"{name} of both"])
        return results

    def exact(self, arrays):
        """The results in float64, computed from definitions."""
        x, weight, bias, dy = (array.astype(np.float64) for array in arrays.values())
        y, dx, dweight = np.empty(dy.shape), np.empty(x.shape), np.empty(weight.shape)
        keywords = {"stride": (1, 1), "padding": self.padding, "dilation": (1, 1), "groups": 1}
        oracle.conv2d(x, weight, bias, y, **keywords)
        oracle.conv2d_input_gradient(dy, weight, dx, size=self.size, **keywords)
        oracle.conv2d_weight_gradient(x, dy, dweight, kernel=(3, 3), **keywords)
        return {"y": y, "dx": dx, "dweight": dweight}


def check(case, *, tile, dtype=FLOATS[0], seed=0):
    """Errors of all results: relative to their size, and to that of a 16-bit number itself."""
    arrays = case.arrays(seed, dtype)
    results, exact = case.results(arrays, tile), case.exact(arrays)
    for name, expected in exact.items():
        error = np.abs(results[name].astype(np.float64) - expected)
        size = np.sqrt(np.mean(expected**2)) if expected.size else 0
        bound = {2: 1e-5, 4: 2e-4}[tile] * max(size, 1e-3)
        if dtype != FLOATS[0]:
            bound = bound + 1.01 * ROUNDING[dtype] * np.abs(expected) + 2.0**-24
        assert (error <= bound).all(), (case, tile, name, (error / size).max())


def check_random(seed, tile, dtype):
    """One convolution in all that may vary."""
    generator = np.random.default_rng(seed)
    padding = tuple(tuple(map(int, pair)) for pair in generator.integers(0, 3, (2, 2)))
    size = tuple(int(n) for n in generator.integers(1, 15, 2))
    size = tuple(max(n, 3 - sum(pair)) for n, pair in zip(size, padding, strict=True))
    channels, outputs = (int(n) for n in generator.choice([1, 3, 8, 16, 17, 32, 33, 50], 2))
    case = Convolution(int(generator.integers(1, 5)), size, channels, outputs, padding)
    check(case, tile=tile, dtype=dtype, seed=seed)
