"""Killed anywhere and resumed, a run leaves the same bytes as one that nobody disturbed."""

import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
HARD = (
    *("--model", "tiny", "--data", "few", "--precision", "fp16", "--augment", "flip,crop"),
    *("--checkpoint-every", "2", "--clip-norm", "5", "--validation", "0.2", "--patience", "9"),
)
OTHERS = {
    "adam": ("--optimizer", "adam", "--schedule", "plateau", "--precision", "bf16"),
    "rprop": ("--optimizer", "rprop", "--schedule", "onecycle", "--batch-size", "144"),
    "lars": ("--optimizer", "lars", "--schedule", "step", "--label-smoothing", "0.1"),
}


def start(*arguments):
    command = [sys.executable, "-m", "tests.train.small", *map(str, arguments)]
    return subprocess.Popen(
        command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def finish(*arguments):
    process = start(*arguments)
    output, errors = process.communicate(timeout=120)
    assert process.returncode == 0, errors
    return output


def contents(folder):
    """What has to be the same: everything but figures of the clock, and paths."""
    files = [path for path in Path(folder).rglob("*") if path.is_file()]
    apart = {"timing.jsonl", "config.json"}
    return {
        str(path.relative_to(folder)): path.read_bytes() for path in files if path.name not in apart
    }


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory):
    """The contents of a run that was left alone, by its options."""
    made = {}

    def of(options):
        if options not in made:
            folder = tmp_path_factory.mktemp("undisturbed") / "run"
            finish("train", *options, "--out", folder)
            made[options] = contents(folder)
        return made[options]

    return of


@pytest.mark.parametrize("event", [1, 3, 9, 17, 26, 38, 55, 71])
def test_killed_at_an_event(undisturbed, tmp_path, event):
    """Events are steps, flushes and renames: the run has some 130 of them."""
    run = tmp_path / "run"
    killed = start("--die", event, "train", *HARD, "--out", run, "--workers", event % 3)
    killed.communicate(timeout=120)
    assert killed.returncode == -signal.SIGKILL
    finish("train", *HARD, "--resume", run)  # (the same command starts a run that kept nothing)
    assert contents(run) == undisturbed(HARD)


def test_killed_again_and_again(undisturbed, tmp_path):
    run = tmp_path / "run"
    start("--die", 25, "train", *HARD, "--out", run).communicate(timeout=120)
    for _ in range(20):
        again = start("--die", 31, "train", "--resume", run)
        again.communicate(timeout=120)
        if again.returncode == 0:
            break
    assert again.returncode == 0
    assert contents(run) == undisturbed(HARD)


@pytest.mark.parametrize("others", OTHERS)
def test_every_part_remembers(undisturbed, tmp_path, others):
    options = (*HARD, *OTHERS[others])
    run = tmp_path / "run"
    killed = start("--die", 33, "train", *options, "--out", run)
    killed.communicate(timeout=120)
    assert killed.returncode == -signal.SIGKILL
    finish("train", "--resume", run)
    assert contents(run) == undisturbed(options)


def test_a_complete_run_stays_as_it_is(undisturbed, tmp_path):
    run = tmp_path / "run"
    finish("train", *HARD, "--out", run)
    assert "complete already" in finish("train", "--resume", run)
    assert contents(run) == undisturbed(HARD)


@pytest.mark.slow
@pytest.mark.parametrize("workers", [0, 1, 4])
def test_killed_at_random_moments(tmp_path, undisturbed, workers):
    """By somebody else, whatever the process is doing: 20 times, each run to its end."""
    long = (*HARD, "--epochs", "12")
    moments = random.Random(workers)
    for kill in range(20):
        run = tmp_path / f"run{kill}"
        process = start("train", *long, "--out", run, "--workers", workers)
        while not (run / "checkpoints").exists() and process.poll() is None:
            time.sleep(0.01)
        time.sleep(moments.uniform(0, 1.5))
        process.kill()
        process.communicate(timeout=120)
        finish("train", "--resume", run)
        assert contents(run) == undisturbed(long)
