"""Random numbers that depend on what they are for, not on what was drawn before.

A draw is named by a key, the hash of (seed, purpose, module path), and a counter: the step, the
draw's number within the step, the sample's row in the whole batch, the element. So masks and
augmentation are the same whichever way a batch is split over workers, devices or accumulated
pieces, and a run that resumes at a step draws what it would have drawn. `Generator` keeps the part
of this that moves; optimizers call `next_step()`.

    >>> manual_seed(0)
    >>> host_uniform((3,), "docs").tolist()  # the first draw for this purpose
    [0.34196949005126953, 0.4679502844810486, 0.24023616313934326]
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from hashlib import blake2b
from math import prod

import numpy as np

from dlcore.backend.base import Backend, HostArray, Observer, observer
from dlcore.backend.interface.array import Array, Shape
from dlcore.backend.interface.random import Key
from dlcore.backend.meta import MetaBackend
from dlcore.backend.record import guard, host, host_block, note, settle
from dlcore.errors import OptionError
from dlcore.kernels.numpy.philox import row_bits
from dlcore.kernels.numpy.random import random_bits
from dlcore.scope import current_path

VERSION = 1
"""Of the algorithm from seed to values; a checkpoint of another version can't be resumed."""

_WORD = 0xFFFFFFFF


class Generator:
    """What moves while a process draws: the seed, the step, the first row, the call counts.

    Attributes:
        seed: set by `manual_seed`.
        step: how many optimizer steps have been taken.
        row: the global number of the first row of the batch at hand.
        calls: how many draws each key has had in this step.
    """

    def __init__(self, seed: int = 0) -> None:
        self.seed = seed
        self.step = 0
        self.row = 0
        self.calls: dict[Key, int] = {}
        self._outer: list[tuple[int, dict[Key, int]]] = []  # row and calls around each `rows`
        self._entered: Observer | None = None  # the recording that entered the innermost `rows`
        self._clocks: dict[Backend, Array] = {}
        self._counting, self._seeding = object(), object()  # subjects of recording guards

    def restart(self, seed: int, step: int = 0) -> None:
        """Set seed and step; counts start anew."""
        settle(self._counting)
        settle(self._seeding)

        def action() -> None:
            self.seed = seed
            self._to_step(step)

        host(action)

    def next_step(self) -> None:
        """Move to the next step."""
        settle(self._counting)
        host(lambda: self._to_step(self.step + 1))

    @contextmanager
    def rows(self, start: int) -> Iterator[None]:
        """Inside, row 0 of every batch is row `start` of the whole, and counts start from zero."""
        with host_block(lambda: self._enter(start), self._leave):
            before, self._entered = self._entered, observer.get()
            try:
                yield
            finally:
                self._entered = before

    def next_call(self, key: Key) -> int:
        """The number of this draw among those of its key in this step."""
        call = self.calls.get(key, 0)
        self._guard(key, call)

        def action() -> None:
            self.calls[key] = call + 1

        note(action)
        return call

    def clock(self, backend: Backend) -> Array:
        """The array on a device that holds [step, row]."""
        if backend not in self._clocks:
            self._clocks[backend] = backend.upload(self.now())
        return self._clocks[backend]

    def now(self) -> HostArray:
        """What a clock shows, on the host."""
        return _clock(self.step, self.row)

    def _guard(self, key: Key, call: int) -> None:
        """What is recorded holds a key and a call number: they must fit when it is replayed."""
        seed = self.seed
        guard(self._seeding, lambda: self.seed == seed)
        if self._entered is None or self._entered is not observer.get():
            # (counts of `rows` that the recording itself enters start from zero at any replay)
            guard(key, lambda: self.calls.get(key, 0) == call, part_of=self._counting)

    def _to_step(self, step: int) -> None:
        self.step = step
        self.calls.clear()
        for _, calls in self._outer:
            calls.clear()
        self._write()

    def _enter(self, start: int) -> None:
        self._outer.append((self.row, self.calls))
        self.row, self.calls = start, {}
        self._write()

    def _leave(self) -> None:
        inside = self.calls
        self.row, self.calls = self._outer.pop()
        for key, count in inside.items():
            self.calls[key] = max(count, self.calls.get(key, 0))
        self._write()

    def _write(self) -> None:
        for backend, clock in self._clocks.items():
            backend.write(clock, self.now())


generator = Generator()
"""The one that every draw of the process uses."""


def manual_seed(seed: int) -> None:
    """Start all random numbers of the process anew from `seed`, at step 0.

    Raises:
        OptionError: not an integer.
    """
    if isinstance(seed, bool) or not isinstance(seed, int | np.integer):
        raise OptionError(
            "manual_seed", expected="an integer", received=repr(seed), remedy="choose one"
        )
    generator.restart(int(seed))


def initial_seed() -> int:
    """The seed that random numbers depend on."""
    return generator.seed


def next_step() -> None:
    """Say that a training step is complete: draws of the next step are fresh ones."""
    generator.next_step()


def rows(start: int) -> AbstractContextManager[None]:
    """Say where in the whole batch the rows inside the block begin.

    Call counts start from zero inside, so that pieces of a batch that are accumulated draw the
    masks of the whole batch:

        for start in range(0, 64, 16):
            with rows(start):
                loss(model(x[start : start + 16])).backward()
    """
    return generator.rows(start)


def state_dict() -> dict[str, int]:
    """What is needed to continue: seed, step and the algorithm's version."""
    return {"seed": generator.seed, "step": generator.step, "version": VERSION}


