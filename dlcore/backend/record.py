"""Recording: a step runs once and is written down, then replays without autograd.

The recorder watches the launches of its thread. It keeps every array of the step alive, so the same
calls on the same memory are the same step: views need no record, and a replay gives the bits of
the eager run. What the host does within a step (a learning rate written into a slot, a counter
moved on) is a host action: noted in its place, and done again at each replay.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from typing import NamedTuple

from dlcore.backend.base import Call, observer
from dlcore.backend.interface.array import Array
from dlcore.errors import RecordError

Action = Callable[[], None]
Guard = Callable[[], bool]


class Enter(NamedTuple):
    """The begin of a block of a step, and what ends the block."""

    action: Action
    leave: Action


class Leave(NamedTuple):
    """The end of the innermost block."""


class Program:
    """The straight line of a recorded step.

    Attributes:
        steps: launches and host actions in order.
        guards: conditions on the host's state that were true when it was recorded.
        refusal: why the step can't be replayed, if it can't.
    """

    def __init__(self) -> None:
        self.steps: list[Call | Action | Enter | Leave] = []
        self.guards: list[Guard] = []
        self.refusal: RecordError | None = None

    def fits(self) -> bool:
        """Whether the host's state is still what the program was recorded for."""
        return all(guard() for guard in self.guards)

    def replay(self) -> None:
        """Do it again, on the same memory; where it fails, open blocks are left, as eagerly."""
        blocks: list[Action] = []
        try:
            for step in self.steps:
                if isinstance(step, Call):
                    step.backend.execute(step)
                elif isinstance(step, Enter):
                    step.action()
                    blocks.append(step.leave)
                elif isinstance(step, Leave):
                    blocks.pop()()
                else:
                    step()
        finally:
            while blocks:
                blocks.pop()()


class Recorder:
    """Writes what it observes into a program."""

    def __init__(self) -> None:
        self.program = Program()
        self.settled: set[Hashable] = set()

    def launched(self, call: Call) -> None:
        self.program.steps.append(call)

    def downloaded(self, array: Array) -> None:
        """A replay would have to stop here for the host: this step can only run eagerly."""
        self.program.refusal = RecordError(
            "recorded step",
            expected="a step that stays on the device",
            received=f"a value of shape {array.shape} read by the host",
            remedy="return the tensor and read it outside",
        )


@contextmanager
def recording() -> Iterator[Program]:
    """Record the launches and host actions of this thread inside the block."""
    recorder = Recorder()
    token = observer.set(recorder)
    try:
        yield recorder.program
    finally:
        observer.reset(token)


def host(action: Action) -> None:
    """Run a host action now, and at this place of every replay if a step is being recorded."""
    action()
    again(action)


def again(step: Action | Enter | Leave) -> None:
    """Run a host action at this place of every replay, but not now."""
    recorder = observer.get()
    if isinstance(recorder, Recorder):
        recorder.program.steps.append(step)


@contextmanager
def host_block(enter: Action, leave: Action) -> Iterator[None]:
    """A block between two host actions; the second one is done even if the block fails."""
    enter()
    again(Enter(enter, leave))
    try:
        yield
    finally:
        leave()
        again(Leave())


def refuse(reason: RecordError) -> None:
    """Say that what is being recorded can't be replayed."""
    recorder = observer.get()
    if isinstance(recorder, Recorder):
        recorder.program.refusal = reason


def guard(subject: Hashable, condition: Guard, part_of: Hashable = None) -> None:
    """Replay what is being recorded only while `condition` holds when the step begins.

    Of the conditions on one subject only the first counts: later ones see what the step itself has
    made of it. A condition on what is `part_of` something settled doesn't count either.
    """
    recorder = observer.get()
    if isinstance(recorder, Recorder) and not recorder.settled & {subject, part_of}:
        recorder.settled.add(subject)
        recorder.program.guards.append(condition)


def settle(subject: Hashable) -> None:
    """Say that the step has set `subject` itself, so that its state before doesn't matter."""
    recorder = observer.get()
    if isinstance(recorder, Recorder):
        recorder.settled.add(subject)
