"""Threads that do the pieces of tasks together, and never wait for one that the system holds back.

A program is what tasks have to do, one after the other: their words (`Task.words`), joined. The
thread that starts one leads: it opens task after task and does pieces itself. Helpers take pieces
of whatever is open. The leader waits for pieces that helpers have begun, but not for helpers, so
that on a busy machine a program is never slower than on one thread. Libraries for parallel loops
wait until every thread has passed, which there costs a turn of the scheduler for each task.

Helpers are Python threads inside compiled code (`crew`). After a while without work they return
from it and sleep.
"""

from __future__ import annotations

import os
import threading

import numpy as np

from dlcore.kernels.cpu import crew
from dlcore.kernels.cpu.address import address
from dlcore.kernels.cpu.crew import CLOSED, LINE, LINES, RUNNING, TICKET
from dlcore.kernels.cpu.task import Words

_lock = threading.Lock()
_team: Team | None = None


def start(program: Words, threads: int, memory: int) -> None:
    """Do a program, by at most so many threads, which share the memory at an address."""
    begin = address(program)
    end = begin + program.nbytes
    if threads > 1:
        (_team or _made()).run(begin, end, threads, memory)
    else:
        crew.alone()(begin, end, memory)


class Team:
    """A leader at a time, and helpers, which are hired when they are first wanted."""

    def __init__(self) -> None:
        record = np.zeros((LINES + 1) * LINE // 8, np.int64)
        first = -(-address(record) // LINE) * LINE - address(record)
        self._record = record[first // 8 : first // 8 + LINES * LINE // 8]
        self._record[TICKET // 8] = CLOSED
        self._leads = threading.Lock()
        self._helpers: list[_Helper] = []

    def run(self, begin: int, end: int, threads: int, memory: int) -> None:
        """Do the program between two addresses; alone, while the team has another leader."""
        if not self._leads.acquire(blocking=False):
            crew.alone()(begin, end, memory)
            return
        record = address(self._record)
        try:
            while len(self._helpers) < threads - 1:
                self._helpers.append(_Helper(len(self._helpers) + 1, self._record))
            self._record[RUNNING // 8] = threads
            for helper in self._helpers[: threads - 1]:
                helper.wake()
            crew.leading()(record, begin, end, memory)
        finally:
            self._record[RUNNING // 8] = 0
            self._leads.release()


class _Helper:
    """A thread that helps whoever leads."""

    def __init__(self, number: int, record: Words) -> None:
        self.number, self.record = number, record
        self.awake = False
        self.called = threading.Semaphore(0)
        help_out = crew.helping()  # compiled by whoever leads, for once
        threading.Thread(
            target=self._help, args=(help_out,), name=f"dlcore {number}", daemon=True
        ).start()

    def wake(self) -> None:
        """Called by the leader after it has noted that it runs."""
        if not self.awake:
            self.awake = True
            self.called.release()

    def _help(self, help_out: crew.Helping) -> None:
        place = address(self.record)
        while True:
            self.called.acquire()
            help_out(place, self.number)
            self.awake = False
            # A leader that began just now has taken it for awake.
            while self.record[RUNNING // 8] > self.number:
                self.awake = True
                help_out(place, self.number)
                self.awake = False


def _made() -> Team:
    global _team
    with _lock:
        if _team is None:
            _team = Team()
        return _team


def _after_fork() -> None:
    """The child has no helpers; it hires its own."""
    global _team, _lock
    _team, _lock = None, threading.Lock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
