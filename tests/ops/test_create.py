"""New tensors, and tensors in other dtypes and on other devices."""

import numpy as np
import pytest

import dlcore as dl
from dlcore.backend.interface.array import channels_last, order_of
from dlcore.errors import DtypeError, OptionError, ShapeError

MADE = {
    "zeros": lambda lib: lib.zeros(2, 3),
    "zeros, tuple": lambda lib: lib.zeros((2, 3), dtype=lib.int8),
    "zeros, no axes": lambda lib: lib.zeros(()),
    "ones": lambda lib: lib.ones(2, dtype=lib.float64),
    "full of integers": lambda lib: lib.full((2,), 7),
    "full of flags": lambda lib: lib.full((2,), True),
    "full of floats": lambda lib: lib.full((2, 1), 1.5),
    "full, dtype": lambda lib: lib.full((2,), 1, dtype=lib.float16),
    "arange": lambda lib: lib.arange(5),
    "arange, floats": lambda lib: lib.arange(0.5, 3),
    "arange, step": lambda lib: lib.arange(1, 10, 4),
    "arange, backwards": lambda lib: lib.arange(10, 1, -3),
    "arange, exact end": lambda lib: lib.arange(0, 1, 0.25),
    "arange, empty": lambda lib: lib.arange(3, 3),
    "arange, dtype": lambda lib: lib.arange(3, dtype=lib.float64),
    "linspace": lambda lib: lib.linspace(-1, 1, 5),
    "linspace, one": lambda lib: lib.linspace(2, 3, 1),
    "linspace, none": lambda lib: lib.linspace(2, 3, 0),
    "eye": lambda lib: lib.eye(3),
    "eye, wide": lambda lib: lib.eye(2, 3, dtype=lib.int64),
    "zeros_like": lambda lib: lib.zeros_like(lib.ones(2, 3, dtype=lib.int32)),
    "ones_like": lambda lib: lib.ones_like(lib.zeros(2, 3), dtype=lib.float64),
    "full_like": lambda lib: lib.full_like(lib.zeros(2, dtype=lib.int64), 3),
    "new_zeros": lambda lib: lib.ones(1, dtype=lib.float64).new_zeros(2, 3),
    "new_ones": lambda lib: lib.ones(1, dtype=lib.float64).new_ones((2, 3)),
    "new_full": lambda lib: lib.ones(1, dtype=lib.float64).new_full((2,), 3),
    "new_tensor": lambda lib: lib.ones(1, dtype=lib.float64).new_tensor([1, 2]),
}


@pytest.mark.peer
@pytest.mark.parametrize("name", MADE)
def test_as_pytorch(name):
    torch = pytest.importorskip("torch", reason="PyTorch is an optional peer")
    ours, theirs = MADE[name](dl), MADE[name](torch)
    assert ours.dtype.name == str(theirs.dtype).removeprefix("torch.")
    assert ours.shape == tuple(theirs.shape)
    np.testing.assert_allclose(ours.numpy(), theirs.numpy(), rtol=1e-6)


def test_options():
    assert dl.zeros(2, requires_grad=True).requires_grad
    assert dl.empty(2, 3).shape == (2, 3)
    assert dl.ones(1).new_empty(2, 3).shape == (2, 3)
    meta = dl.ones(2, device="meta")
    for made in (
        dl.zeros_like(meta),
        dl.empty_like(meta),
        meta.new_ones(3),
        meta.new_full((1,), 2),
    ):
        assert made.device == "meta"
    assert dl.arange(3, device="meta").device == "meta"
    assert dl.zeros_like(meta, device="cpu").tolist() == [0, 0]


def test_like_keeps_the_memory_order():
    x = dl.Tensor(np.zeros((2, 4, 5, 3)).transpose(0, 3, 1, 2), dl.zeros(1).backend)
    for made in (dl.zeros_like(x), dl.empty_like(x)):
        assert order_of(made.array) == channels_last(4)


REFUSED = [
    (lambda: dl.zeros(-1), ShapeError, "lengths of at least 0"),
    (lambda: dl.zeros(2, dtype="complex64"), DtypeError, "received dtype complex64"),
    (lambda: dl.ones(2, dtype=dl.int64, requires_grad=True), DtypeError, "floating-point"),
    (lambda: dl.arange(0, 3, -1), OptionError, "a step that leads from start to end"),
    (lambda: dl.arange(0, 3, 0), OptionError, "start 0, end 3, step 0"),
    (lambda: dl.linspace(0, 1, -1), OptionError, "steps of at least 0"),
    (lambda: dl.arange(float("nan")), OptionError, "arange: expected finite numbers, received nan"),
    (lambda: dl.linspace(0, None, 3), OptionError, "linspace: expected finite numbers"),
    (lambda: dl.empty(2, dtype="uint16"), DtypeError, "empty: expected dtype .* dtype uint16"),
    (lambda: dl.zeros(2.5), ShapeError, "lengths or axes as integers"),
    (lambda: dl.eye(-1), ShapeError, "eye: expected lengths of at least 0"),
]


@pytest.mark.parametrize(("call", "error", "text"), REFUSED)
def test_refused(call, error, text):
    with pytest.raises(error, match=text):
        call()


CONVERSIONS = {"double": "float64", "float": "float32", "half": "float16", "bfloat16": "bfloat16"}
CONVERSIONS |= {"long": "int64", "int": "int32", "short": "int16", "char": "int8", "byte": "uint8"}
CONVERSIONS |= {"bool": "bool"}


@pytest.mark.parametrize("name", CONVERSIONS)
def test_conversions(name):
    x = dl.tensor([0.0, 1.0, 2.5])
    y = getattr(x, name)()
    assert y.dtype.name == CONVERSIONS[name]
    expected = {"bool": [False, True, True]}.get(name)
    whole = name in ("long", "int", "short", "char", "byte")
    assert y.tolist() == (expected or ([0, 1, 2] if whole else [0, 1, 2.5]))


def test_to():
    x = dl.tensor([1.0, 2.0], requires_grad=True)
    assert x.to("cpu") is x
    assert x.to(dl.float32) is x
    assert x.to(x, copy=True) is not x
    assert x.to("float16").dtype == dl.float16
    assert x.to("meta", dl.float16).device == "meta"
    assert x.to(dtype=dl.float64, device="numpy").dtype == dl.float64
    assert x.cpu() is x
    assert x.long().requires_grad is False


def test_gradients_cross_devices():
    """The gradient arrives on the leaf's device, in its dtype."""
    from dlcore.backend.numpy import NumpyBackend

    elsewhere = NumpyBackend("elsewhere")
    x = dl.tensor([1.0, 2.0], requires_grad=True)
    y = x.to(elsewhere, dl.float64)
    assert y.device == "elsewhere"
    assert y.tolist() == [1, 2]
    (y * y).sum().backward()
    assert x.grad.tolist() == [2, 4]
    assert (x.grad.dtype, x.grad.backend) == (dl.float32, x.backend)
    with pytest.raises(RuntimeError, match="one device"):
        x + y
