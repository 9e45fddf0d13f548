"""Pointwise operations: what they refuse, and what their cases can't show."""

import math

import numpy as np
import pytest

import dlcore as dl
from dlcore.backend import get_backend
from dlcore.backend import interface as primitives
from dlcore.backend.interface.array import channels_last, order_of
from dlcore.backend.interface.pointwise import RULES
from dlcore.errors import DeviceError, DtypeError, OptionError, ShapeError
from dlcore.kernels.numpy.pointwise import _RULES
from dlcore.kernels.numpy.special import erf, erfc
from dlcore.nn import functional
from dlcore.ops import rules

X, FLAGS, WHOLE = dl.ones(2, 3), dl.tensor([True, False]), dl.tensor([1, 2])

REFUSED = [
    (lambda: X + dl.ones(4), ShapeError, r"add: expected .* received \(2, 3\) and \(4,\); reshape"),
    (lambda: X + dl.ones(2, 3, device="meta"), DeviceError, "one device, received .*'meta'"),
    (lambda: X + "a", DtypeError, "add: expected a tensor or a number, received str; wrap it"),
    (lambda: np.ones(3) + X, DtypeError, "received ndarray; wrap it with dl.tensor"),
    (lambda: X + None, DtypeError, "received NoneType"),
    (lambda: dl.exp(1), DtypeError, "expected tensors, received int"),
    (lambda: -FLAGS, DtypeError, "negative: expected an operand of dtype .* bool"),
    (lambda: FLAGS - FLAGS, DtypeError, "subtract: expected an operand of dtype"),
    (lambda: FLAGS - True, DtypeError, "use \\^ or logical_xor"),
    (lambda: WHOLE**-1, DtypeError, "to the power -1; convert it with .float"),
    (lambda: WHOLE & 1.5, DtypeError, "bitwise_and: expected an operand of dtype bool, int"),
    (lambda: dl.div(X, X, rounding_mode="up"), OptionError, "'up'; choose one"),
    (lambda: dl.clamp(X), OptionError, "min, max or both, received neither"),
    (lambda: dl.where(WHOLE, X, X), DtypeError, "where: expected a bool condition, received .*int"),
    (lambda: dl.where(FLAGS, X, X), ShapeError, r"where: .*\(2,\) and \(2, 3\)"),
    (lambda: X.masked_fill(WHOLE, 0), DtypeError, "masked_fill: expected a bool condition"),
    (lambda: functional.gelu(X, "fast"), OptionError, "approximate to be one of none, tanh"),
    (lambda: functional.gelu(WHOLE), DtypeError, "gelu: expected an operand of dtype .*float16"),
    (lambda: functional.prelu(X, dl.ones(2)), ShapeError, "one weight, or 3 .* num_parameters"),
    (lambda: X.to("float99"), DtypeError, "received 'float99'; write for example"),
    (lambda: dl.ones(2, device="meta").to("cpu"), DeviceError, "a device that computes"),
]


@pytest.mark.parametrize(("call", "error", "text"), REFUSED)
def test_refused(call, error, text):
    with pytest.raises(error, match=text) as caught:
        call()
    assert caught.value.expected
    assert caught.value.received
    assert caught.value.remedy


def test_primitive_refuses_wrong_operands():
    backend, x = get_backend("cpu"), np.ones(3, np.float32)
    for arrays, rule, parameters, error in (
        ([x], "add", (), OptionError),
        ([x, x], "add", (1.0,), OptionError),
        ([x], "nonsense", (), OptionError),
        ([x, x[:2]], "add", (), ShapeError),
        ([x, x.astype(np.float64)], "add", (), DtypeError),
        ([x, x, x], "where", (), DtypeError),
    ):
        with pytest.raises(error):
            primitives.pointwise(backend, *arrays, rule=rule, parameters=parameters)


def test_every_rule_has_a_kernel():
    assert set(_RULES) == set(RULES)


def test_every_gradient_belongs_to_a_rule():
    """A rule called f_gradient is there for a rule, a primitive or an operation called f."""
    others = {"divide", "exponent", "hardtanh", "logsumexp", "norm", "prelu_weight"}
    others |= {"shrink", "sqrt_or_zero", "variance", "power", "maximum"}
    for name in RULES:
        function = name.removesuffix("_gradient")
        assert function == name or function in RULES or function in others


@pytest.mark.parametrize(("ours", "exact"), [(erf, math.erf), (erfc, math.erfc)])
def test_error_function_is_exact(ours, exact):
    x = np.concatenate([np.linspace(-7, 7, 4001), np.geomspace(1e-300, 26, 500)])
    expected = np.array([exact(value) for value in x])
    with np.errstate(all="ignore"):
        np.testing.assert_allclose(ours(x), expected, rtol=8 * 2.0**-52)
        small = ours(x.astype(np.float32))
    assert small.dtype == np.float32


