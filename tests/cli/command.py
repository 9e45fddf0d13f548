"""Runs the command line: in a process of its own, as users do, or in this one, which is faster."""

import subprocess
import sys
from typing import NamedTuple

import pytest

from dlcore.cli.main import main


class Done(NamedTuple):
    """A command that has run in this process."""

    code: int
    stdout: str
    stderr: str


def here(capsys, *arguments):
    """Run a command in this process; an error must be one line."""
    capsys.readouterr()
    with pytest.raises(SystemExit) as end:
        main(map(str, arguments))
    done = Done(end.value.code, *capsys.readouterr())
    if done.code:
        assert_one_line(done.stderr)
    return done


def assert_one_line(errors):
    lines = errors.strip().splitlines()
    assert len(lines) == 1, errors
    assert lines[0].startswith("dlcore: ")


def dlcore(*arguments, folder, code=0, environment=None):
    """The finished process; its exit code must be `code`, and an error one line."""
    done = subprocess.run(
        [sys.executable, "-m", "dlcore.cli.main", *map(str, arguments)],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == code, done.stderr
    assert "Traceback" not in done.stderr
    if code:
        assert_one_line(done.stderr)
    return done
