"""The command line: runs, and every error is one line with an exit code that isn't 0."""

import os
import signal
import subprocess
import sys
import time

import pytest

from tests.cli.command import assert_one_line, dlcore, here
from tests.cli.test_train import SMALL, small

HELP = """
import sys
from dlcore.cli.main import main
try:
    main(["--help"])
finally:
    print("loaded:", *sys.modules, file=sys.stderr)
"""


def test_train_leaves_a_run_folder_and_takes_a_new_one_next_time(tmp_path):
    for name in ("lenet5-digits", "lenet5-digits-2"):
        done = dlcore("train", "--epochs", "1", folder=tmp_path)
        assert "test: loss" in done.stdout
        assert (tmp_path / "runs" / name / "weights.safetensors").exists()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["train", "--model", "lenet6"], "lenet5"),
        (["train", "--data", "letters"], "digits"),
        (["train", "--data", "mnist", "--data-dir", "nowhere"], "nowhere"),
        (["train", "--device", "cuda"], "cuda"),
        (["train", "--device", "abacus"], "numpy"),
        (["train", "--precision", "fp8"], "bf16"),
        (["train", "--epochs", "0"], "epochs"),
        (["train", "--epochs", "many"], "many"),
        (["train", "--lr", "-1"], "lr"),
        (["train", "--colour", "blue"], "colour"),
        (["train", "--lr", "1e30", "--epochs", "1"], "--lr"),
        (["fly"], "fly"),
        (["train", "--config", "two\nlines"], "two lines"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_errors_are_one_line(tmp_path, capsys, monkeypatch, arguments, words):
    monkeypatch.chdir(tmp_path)
    done = here(capsys, *arguments)
    assert done.code in (1, 2)
    assert words in done.stderr


def test_version_and_help(tmp_path):
    assert "0.1.0" in dlcore("--version", folder=tmp_path).stdout
    for arguments in (["--help"], ["train", "--help"], ["doctor", "--help"]):
        shown = dlcore(*arguments, folder=tmp_path)
        assert "Usage" in shown.stdout


def test_help_comes_at_once():
    """What takes long to load is loaded by the command that needs it."""
    done = subprocess.run([sys.executable, "-c", HELP], capture_output=True, text=True, check=True)
    assert "doctor" in done.stdout
    loaded = done.stderr.split()
    assert "click" in loaded
    assert not {"numpy", "PIL", "tqdm", "dlcore.backend"} & set(loaded)


def test_names_that_the_terminal_cannot_show(tmp_path):
    environment = {**os.environ, "PYTHONIOENCODING": "latin-1:strict"}
    done = dlcore(
        *("train", "--epochs", "1", "--out", "日本"), folder=tmp_path, environment=environment
    )
    assert r"run saved in \u65e5\u672c" in done.stdout


def test_memory_that_is_not_there_is_one_line(tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)

    def refuse(*arguments, **options):
        raise MemoryError("Unable to allocate 1. TiB")

    monkeypatch.setattr("dlcore.train.run.make_network", refuse)
    done = here(capsys, "train")
    assert done.code == 1
    assert "1. TiB; choose a smaller --batch-size" in done.stderr


def test_whoever_is_impatient_gets_one_line_too(tmp_path):
    process = small("train", *SMALL, "--out", tmp_path / "run", "--epochs", 10_000)
    while not (tmp_path / "run" / "metrics.jsonl").exists():
        time.sleep(0.02)
        assert process.poll() is None, process.communicate()
    process.send_signal(signal.SIGINT)
    shown = ""
    while not shown.strip():
        shown = process.stderr.readline()
    while process.poll() is None:
        process.send_signal(signal.SIGINT)
        time.sleep(0.001)
    assert_one_line(shown + process.communicate()[1])
    assert process.returncode == 130
