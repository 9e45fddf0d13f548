"""Runs the command line in a process of its own, as users do."""

import subprocess
import sys


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
        lines = done.stderr.strip().splitlines()
        assert len(lines) == 1, done.stderr
        assert lines[0].startswith("dlcore: ")
    return done
