"""Times of contenders that take turns, so that a machine's moods meet them all alike."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from statistics import median, quantiles
from typing import Any

Turn = Callable[[int], list[float]]
"""Runs so many timed steps and returns their seconds."""

REST = 0.1
"""Seconds between turns: a pool of threads spins for a while before it sleeps, and takes cores."""


@dataclass(frozen=True)
class Timing:
    """Seconds of single steps, in the order in which they were taken.

    >>> timing = Timing([3.0, 1.0, 2.0, 4.0, 100.0])
    >>> timing.median, timing.quartiles
    (3.0, (2.0, 4.0))
    """

    seconds: list[float]

    @property
    def median(self) -> float:
        """Half of the steps were faster; NaN without steps."""
        return median(self.seconds) if self.seconds else float("nan")

    @property
    def quartiles(self) -> tuple[float, float]:
        """The middle half of the steps lies between them: the spread."""
        if len(self.seconds) < 2:
            return self.median, self.median
        low, _, high = quantiles(self.seconds, method="inclusive")
        return low, high


def repeated(function: Callable[[], Any], least: float = 0.0) -> Turn:
    """Turns of a function; each begins with an untimed call, for caches that another has filled.

    Args:
        least: seconds that a timed step lasts at least: short functions are called again and
            again, and the step's time is that of a call.
    """

    def step() -> float:
        calls, start = 0, time.perf_counter()
        while True:
            function()
            calls += 1
            seconds = time.perf_counter() - start
            if seconds >= least:
                return seconds / calls

    def turn(steps: int) -> list[float]:
        function()
        return [step() for _ in range(steps)]

    return turn


def measure(
    contenders: Mapping[str, Turn], turns: int = 5, steps: int = 5, rest: float = REST
) -> dict[str, Timing]:
    """Let contenders take turns until each had all of them; an untimed one goes before, to warm up.

    Args:
        contenders: by name; called again and again with `steps`.
        turns: of each contender.
        steps: timed steps in a turn.
        rest: seconds before each turn.

    Returns: the times of all steps, by name.
    """
    for turn in contenders.values():
        turn(0)
    seconds: dict[str, list[float]] = {name: [] for name in contenders}
    for _ in range(turns):
        for name, turn in contenders.items():
            time.sleep(rest)
            seconds[name] += turn(steps)
    return {name: Timing(times) for name, times in seconds.items()}
