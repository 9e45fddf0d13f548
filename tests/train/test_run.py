"""Runs: what a folder holds, that a seed decides everything, and what is refused."""

import json
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from dlcore.data import ArrayDataset, sources
from dlcore.data.dataset import class_names
from dlcore.errors import DataError, DeviceError, OptionError
from dlcore.files import load
from dlcore.models.registry import build
from dlcore.train.run import RunOptions, rise_and_cosine, train


def few(split, folder=None):
    """A tenth of the digits."""
    whole = sources.digits(split)
    return ArrayDataset(whole.inputs[::10], whole.targets[::10], class_names(10))


@pytest.fixture
def small(monkeypatch):
    monkeypatch.setitem(sources.DATASETS, "few", few)
    return RunOptions.of("lenet5", "few", epochs=2)


def run(options, out):
    lines = []
    metrics = train(options, out, lambda batches, title: batches, lines.append)
    return metrics, lines


def test_folder_holds_everything(small, tmp_path):
    metrics, lines = run(small, tmp_path / "run")
    folder = tmp_path / "run"
    assert sorted(path.name for path in folder.iterdir()) == [
        "config.json",
        "metrics.jsonl",
        "timing.jsonl",
        "weights.safetensors",
    ]
    config = json.loads((folder / "config.json").read_text())
    assert (config["epochs"], config["batch_size"], config["lr"]) == (2, 64, 0.05)
    entries = [json.loads(line) for line in (folder / "metrics.jsonl").read_text().splitlines()]
    assert [(e["epoch"], e["split"], e["step"]) for e in entries] == [
        (1, "train", 3),
        (1, "test", 3),
        (2, "train", 6),
        (2, "test", 6),
    ]
    assert entries[-1]["accuracy"] == metrics.accuracy
    assert str(folder) in lines[-1]
    model = build("lenet5", num_classes=10, in_channels=1)
    model.load_state_dict(load(folder / "weights.safetensors"))


@pytest.mark.parametrize("other", [{"recorded": False}, {"device": "numpy"}], ids=str)
def test_seed_decides_everything(small, tmp_path, other):
    """Recorded or eager, run to run: the same bytes."""
    run(small, tmp_path / "one")
    run(replace(small, **other), tmp_path / "two")
    run(replace(small, seed=1), tmp_path / "three")
    for name in ("weights.safetensors", "metrics.jsonl"):
        contents = [(tmp_path / folder / name).read_bytes() for folder in ("one", "two", "three")]
        assert contents[0] == contents[1]
        assert contents[0] != contents[2]


@pytest.mark.parametrize("precision", ["tf32", "fp16", "bf16"])
def test_other_precisions_train(small, tmp_path, precision):
    metrics, lines = run(replace(small, precision=precision, epochs=10), tmp_path / "run")
    assert metrics.accuracy > 0.5
    assert precision in lines[0]


def test_folder_in_use_is_left_alone(small, tmp_path):
    (tmp_path / "mine.txt").write_text("mine")
    with pytest.raises(DataError, match="--out"):
        run(small, tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


def test_divergence_is_an_error(small, tmp_path):
    with pytest.raises(DataError, match="--lr"):
        run(replace(small, lr=1e30), tmp_path / "run")


def test_images_of_another_size_are_refused(small, tmp_path, monkeypatch):
    tiny = ArrayDataset(np.zeros((4, 1, 8, 8), np.float32), np.zeros(4, np.int64), class_names(10))
    monkeypatch.setitem(sources.DATASETS, "few", lambda split, folder: tiny)
    with pytest.raises(DataError, match=r"\(28, 28\).*\(1, 8, 8\)"):
        run(small, tmp_path / "run")
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize(
    "options",
    [
        {"model": "lenet6"},
        {"data": "letters"},
        {"epochs": 0},
        {"lr": float("nan")},
        {"lr": float("inf")},
        {"momentum": -1.0},
        {"precision": "fp8"},
        {"device": "meta"},
    ],
)
def test_options_that_do_not_serve_leave_no_folder(tmp_path, options):
    with pytest.raises((OptionError, DeviceError)):
        run(RunOptions.of(**{"model": "lenet5", "data": "digits", **options}), tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_learning_rate_rises_then_falls_to_zero():
    factors = [rise_and_cosine(100)(step) for step in range(101)]
    assert np.argmax(factors) in (9, 10)
    assert factors[0] < 0.2
    assert factors[100] == pytest.approx(0.0, abs=1e-12)
    assert all(b <= a for a, b in pairwise(factors[10:]))
