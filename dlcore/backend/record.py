"""Recording: a step runs once and is written down, then replays without autograd.

The recorder watches the launches of its thread: the same calls on the same memory are the same
step, so views need no record, and a replay gives the bits of the eager run, unless it was fused.
What the host does within a step (a learning rate written into a slot, a counter moved on) is a host
action: written down in its place, and done again at each replay.

Afterwards the record is arranged: launches with nothing but notes between them are handed to their
backend together, which may fuse them, and what was the step's alone gets its place in an arena.
"""

from __future__ import annotations

import gc
from collections.abc import Callable, Hashable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any, NamedTuple

from dlcore.backend.base import Backend, Call, observer
from dlcore.backend.fusion.primitives import FUSED
from dlcore.backend.interface.array import Array
from dlcore.backend.memory import Memory, operands
from dlcore.errors import RecordError

Action = Callable[[], None]
Guard = Callable[[], bool]


class Enter(NamedTuple):
    """The begin of a block of a step, and what ends the block."""

    action: Action
    leave: Action


class Leave(NamedTuple):
    """The end of the innermost block."""


class Note(NamedTuple):
    """A host action that no launch reads or writes after: it may be done some launches later."""

    action: Action


Step = Call | Action | Note | Enter | Leave


class Program:
    """The straight line of a recorded step.

    Attributes:
        steps: launches and host actions in order; once arranged, actions take the launches' place.
        memory: what the arrays of the launches stand for, until they are arranged.
        guards: conditions on the host's state that were true when it was recorded.
        refusal: why the step can't be replayed, if it can't.
        exact: whether a replay gives the bits of the eager step; not where sums are fused.
    """

    def __init__(self) -> None:
        self.steps: list[Step] = []
        self.memory: Memory | None = Memory()
        self.guards: list[Guard] = []
        self.refusal: RecordError | None = None
        self.exact = True

    def fits(self) -> bool:
        """Whether the host's state is still what the program was recorded for."""
        return all(guard() for guard in self.guards)

    def arrange(self) -> None:
        """Prepare the launches for replay; nobody may hold arrays of the step but those who will.

        Notes move behind the launches that they stand between.
        """
        assert self.memory is not None
        memory, self.memory = self.memory, None
        gc.collect(1)  # arrays that only young cycles hold are nobody's
        for backend in {step.backend for step in self.steps if isinstance(step, Call)}:
            self.guards.append(_configured(backend))
        gathered = _gathered(self.steps)
        stretches = [step for step in gathered if isinstance(step, list)]
        fused = _fused(stretches, memory)
        launches = [call for calls in fused for call in calls]
        self.exact = not any(call.primitive.name in FUSED for call in launches)
        array = memory.settle(launches)
        self.steps = []
        for step in gathered:
            if not isinstance(step, list):
                self.steps.append(step)
            elif calls := fused.pop(0):
                backend = calls[0].backend
                self.steps += backend.prepared([_replaced(call, array) for call in calls])

    def replay(self) -> None:
        """Do it again, on the same memory; where it fails, open blocks are left, as eagerly."""
        blocks: list[Action] = []
        try:
            for step in self.steps:
                if isinstance(step, Enter):
                    step.action()
                    blocks.append(step.leave)
                elif isinstance(step, Leave):
                    blocks.pop()()
                elif isinstance(step, Note):
                    step.action()
                else:
                    assert not isinstance(step, Call)
                    step()
        finally:
            while blocks:
                blocks.pop()()


def _configured(backend: Backend) -> Guard:
    """That a backend's configuration is what it is now."""
    known = replace(backend.configuration)
    return lambda: backend.configuration == known


def _gathered(steps: Sequence[Step]) -> list[list[Call] | Step]:
    """The steps, with launches of one backend together over the notes between them.

    Notes move behind; but before, where one of the launches checks values: if it fails, what was
    noted before it has been done.
    """
    gathered: list[list[Call] | Step] = []
    calls: list[Call] = []
    before: list[Note] = []
    after: list[Note] = []

    def close() -> None:
        gathered.extend([*before, list(calls), *after])
        for part in (calls, before, after):
            part.clear()

    for step in steps:
        if isinstance(step, Note):
            after.append(step)
        elif isinstance(step, Call):
            if calls and calls[0].backend is not step.backend:
                close()
            calls.append(step)
            if step.primitive.checks_values:
                before += after
                after.clear()
        else:
            close()
            gathered.append(step)
    close()
    return gathered


def _fused(stretches: Sequence[Sequence[Call]], memory: Memory) -> list[Sequence[Call]]:
    """What backends make of each stretch; memory that is nobody else's, they may leave out."""
    used = [{view.owner for call in calls for view, _ in operands(call)} for calls in stretches]
    fused: list[Sequence[Call]] = []
    for number, calls in enumerate(stretches):
        others = set().union(*used[:number], *used[number + 1 :])
        own = {owner for owner in used[number] - others if memory.owner(owner) is None}
        if calls and calls[0].backend.configuration.fusion:
            calls = calls[0].backend.fused(calls, memory, own)
        fused.append(calls)
    return fused


def _replaced(call: Call, change: Callable[[Any], Any]) -> Call:
    """The call with other arrays."""
    return call._replace(
        arrays=tuple(change(array) for array in call.arrays),
        outputs=tuple(change(array) for array in call.outputs),
    )


class Recorder:
    """Writes what it observes into a program."""

    def __init__(self) -> None:
        self.program = Program()
        self.settled: set[Hashable] = set()

    def launched(self, call: Call) -> None:
        memory = self.program.memory
        assert memory is not None
        arrays = tuple(memory.see(array, written=False) for array in call.arrays)
        outputs = tuple(memory.see(array, written=True) for array in call.outputs)
        self.program.steps.append(call._replace(arrays=arrays, outputs=outputs))

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


def note(action: Action) -> None:
    """The same for an action on the host's own state, which no launch reads: see `Note`."""
    action()
    again(Note(action))


def again(step: Action | Note | Enter | Leave) -> None:
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