def test_layout_is_that_of_the_first_operand_with_memory():
    images = dl.zeros(2, 3, 4, 5).contiguous()
    images = dl.Tensor(images.array.reshape(2, 4, 5, 3).transpose(0, 3, 1, 2), images.backend)
    assert order_of((images + dl.ones(3, 1, 1)).array) == channels_last(4)
    assert order_of((dl.ones(3, 1, 1) + images).array) == channels_last(4)
    assert order_of((images * 2).array) == channels_last(4)


def test_tensors_equal_no_other_things():
    x = dl.ones(2)
    assert (x == None) is False  # noqa: E711
    assert (x != "a") is True
    assert x in [x]


def test_whole_answers():
    x, y = dl.tensor([1.0, 2.0]), dl.tensor([1.0, 2.1])
    assert dl.equal(x, x)
    assert not dl.equal(x, y)
    assert not dl.equal(x, dl.ones(3))
    assert dl.allclose(x, y, atol=0.2)
    assert not dl.allclose(x, y)
    nan = dl.tensor([float("nan")])
    assert not dl.allclose(nan, nan)
    assert dl.allclose(nan, nan, equal_nan=True)


def test_number_of_a_product_needs_no_memory_of_the_input():
    """Overwriting x after 3 x is no reason to refuse backward."""
    x = dl.ones(2, requires_grad=True)
    y = (3 * x).sum()
    with dl.no_grad():
        x.zero_()
    y.backward()
    assert x.grad.tolist() == [3, 3]


def test_half_is_rounded_once():
    """(x + y) - y differs from one rounding; a silu in float16 is fp32's, rounded."""
    x = dl.tensor(np.linspace(-8, 8, 999), dtype=dl.float16)
    exact = functional.silu(x.float()).half()
    assert dl.equal(functional.silu(x), exact)


AT_KINKS = {
    "relu": lambda f, x: f.relu(x),
    "relu6": lambda f, x: f.relu6(6 * x),
    "hardtanh": lambda f, x: f.hardtanh(x),
    "leaky_relu": lambda f, x: f.leaky_relu(x, 0.1),
    "elu": lambda f, x: f.elu(x, 2.0),
    "selu": lambda f, x: f.selu(x),
    "celu": lambda f, x: f.celu(x, 2.0),
    "threshold": lambda f, x: f.threshold(x, 1.0, 9.0),
    "hardsigmoid": lambda f, x: f.hardsigmoid(3 * x),
    "hardswish": lambda f, x: f.hardswish(3 * x),
    "softplus": lambda f, x: f.softplus(x, 2.0, 2.0),
    "abs": lambda f, x: x.abs(),
    "clamp": lambda f, x: x.clamp(-1, 1),
    "clamp by tensor": lambda f, x: x.clamp(0 * x.detach(), 0 * x.detach() + 1),
    "sign": lambda f, x: x.sign() + 0 * x,
    "square root": lambda f, x: x.sqrt(),
    "power 0": lambda f, x: x**0,
    "power 1": lambda f, x: x**1,
    "power 0.5": lambda f, x: x**0.5,
    "power of 0": lambda f, x: 0**x,
    "0 to a tensor": lambda f, x: (0 * x.detach()) ** x,
    "amax": lambda f, x: x.amax(),
    "max of a line": lambda f, x: x.max(0)[0],
    "maximum": lambda f, x: x.clamp(min=-9).abs().max(x),
}


@pytest.mark.peer
@pytest.mark.parametrize("name", AT_KINKS)
@pytest.mark.parametrize(
    "values", [[-1.0, 0.0, 1.0, 1.0], [math.nan, 2.0, -3.0, 0.5], [math.inf, -math.inf, 0.0, 1.0]],
    ids=["kinks", "nan", "inf"],
)  # fmt: skip
def test_kinks_as_pytorch(name, values):
    torch = pytest.importorskip("torch", reason="PyTorch is an optional peer")
    if name == "power 0.5":  # (-Inf)^b is unspecified
        values = [4.0 if value == -math.inf else value for value in values]
    ours = dl.tensor(values, dtype=dl.float64, requires_grad=True)
    theirs = torch.tensor(values, dtype=torch.float64, requires_grad=True)
    y = AT_KINKS[name](functional, ours)
    expected = AT_KINKS[name](torch.nn.functional, theirs)
    np.testing.assert_allclose(y.detach().numpy(), expected.detach().numpy(), rtol=1e-12)
    y.backward(dl.ones_like(y.detach()))
    expected.backward(torch.ones_like(expected))
    np.testing.assert_allclose(ours.grad.numpy(), theirs.grad.numpy(), rtol=1e-7, atol=1e-12)


def test_helpers_name_their_rule():
    with pytest.raises(OptionError, match="rule to be one of"):
        rules.pointwise(get_backend("cpu"), "nonsense", np.ones(2, np.float32))
