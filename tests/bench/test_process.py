"""Contenders in processes of their own: what they tell, and how they die."""

import os
import sys

import pytest

from dlcore.bench import Contender
from dlcore.errors import ProcessError

SERVER = """
import os, sys, time
import numpy as np
from dlcore.bench.process import first_steps, open_channel, serve
channel = open_channel()
print("for nobody")

def step():
    {body}
    return np.arange(12.0)

facts = first_steps(step, 2)
facts["threads"] = [os.environ[name] for name in ("OMP_NUM_THREADS", "NUMBA_NUM_THREADS")]
facts["more"] = os.environ.get("MORE")
serve(step, facts, channel)
"""


def contender(body="pass", **options):
    return Contender("it", [sys.executable, "-c", SERVER.format(body=body)], 1, **options)


def test_facts_turns_and_peak():
    with contender("time.sleep(0.01)", environment={"MORE": "yes"}) as it:
        assert it.facts["values"] == [[float(n) for n in range(10)]] * 2
        assert it.facts["first"] >= 0.01
        assert it.facts["threads"] == ["1", "1"]
        assert it.facts["more"] == "yes"
        for steps in (1, 3):
            seconds = it.turn(steps)
            assert len(seconds) == steps
            assert min(seconds) >= 0.01
        it.close()
    assert 10e6 < it.peak_memory < 1e9


def test_the_peak_is_its_own():
    """Not that of the process that started it, which is larger."""
    ballast = b"x" * 200_000_000
    with contender() as small, contender("step.held = b'x' * 150_000_000") as large:
        small.close()
        large.close()
    assert len(ballast) > small.peak_memory
    assert large.peak_memory > small.peak_memory + 140e6


def test_it_dies_before_it_is_ready():
    with pytest.raises(ProcessError, match=r"it: .*exit status 1 \(RuntimeError: too hot\)"):
        contender("raise RuntimeError('too hot')")


def test_it_dies_in_a_turn():
    body = "step.calls = getattr(step, 'calls', 0) + 1; step.calls < 5 or os._exit(7)"
    with contender(body) as it:
        it.turn(1)
        with pytest.raises(ProcessError, match="exit status 7"):
            it.turn(1)
        with pytest.raises(ProcessError, match="exit status 7"):
            it.turn(1)


def test_no_process_is_left():
    with contender() as it:
        number = it._process.pid
    with pytest.raises(ProcessLookupError):
        os.kill(number, 0)
