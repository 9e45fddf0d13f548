"""Contenders in processes of their own: one works while the others block on a pipe.

So no two pools of threads compete, and the memory of a process is that of one contender. The
process that measures sends a number of steps, a line each time, and reads a line of JSON with their
seconds. When nobody asks any more, the contender tells its peak of memory and ends.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from types import TracebackType
from typing import Any, Self, TextIO

from dlcore.bench.memory import peak_memory
from dlcore.bench.provenance import thread_variables
from dlcore.bench.timing import repeated
from dlcore.errors import ProcessError


class Contender:
    """A process that calls `serve`, started and ready.

    Args:
        name: for messages.
        command: what starts it.
        threads: that its libraries may use.
        environment: more variables for it.

    Attributes:
        facts: what it told when it was ready.
        peak_memory: bytes, once it is closed.

    Raises:
        ProcessError: it ended instead; here and in `turn` and `close`.
    """

    def __init__(
        self,
        name: str,
        command: Sequence[str],
        threads: int,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        self.name = name
        self.peak_memory = 0
        self._errors = tempfile.TemporaryFile("w+")  # noqa: SIM115  # closed by `kill`
        self._process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            text=True,
            env={**os.environ, **thread_variables(threads), **(environment or {})},
        )
        try:
            self.facts: dict[str, Any] = self._answer()
        except BaseException:
            self.kill()
            raise

    def turn(self, steps: int) -> list[float]:
        """Seconds of so many steps, after an untimed one."""
        assert self._process.stdin is not None
        with suppress(BrokenPipeError):  # it has died, and `_answer` says why
            print(steps, file=self._process.stdin, flush=True)
        seconds: list[float] = self._answer()
        return seconds

    def close(self) -> None:
        """Let it end, and learn its peak of memory."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        self.peak_memory = self._answer()
        self._process.wait()

    def kill(self) -> None:
        """End it, in whatever state it is."""
        self._process.kill()
        self._process.wait()
        for stream in (self._process.stdin, self._process.stdout, self._errors):
            assert stream is not None
            with suppress(BrokenPipeError):
                stream.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.kill()

    def _answer(self) -> Any:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if line:
            return json.loads(line)
        code = self._process.wait()
        self._errors.seek(0)
        last = self._errors.read().strip().rpartition("\n")[2]
        raise ProcessError(
            self.name,
            expected="a process that runs until it has been measured",
            received=f"exit status {code}" + (f" ({last})" if last else ""),
            remedy="see whether there is enough memory, or choose another contender",
        )


def first_steps(step: Callable[[], Any], checks: int) -> dict[str, Any]:
    """Take steps that give NumPy arrays, before any turn.

    Returns: `first`, the seconds of the very first one, and `values`: for each, ten numbers of it.
    """
    start = time.perf_counter()
    results = [step()]
    first = time.perf_counter() - start
    results += [step() for _ in range(checks - 1)]
    return {"first": first, "values": [result.ravel()[:10].tolist() for result in results]}


def serve(step: Callable[[], Any], facts: Mapping[str, Any], channel: TextIO) -> None:
    """Be a contender: take turns until nobody asks any more.

    Args:
        step: what is measured.
        facts: told first; can be written as JSON.
        channel: from `open_channel`.
    """
    turn = repeated(step)
    _tell(channel, facts)
    for line in sys.stdin:
        _tell(channel, turn(int(line)))
    _tell(channel, peak_memory())


def open_channel() -> TextIO:
    """The standard output for answers alone; what others print goes to standard error."""
    channel = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    return channel


def _tell(channel: TextIO, content: Any) -> None:
    print(json.dumps(content), file=channel, flush=True)
