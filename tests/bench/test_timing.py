"""Turns, medians and quartiles."""

import math
import time

import pytest

from dlcore.bench import Timing, measure, repeated


def test_turns_are_interleaved():
    seen = []

    def contender(name):
        def turn(steps):
            seen.append(name)
            return [float(len(seen))] * steps

        return turn

    timings = measure({"a": contender("a"), "b": contender("b")}, turns=3, steps=2, rest=0)
    assert seen == ["a", "b"] * 4  # the first is to warm up
    assert timings["a"].seconds == [3, 3, 5, 5, 7, 7]
    assert timings["b"].seconds == [4, 4, 6, 6, 8, 8]


def test_rest_before_each_turn(monkeypatch):
    rests = []
    monkeypatch.setattr(time, "sleep", rests.append)
    measure({"a": lambda steps: []}, turns=3, rest=0.25)
    assert rests == [0.25] * 3


@pytest.mark.parametrize(
    ("seconds", "median", "quartiles"),
    [
        ([4.0], 4, (4, 4)),
        ([1.0, 3.0], 2, (1.5, 2.5)),
        ([5.0, 1.0, 2.0, 3.0, 4.0], 3, (2, 4)),
    ],
)
def test_median_and_quartiles(seconds, median, quartiles):
    timing = Timing(seconds)
    assert timing.median == median
    assert timing.quartiles == quartiles


def test_no_steps():
    assert math.isnan(Timing([]).median)


def clock(monkeypatch, cost):
    """A function that takes `cost` seconds by the clock that is measured with."""
    now, calls = [0.0], []

    def function():
        now[0] += cost
        calls.append(now[0])

    monkeypatch.setattr(time, "perf_counter", lambda: now[0])
    return function, calls


def test_the_first_call_of_a_turn_is_not_timed(monkeypatch):
    function, calls = clock(monkeypatch, 2.0)
    assert repeated(function)(3) == [2, 2, 2]
    assert len(calls) == 4


def test_short_functions_are_repeated(monkeypatch):
    function, calls = clock(monkeypatch, 0.25)
    assert repeated(function, least=1.0)(2) == [0.25, 0.25]
    assert len(calls) == 1 + 2 * 4
