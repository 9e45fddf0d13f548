"""Pointwise rules in vector code against the NumPy kernels: any strides, all three dtypes."""

import functools
import zlib

import ml_dtypes
import numpy as np
import pytest

pytest.importorskip("numba")

from dlcore.backend.interface.pointwise import RULES
from dlcore.kernels.cpu import rules
from dlcore.kernels.cpu.elements import BLOCK
from dlcore.kernels.cpu.launch import Script, taping
from dlcore.kernels.cpu.pointwise import Step, chain, pointwise
from dlcore.kernels.cpu.threads import set_thread_count
from dlcore.kernels.numpy.pointwise import pointwise as by_numpy

SLOW = pytest.mark.slow  # as bfloat16, with other conversions
DTYPES = (np.float32, ml_dtypes.bfloat16, pytest.param(np.float16, marks=SLOW))
COMMON = ("add", "multiply_number", "relu", "relu_gradient", "where", "less", "silu")
QUICK = functools.partial(np.random.default_rng, 0)


def operands(rule, shape, dtype):
    generator = np.random.default_rng(zlib.crc32(rule.encode()))
    for name in RULES[rule].operands:
        x = generator.standard_normal(shape)
        yield x > 0 if name == "mask" else x.astype(dtype)


def compare(arrays, rule, shape=None, dtype=np.float32):
    known = RULES[rule]
    parameters = (0.7, 1.3, 2.1)[: len(known.parameters)]
    result = np.bool_ if known.result else dtype
    expected, actual = np.empty(shape, result), np.empty(shape, result)
    with np.errstate(all="ignore"):
        by_numpy(*arrays, expected, rule=rule, parameters=parameters)
    with taping() as tape:
        pointwise(*arrays, actual, rule=rule, parameters=parameters)
    assert tape.complete == (rule in rules.RULES)
    digits = 2e-6 if dtype == np.float32 else float(ml_dtypes.finfo(dtype).eps) * 1.01
    np.testing.assert_allclose(actual.astype(np.float64), expected.astype(np.float64), digits, 2e-6)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("rule", COMMON)
def test_dtypes(rule, dtype):
    compare(list(operands(rule, (3, 37), dtype)), rule, (3, 37), dtype)


@pytest.mark.slow
@pytest.mark.parametrize("rule", sorted(rules.RULES))
def test_every_rule(rule):
    compare(list(operands(rule, (3, 37), np.float32)), rule, (3, 37))


def test_rules_are_the_contract_s():
    assert rules.RULES.keys() <= RULES.keys()
    truths = {name for name in rules.RULES if RULES[name].result}
    assert truths == rules.TRUTH


VIEWS = {
    "channels": lambda a, b: (a, b[:1, :, :1, :1]),
    "samples": lambda a, b: (a, b[:, :1, :1, :1]),
    "pixels": lambda a, b: (a, b[:, :1]),
    "one": lambda a, b: (a, b[:1, :1, :1, :1]),
    "broadcast first": lambda a, b: (b[:, :1], a),
    "another order": lambda a, b: (a, b.transpose(0, 1, 3, 2)),
    "gaps": lambda a, b: (a[:, ::2], b[:, 1::2]),
    "backwards": lambda a, b: (a[:, ::-1], b[:, :, ::-1]),
}


@pytest.mark.parametrize("name", VIEWS)
@pytest.mark.parametrize("channels_last", [False, True])
def test_views(name, channels_last):
    a, b = QUICK().standard_normal((2, 5, 18, 7, 7)).astype(np.float32)
    if channels_last:
        a, b = (np.ascontiguousarray(x.transpose(0, 2, 3, 1)).transpose(0, 3, 1, 2) for x in (a, b))
    x, z = VIEWS[name](a, b)
    shape = np.broadcast_shapes(x.shape, z.shape)
    x, z = np.broadcast_to(x, shape), np.broadcast_to(z, shape)
    out = np.full((2 * shape[0], *shape[1:]), 99, np.float32)
    pointwise(x, z, out[::2], rule="subtract", parameters=())
    np.testing.assert_array_equal(out[::2], x - z)
    np.testing.assert_array_equal(out[1::2], 99)


def test_axes_too_many_and_none():
    x = QUICK().standard_normal((4,) * 7).astype(np.float32)[::2, ::2, ::2, ::2, ::2, ::2, ::2]
    y = np.zeros_like(x)
    pointwise(x, y, rule="square", parameters=())
    np.testing.assert_array_equal(y, x * x)
    for shape in ((), (0, 3), (1, 1)):
        compare(list(operands("add", shape, np.float32)), "add", shape)


def test_unaligned_memory_and_an_output_that_is_an_operand():
    memory = np.zeros(4 * 100 + 1, np.uint8)
    x = memory[1:].view(np.float32)
    x[:] = np.arange(100)
    pointwise(x, x, x, rule="add", parameters=())
    np.testing.assert_array_equal(x, 2 * np.arange(100))


def test_threads_give_the_same_bits():
    x = QUICK().standard_normal((3, BLOCK + 5)).astype(np.float32)
    results = []
    for threads in (1, 2):
        set_thread_count(threads)
        try:
            y = np.empty_like(x)
            pointwise(x, y, rule="gelu", parameters=())
            results.append(y)
        finally:
            set_thread_count(None)
    np.testing.assert_array_equal(*results)


@pytest.mark.parametrize("dtype", DTYPES)
def test_chain_is_its_kernels_one_after_the_other(dtype):
    a, b = (QUICK().standard_normal((2, 4, 33)) * 3).astype(dtype)
    w = np.broadcast_to(a[:1, :1], a.shape)
    added, scaled, rectified, mask = (np.empty(a.shape, dtype) for _ in range(4))
    pointwise(a, b, added, rule="add", parameters=())
    pointwise(added, w, scaled, rule="multiply", parameters=())
    pointwise(scaled, rectified, rule="leaky_relu", parameters=(0.3,))
    mask, kept = np.empty(a.shape, np.bool_), np.empty_like(added)
    pointwise(a, b, mask, rule="less", parameters=())
    pointwise(mask, rectified, kept, rule="keep", parameters=())
    results = np.empty_like(added), np.empty_like(kept), np.empty_like(mask)
    steps = [
        Step("add", (0, 1)),
        Step("multiply", (3, 2)),
        Step("leaky_relu", (4,), (0.3,)),
        Step("less", (0, 1)),
        Step("keep", (6, 5)),
    ]
    with taping() as tape:
        chain(steps, [a, b, w], [(3, results[0]), (7, results[1]), (6, results[2])])
    for _ in range(2):
        for result, expected in zip(results, (added, kept, mask), strict=True):
            np.testing.assert_array_equal(result, expected)
            result[...] = 0
        Script(tape.launches).run()