def load_state_dict(state: dict[str, int]) -> None:
    """Continue where `state_dict` was taken.

    Raises:
        OptionError: the state is of another version of the algorithm.
    """
    if state["version"] != VERSION:
        raise OptionError(
            "random state",
            expected=f"version {VERSION}",
            received=f"version {state['version']}",
            remedy="resume with the version of dlcore that wrote it, or start with a seed",
        )
    generator.restart(state["seed"], state["step"])


# -- draws on a device ---------------------------------------------------------------------------


def key(purpose: str) -> Key:
    """Two words from the hash of the seed, the purpose and the path of the running module."""
    return _hash(purpose, current_path())


def draw(purpose: str, backend: Backend) -> tuple[Array, Key, int]:
    """Clock, key and call number: what the primitives of randomness take."""
    name = key(purpose)
    return generator.clock(backend), name, generator.next_call(name)


# -- draws on the host: float64 from bits, then rounded, the same for all devices ------------

Bits = Callable[[Shape], HostArray]
"""Gives the uint32 words of the draw at hand for any shape."""
Values = Callable[[Shape, Bits], HostArray]
"""Makes values of a shape from bits."""


def uniform_values(shape: Shape, bits: Bits) -> HostArray:
    """From 0 to below 1, in steps of 2**-24: no rounding to float32 can reach 1."""
    return (bits(shape) >> 8) * 0.5**24


def normal_values(shape: Shape, bits: Bits) -> HostArray:
    """Mean 0, variance 1: pairs of neighbours in a row by Box and Muller's transform.

    r = sqrt(-2 ln u), a = 2 pi v; r cos a and r sin a are independent normals.
    Source: Box and Muller, A note on the generation of random normal deviates, 1958.
    """
    count, length = (shape[0], prod(shape[1:])) if shape else (1, 1)
    pairs = bits((count, -(-length // 2), 2)) * 0.5**32 + 0.5**33  # never 0
    radius, angle = np.sqrt(-2 * np.log(pairs[..., 0])), 2 * np.pi * pairs[..., 1]
    pairs[..., 0], pairs[..., 1] = radius * np.cos(angle), radius * np.sin(angle)
    return pairs.reshape(count, 2 * pairs.shape[1])[:, :length].reshape(shape)


def permutation_values(shape: Shape, bits: Bits) -> HostArray:
    """0 to n - 1 in random order, for the shape (n,): the order of n 64-bit numbers."""
    high, low = bits((1, *shape, 2))[0].T.astype(np.uint64)
    return np.argsort(high << 32 | low, kind="stable")


def draw_on_host(backend: Backend, target: Array, purpose: str, make: Values) -> None:
    """Write host values into an array, fresh ones at each replay of a recorded step."""
    name = key(purpose)
    call, shape = generator.next_call(name), target.shape
    if isinstance(backend, MetaBackend):  # a large model is laid out without drawing it
        return
    host(lambda: backend.write(target, make(shape, _source(generator.now(), name, call))))


def host_uniform(shape: Shape, purpose: str, *, at: tuple[int, int] | None = None) -> HostArray:
    """float32 values from 0 to below 1, on the host.

    Args:
        shape: of the result; axis 0 counts rows.
        purpose: what the values are for; other purposes have other values.
        at: (step or epoch, first row) makes the values a pure function of the seed, the purpose
            and these, as loader threads need it; None is the next draw of the running step.
    """
    return uniform_values(shape, _host_source(purpose, at)).astype(np.float32)


def host_normal(shape: Shape, purpose: str, *, at: tuple[int, int] | None = None) -> HostArray:
    """float32 values of mean 0 and variance 1, on the host; arguments as `host_uniform`."""
    return normal_values(shape, _host_source(purpose, at)).astype(np.float32)


def sample_uniform(
    samples: HostArray, count: int, purpose: str, epoch: int, call: int = 0
) -> HostArray:
    """float32 (n, count) from 0 to below 1: row i is a function of sample i, whatever its batch.

    Args:
        samples: the samples' numbers in the data set, (n,).
        count: values for each.
        purpose, epoch: what the values are for, and when.
        call: the how many-th draw for this purpose.
    """
    bits = row_bits(samples.astype(np.uint64), count, epoch, _hash(purpose, ""), call)
    return ((bits >> 8) * 0.5**24).astype(np.float32)


def permutation(count: int, purpose: str, epoch: int) -> HostArray:
    """0 to count - 1 in an order that depends on seed, purpose and epoch alone."""
    return permutation_values((count,), _host_source(purpose, (epoch, 0)))


def _host_source(purpose: str, at: tuple[int, int] | None) -> Bits:
    if at is not None:
        return _source(_clock(*at), _hash(purpose, ""), 0)
    name = key(purpose)
    return _source(generator.now(), name, generator.next_call(name))


def _source(clock: HostArray, name: Key, call: int) -> Bits:
    def bits(shape: Shape) -> HostArray:
        words = np.empty(shape, np.uint32)
        random_bits(clock, words, shape=shape, order=None, key=name, call=call)
        return words

    return bits


def _clock(step: int, row: int) -> HostArray:
    return np.array([step & _WORD, row & _WORD], np.uint32)


def _hash(purpose: str, path: str) -> Key:
    text = "\0".join((str(VERSION), str(generator.seed), purpose, path))
    low, high = np.frombuffer(blake2b(text.encode(), digest_size=8).digest(), "<u4")
    return int(low), int(high)
