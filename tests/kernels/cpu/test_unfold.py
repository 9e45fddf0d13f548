"""Windows as columns, and back, against their definition."""

import numpy as np
import pytest

pytest.importorskip("numba")

from dlcore.kernels.cpu import unfold
from dlcore.kernels.geometry import output_size
from dlcore.kernels.numpy import unfold as plain
from tests.kernels.cpu.kernels import EPS, FLOATS, LAYOUTS, check, placed, unfilled


@pytest.mark.parametrize("seed", range(12))
def test_unfold_and_fold(seed):
    random = np.random.default_rng(seed)
    dtype = FLOATS[seed % 3]
    image = (2, 5, *random.integers(4, 9, 2).tolist())
    kernel, stride, dilation = random.integers(1, 3, (3, 2)).tolist()
    padding = random.integers(0, 3, (2, 2)).tolist() if seed % 2 else [[0, 0], [0, 0]]
    sizes = zip(image[2:], kernel, stride, padding, dilation, strict=True)
    places = [output_size(*size) for size in sizes]
    columns = (2, 5 * int(np.prod(kernel)), int(np.prod(places)))
    options = {"kernel": kernel, "stride": stride, "padding": padding, "dilation": dilation}
    layout = str(random.choice(LAYOUTS))
    x = placed(random.standard_normal(image).astype(dtype), layout)
    y = np.full(columns, 77, dtype)
    assert check(unfold.unfold, plain.unfold, [x], [y], options).complete
    gaps = np.full((2, *columns[1:][::-1]), 77, dtype).transpose(0, 2, 1)
    check(unfold.unfold, plain.unfold, [x], [gaps], options)
    back = unfilled(image, dtype, layout)
    options["size"] = image[2:]
    tape = check(unfold.fold, plain.fold, [y], [back], options, 4 * EPS[dtype])
    assert tape.complete == (dtype == np.float32)
