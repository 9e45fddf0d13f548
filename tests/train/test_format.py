"""A run that an older dlcore has left: `format-1` was killed in its second epoch, and goes on.

Written once with `python -m tests.train.small --die 70 train` and the options in its config.json;
a change of what is read must keep this test green, or raise FORMAT and read both.
"""

import json
import shutil
from pathlib import Path

import pytest

from dlcore.train.checkpoint import load_checkpoint
from dlcore.train.evaluation import evaluate
from dlcore.train.network import read_network
from dlcore.train.run import resume
from tests.train.small import register

FROZEN = Path(__file__).parent / "format-1"
LOSS = 2.3554  # on the test part at the end, when it was frozen


def test_an_old_run_goes_on(tmp_path, monkeypatch):
    register(monkeypatch)
    run = tmp_path / "run"
    shutil.copytree(FROZEN, run)
    before = load_checkpoint(run / "checkpoints", "last").state["trainer"]
    assert (before["epoch"], before["loader"]["batch"]) == (1, 4)
    results = resume(run, {}, lambda line: None)
    assert results["test"]["loss"] == pytest.approx(LOSS, abs=2e-3)
    lines = (run / "metrics.jsonl").read_text().splitlines()
    assert [json.loads(line)["epoch"] for line in lines] == [1, 1, 1, 2, 2, 2]


def test_an_old_run_can_be_measured(monkeypatch):
    register(monkeypatch)
    result = evaluate(read_network(FROZEN, weights="best"), FROZEN, "test", print)
    (line,) = (
        entry
        for entry in map(json.loads, (FROZEN / "metrics.jsonl").read_text().splitlines())
        if entry["split"] == "test"
    )
    assert result["loss"] == pytest.approx(line["loss"], rel=1e-3)
