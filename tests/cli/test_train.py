"""`dlcore train`: its configuration, and what happens when something goes wrong."""

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
import tomllib
from pathlib import Path

import pytest

from tests.cli.command import assert_one_line, dlcore, here
from tests.train.small import register
from tests.train.test_checkpoint import damaged

ROOT = Path(__file__).parents[2]
SMALL = ("--model", "tiny", "--data", "few")


def small(*arguments, **options):
    """The command line with the tests' small network and data, running."""
    return subprocess.Popen(
        [sys.executable, "-m", "tests.train.small", *map(str, arguments)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        **options,
    )


def failed(process):
    """The one line of a command that has failed."""
    output, errors = process.communicate(timeout=120)
    assert process.returncode not in (0, -signal.SIGKILL), output
    assert "Traceback" not in errors
    assert_one_line(errors)
    return errors


def succeeded(process):
    output, errors = process.communicate(timeout=120)
    assert process.returncode == 0, errors
    return output


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    folder = tmp_path_factory.mktemp("finished") / "run"
    succeeded(small("train", *SMALL, "--out", folder, "--epochs", 2))
    return folder


def test_configuration_is_printed_as_it_can_be_given(tmp_path):
    (tmp_path / "run.toml").write_text('model = "lenet5"\nepochs = 7\nbatch-size = 32\n')
    options = ("--config", "run.toml", "--epochs", "1", "--augment", "crop", "--out", "one")
    shown = dlcore("train", *options, folder=tmp_path).stdout
    text = shown[: shown.index("epoch 1/1")]
    effective = tomllib.loads(text)
    assert (effective["epochs"], effective["batch_size"]) == (1, 32)
    assert effective["augment"] == ["crop"]
    (tmp_path / "again.toml").write_text(text)
    dlcore("train", "--config", "again.toml", "--out", "two", folder=tmp_path)
    for name in ("weights.safetensors", "metrics.jsonl", "config.json"):
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes()


def test_configuration_is_printed_whatever_the_data_is_called(capsys):
    name = 'digits "\\ \N{GRINNING FACE}'
    text = here(capsys, "train", "--data", name).stdout
    assert tomllib.loads(text)["data"] == name


def test_interrupt_says_how_to_go_on(tmp_path):
    run = tmp_path / "run"
    process = small("train", *SMALL, "--out", run, "--epochs", 10_000, "--workers", 2)
    while not list(run.glob("checkpoints/last.json")):
        time.sleep(0.02)
        assert process.poll() is None, process.communicate()
    process.send_signal(signal.SIGINT)
    message = failed(process)
    assert process.returncode == 130
    assert f"dlcore train --resume {run}" in message
    state = json.loads((run / "checkpoints/last.json").read_text())["state"]
    assert state["trainer"]["epoch"] >= 1


def test_a_full_disk_keeps_the_checkpoint(tmp_path):
    """Files may not grow beyond a limit, which the system reports much as a full disk."""
    resource = pytest.importorskip("resource")
    run = tmp_path / "run"
    succeeded(small("train", *SMALL, "--out", run, "--epochs", 1))
    before = {path: path.read_bytes() for path in (run / "checkpoints").iterdir()}
    content = json.loads((run / "config.json").read_text())

    def limit():
        resource.setrlimit(resource.RLIMIT_FSIZE, (3000, 3000))

    message = failed(small("train", *SMALL, "--out", tmp_path / "other", preexec_fn=limit))
    assert "File too large" in message
    assert "--out" in message
    assert content["epochs"] == 1
    assert {path: path.read_bytes() for path in (run / "checkpoints").iterdir()} == before


def test_a_disk_that_fills_up_later_keeps_the_last_checkpoint(tmp_path):
    """The checkpoint fits, the next ones don't: the one before is whole and goes on."""
    run = tmp_path / "run"
    process = small("--full", 30, "train", *SMALL, "--checkpoint-every", 1, "--out", run)
    message = failed(process)
    assert "No space left" in message
    assert not list(run.rglob("*.partial"))
    assert "resumed after step" in succeeded(small("train", "--resume", run))


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="root may write everywhere")
def test_a_read_only_folder(tmp_path):
    (tmp_path / "closed").mkdir(mode=0o555)
    message = failed(small("train", *SMALL, "--out", tmp_path / "closed" / "run"))
    assert "Permission denied" in message


@pytest.mark.parametrize("place", ["/proc/run", "/dev/null/run"])
def test_a_place_that_holds_no_folders(place):
    if not Path(place).parent.exists():
        pytest.skip("another system")
    assert "--out" in failed(small("train", *SMALL, "--out", place))


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--resume", "nowhere"], "no such folder"),
        (["--resume", "{run}", "--lr", "3"], "only device, workers"),
        (["--resume", "{run}", "--out", "x"], "either"),
        (["--config", "nowhere.toml"], "nowhere.toml"),
        (["--data", "nowhere/at/all"], "nowhere/at/all"),
        (["--data", ""], "check the name or the path"),
        (["--data", "{run}"], "class"),
        (["--data", "{run}/metrics.jsonl"], "metrics.jsonl"),
        (["--data", "digits", "--target", "x"], "--target"),
        (["--data", "digits", "--task", "regression"], "--task"),
        (["--data", "digits", "--image-size", "28"], "--image-size"),
        (["--data", "nowhere", "--image-size", "28"], "check the name or the path"),
        (["--augment", "turn"], "crop, flip"),
        (["--optimizer", "adm"], "adam"),
        (["--schedule", "cosinus"], "cosine"),
        (["--out", "{run}"], "--resume"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_errors_are_one_line(finished, capsys, arguments, words):
    done = here(capsys, "train", *(part.format(run=finished) for part in arguments))
    assert done.code == 1
    assert words in done.stderr


@pytest.mark.parametrize("count", [40, pytest.param(2000, marks=pytest.mark.slow)])
def test_damaged_runs_are_refused_with_one_line(finished, tmp_path, capsys, monkeypatch, count):
    """Whatever file of a run is damaged: one clear error, or the file did not matter."""
    register(monkeypatch)
    generator = random.Random(1)
    files = ["config.json", "metrics.jsonl", "checkpoints/last.json", "checkpoints/*.safetensors"]
    refused = 0
    for number in range(count):
        run = tmp_path / f"run{number}"
        shutil.copytree(finished, run)
        path = next(run.glob(files[number % len(files)]))
        path.write_bytes(damaged(path.read_bytes(), generator))
        command = ("train", "--resume", run) if number % 8 < 4 else ("eval", run)
        done = here(capsys, *command)
        refused += done.code
        if done.code == 0 and number % 8 < 4:
            weights = (run / "weights.safetensors").read_bytes()
            assert weights == (finished / "weights.safetensors").read_bytes()
        shutil.rmtree(run)
    assert refused > 0.4 * count
