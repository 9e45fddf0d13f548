"""Optimizer steps against the NumPy kernels."""

import ml_dtypes
import numpy as np
import pytest

pytest.importorskip("numba")

from dlcore.backend.interface.optim import RULES
from dlcore.kernels.cpu import optim, updates
from dlcore.kernels.cpu.launch import Script, taping
from dlcore.kernels.cpu.threads import set_thread_count
from dlcore.kernels.numpy import optim as by_numpy

SLOW = pytest.mark.slow  # as bfloat16, with other conversions
DTYPES = (np.float32, ml_dtypes.bfloat16, pytest.param(np.float16, marks=SLOW))
NUMBERS = {
    "lr": 0.01, "momentum": 0.9, "dampening": 0.1, "weight_decay": 0.02, "beta1": 0.9,
    "beta2": 0.99, "eps": 1e-6, "lr_decay": 0.1, "initial_accumulator_value": 0.3, "rho": 0.9,
    "alpha": 0.95, "eta_minus": 0.5, "eta_plus": 1.2, "step_min": 1e-3, "step_max": 0.02,
    "trust_coefficient": 0.01,
}  # fmt: skip


def problem(rule, dtype=np.float32, count=1003, steps=0.0):
    generator = np.random.default_rng(3)
    known = RULES[rule]
    arrays = generator.standard_normal((2 + len(known.state), count))
    if steps == 0:
        arrays[2:] = 0
    slots = np.array([steps, *(NUMBERS[name] for name in known.slots)])
    parameter, gradient, *state = (
        np.abs(x).astype(dtype) if i > 2 else x.astype(dtype) for i, x in enumerate(arrays)
    )
    return (
        parameter,
        gradient,
        slots,
        np.array(4, np.float32),
        np.array(True),
        *state,
    )


def step(module, arrays, rule, maximize=False):
    outputs = [arrays[0].copy(), *(x.copy() for x in arrays[5:])]
    with np.errstate(all="ignore"):
        module.update(*arrays, *outputs, rule=rule, maximize=maximize)
    return outputs


def same(actual, expected, digits=2e-6):
    for one, other in zip(actual, expected, strict=True):
        finest = float(ml_dtypes.finfo(one.dtype).eps)
        np.testing.assert_allclose(
            one.astype(np.float64), other.astype(np.float64), max(digits, finest), digits
        )


@pytest.mark.parametrize("steps", [0.0, 7.0])
@pytest.mark.parametrize("rule", RULES)
def test_rules(rule, steps):
    arrays = problem(rule, steps=steps)
    same(step(optim, arrays, rule, steps > 0), step(by_numpy, arrays, rule, steps > 0))


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("rule", ["sgd", "adam"])
def test_dtypes(rule, dtype):
    arrays = problem(rule, dtype, steps=3.0)
    same(step(optim, arrays, rule), step(by_numpy, arrays, rule))


def test_only_rules_with_norms_are_left_to_numpy():
    assert updates.RULES.keys() == {name for name, rule in RULES.items() if not rule.norms}


def test_in_place_with_gaps_and_nothing_else_written():
    parameter, gradient, slots, scale, finite, buffer = problem("sgd", count=40, steps=1.0)
    memory = np.full((3, 40, 2), 99, np.float32)
    for x, y in zip(memory[..., 0], (parameter, gradient, buffer), strict=True):
        x[...] = y
    p, g, b = memory[..., 0]
    optim.update(p, g, slots, scale, finite, b, p, b, rule="sgd", maximize=False)
    same([p, b], step(by_numpy, (parameter, gradient, slots, scale, finite, buffer), "sgd"))
    np.testing.assert_array_equal(g, gradient)
    np.testing.assert_array_equal(memory[..., 1], 99)


def test_a_step_that_is_not_finite_changes_nothing():
    parameter, gradient, slots, scale, _, *state = problem("adam", steps=2.0)
    gradient[5] = np.inf
    arrays = (parameter, gradient, slots, scale, np.array(False), *state)
    same(step(optim, arrays, "adam"), [parameter, *state], 0)


def test_replays_read_the_slots_anew():
    parameter, gradient, slots, scale, finite, buffer = problem("sgd", count=50)
    other = parameter.copy(), buffer.copy(), slots.copy()
    with taping() as tape:
        optim.update(
            parameter,
            gradient,
            slots,
            scale,
            finite,
            buffer,
            parameter,
            buffer,
            rule="sgd",
            maximize=False,
        )
        optim.count_step(slots, finite, slots)
    assert tape.complete
    script = Script(tape.launches)
    for lr in (0.1, 0.2, 0.3):
        slots[1] = lr
        script.run()
    p, b, slots = other
    for lr in (NUMBERS["lr"], 0.1, 0.2, 0.3):
        slots[1] = lr
        by_numpy.update(p, gradient, slots, scale, finite, b, p, b, rule="sgd", maximize=False)
        by_numpy.count_step(slots, finite, slots)
    same([parameter, buffer], [p, b])


def test_count_step():
    slots, counted = np.array([4.0, 0.5, 0.25]), np.zeros(3)
    for finite in (True, False):
        optim.count_step(slots, np.array(finite), counted)
        np.testing.assert_array_equal(counted, [4.0 + finite, 0.5, 0.25])


def test_threads_give_the_same_bits():
    results = []
    for threads in (1, 2):
        set_thread_count(threads)
        try:
            results.append(step(optim, problem("adam", count=3 * optim.BLOCK + 7), "adam"))
        finally:
            set_thread_count(None)
    same(*results, 0)
