"""Runs: what a folder holds, that a seed decides everything, and what is refused."""

import json
from dataclasses import replace

import numpy as np
import pytest

from dlcore.data import ArrayDataset, named
from dlcore.data.dataset import class_names
from dlcore.errors import DataError, DeviceError, OptionError
from dlcore.files import load
from dlcore.models.registry import build
from dlcore.train.callback import Callback
from dlcore.train.checkpoint import load_checkpoint, save_checkpoint
from dlcore.train.network import read_network
from dlcore.train.options import RunOptions
from dlcore.train.run import resume, train
from tests.train.small import register


@pytest.fixture
def small(monkeypatch):
    register(monkeypatch)
    return RunOptions.of("lenet5", "few", epochs=2)


def run(options, out):
    lines = []
    return train(options, out, lines.append), lines


def entries(folder):
    return [json.loads(line) for line in (folder / "metrics.jsonl").read_text().splitlines()]


def test_folder_holds_everything(small, tmp_path):
    folder = tmp_path / "run"
    results, lines = run(small, folder)
    assert {path.name for path in folder.iterdir()} == {
        "checkpoints",
        "config.json",
        "curves.png",
        "metrics.jsonl",
        "timing.jsonl",
        "weights.safetensors",
    }
    config = json.loads((folder / "config.json").read_text())
    assert (config["epochs"], config["batch_size"], config["lr"]) == (2, 64, 0.05)
    found = [(e["epoch"], e["split"], e["step"]) for e in entries(folder)]
    assert found == [(1, "train", 3), (1, "test", 3), (2, "train", 6), (2, "test", 6)]
    assert entries(folder)[-1]["accuracy"] == results["test"]["accuracy"]
    timing = [json.loads(line) for line in (folder / "timing.jsonl").read_text().splitlines()]
    assert [entry["epoch"] for entry in timing] == [1, 2]
    assert all(0 <= entry["waiting"] <= 1 for entry in timing)
    assert str(folder) in lines[-1]
    model = build("lenet5", num_classes=10, in_channels=1)
    model.load_state_dict(load(folder / "weights.safetensors"))


@pytest.mark.parametrize(
    "other",
    [{"recorded": False}, {"workers": 2}, {"checkpoint_every": 1}],
    ids=str,
)
def test_seed_decides_everything(small, tmp_path, other):
    """Recorded or eager, with workers or without, run to run: the same bytes."""
    run(small, tmp_path / "one")
    run(replace(small, **other), tmp_path / "two")
    run(replace(small, seed=1), tmp_path / "three")
    for name in ("weights.safetensors", "metrics.jsonl", "checkpoints/last.json"):
        contents = [(tmp_path / folder / name).read_bytes() for folder in ("one", "two", "three")]
        assert contents[0] == contents[1]
        assert contents[0] != contents[2]


def test_devices_agree(small, tmp_path):
    """Their sums have different orders."""
    weights = []
    for device in ("numpy", "cpu"):
        run(replace(small, device=device), tmp_path / device)
        weights.append(load(tmp_path / device / "weights.safetensors"))
    for name, value in weights[0].items():
        np.testing.assert_allclose(weights[1][name].numpy(), value.numpy(), rtol=1e-3, atol=1e-5)


@pytest.mark.parametrize("precision", ["tf32", "fp16", "bf16"])
def test_other_precisions_train(small, tmp_path, precision):
    results, _ = run(replace(small, precision=precision, epochs=20), tmp_path / "run")
    assert results["test"]["accuracy"] > 0.5


def test_best_checkpoint_is_that_of_the_best_epoch(small, tmp_path):
    options = replace(small, model="tiny", epochs=8, lr=0.5, monitor="accuracy", validation=0.3)
    run(options, tmp_path / "run")
    best = max(
        (entry for entry in entries(tmp_path / "run") if entry["split"] == "validation"),
        key=lambda entry: entry["accuracy"],
    )
    saved = json.loads((tmp_path / "run/checkpoints/best.json").read_text())
    assert saved["state"]["trainer"]["epoch"] == best["epoch"]
    assert [entry["split"] for entry in entries(tmp_path / "run")[:3]] == [
        "train",
        "validation",
        "test",
    ]


def test_early_stopping(small, tmp_path):
    options = replace(small, model="tiny", epochs=50, lr=1e-12, patience=3)
    run(options, tmp_path / "run")
    assert entries(tmp_path / "run")[-1]["epoch"] < 10


def test_folder_in_use_is_left_alone(small, tmp_path):
    (tmp_path / "mine.txt").write_text("mine")
    with pytest.raises(DataError, match="--out"):
        run(small, tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


def test_folders_of_a_run_that_was_killed_at_once_are_no_obstacle(small, tmp_path):
    (tmp_path / "run" / "checkpoints").mkdir(parents=True)
    (tmp_path / "run" / ".config.json.partial").write_text("{")
    run(small, tmp_path / "run")
    assert (tmp_path / "run" / "weights.safetensors").exists()


def test_divergence_is_an_error_and_keeps_the_checkpoint(small, tmp_path):
    """A checkpoint of NaN would be worth nothing, and must not replace a good one."""

    class Poison(Callback):
        def on_step_end(self, trainer, batch):
            if trainer.step == 4:
                trainer.optimizer.param_groups[0]["lr"] = 1e30

    options = replace(small, epochs=4, checkpoint_every=1, schedule="constant")
    with pytest.raises(DataError, match="--lr"):
        train(options, tmp_path / "run", lambda line: None, [Poison()])
    network = read_network(tmp_path / "run")
    assert all(np.isfinite(p.numpy()).all() for p in network.model.state_dict().values())


def test_images_of_another_size_are_refused(small, tmp_path, monkeypatch):
    tiny = ArrayDataset(np.zeros((4, 1, 8, 8), np.float32), np.zeros(4, np.int64), class_names(10))
    monkeypatch.setitem(named.DATASETS, "few", lambda split, folder: tiny)
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
        {"optimizer": "sdg"},
        {"optimizer": "adam", "momentum": 0.9},
        {"schedule": "cosinus"},
        {"augment": ("turn",)},
        {"precision": "fp8"},
        {"device": "meta"},
        {"validation": 1.0},
        {"target": "label"},
        {"monitor": "beauty", "epochs": 1},
        {"workers": -1},
        {"clip_norm": 0.0},
    ],
    ids=str,
)
def test_options_that_do_not_serve_leave_no_folder(tmp_path, options):
    with pytest.raises((OptionError, DeviceError)):
        run(RunOptions.of(**{"model": "lenet5", "data": "digits", **options}), tmp_path / "run")
    assert not (tmp_path / "run").exists()


# -- resuming ------------------------------------------------------------------------------------


def test_only_the_place_can_change(small, tmp_path):
    run(small, tmp_path / "run")
    with pytest.raises(OptionError, match=r"epochs 2.*epochs 3"):
        resume(tmp_path / "run", {"epochs": 3}, print)
    resume(tmp_path / "run", {"workers": 1, "device": "numpy", "epochs": 2}, lambda line: None)
    config = json.loads((tmp_path / "run/config.json").read_text())
    assert (config["workers"], config["device"]) == (1, "numpy")


def test_the_data_may_have_moved(small, tmp_path):
    """A run on a table goes on with the table in another folder, but not with another one."""
    table = "a,b\n" + "".join(f"{x},{2 * x}\n" for x in range(50))
    for folder, content in (("old", table), ("new", table), ("other", table + "1,5\n")):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "table.csv").write_text(content)
    options = RunOptions.of("mlp", str(tmp_path / "old/table.csv"), target="b", epochs=1)
    run(options, tmp_path / "run")
    (tmp_path / "old/table.csv").unlink()
    with pytest.raises(OptionError, match="path"):
        resume(tmp_path / "run", {}, print)
    resume(tmp_path / "run", {"data": str(tmp_path / "new/table.csv")}, lambda line: None)
    with pytest.raises(DataError, match="of this run"):
        resume(tmp_path / "run", {"data": str(tmp_path / "other/table.csv")}, print)


def test_a_folder_of_data_is_found_from_another_folder(small, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    run(replace(small, data_dir="files"), tmp_path / "run")
    config = json.loads((tmp_path / "run/config.json").read_text())
    assert config["data_dir"] == str(tmp_path / "files")


def test_a_resume_refuses_numbers_out_of_range(small, tmp_path):
    run(small, tmp_path / "run")
    with pytest.raises(OptionError, match="checkpoint_every of at least 1"):
        resume(tmp_path / "run", {"checkpoint_every": 0}, print)


def test_a_run_that_is_going_on_is_left_alone(small, tmp_path):
    refused = []

    class Second(Callback):
        def on_step_end(self, trainer, batch):
            for again in (lambda: resume(folder, {}, print), lambda: run(small, folder)):
                with pytest.raises(DataError) as error:
                    again()
                refused.append(str(error.value))

    folder = tmp_path / "run"
    train(replace(small, epochs=1), folder, print, [Second()])
    assert "another process" in refused[0]
    assert "--resume" in refused[1]


def test_what_a_killed_writer_left_is_removed(small, tmp_path):
    run(small, tmp_path / "run")
    before = sorted((tmp_path / "run").rglob("*"))
    for name in ("config.json", "metrics.jsonl", "checkpoints/last.json"):
        path = tmp_path / "run" / name
        path.with_name(f".{path.name}.partial").write_text("{")
    resume(tmp_path / "run", {}, lambda line: None)
    assert sorted((tmp_path / "run").rglob("*")) == before


def test_the_best_checkpoint_goes_on_in_place_of_a_damaged_last_one(small, tmp_path):
    options = replace(small, model="tiny", epochs=8, lr=0.5, monitor="accuracy", validation=0.3)
    run(options, tmp_path / "run")
    weights = (tmp_path / "run/weights.safetensors").read_bytes()
    last, best = (tmp_path / "run/checkpoints" / f"{name}.json" for name in ("last", "best"))
    whole = last.read_bytes()
    assert best.read_bytes() != whole
    last.write_bytes(whole[:300])
    with pytest.raises(DataError, match=r"copy best\.json to last\.json"):
        resume(tmp_path / "run", {}, print)
    last.write_bytes(best.read_bytes())
    resume(tmp_path / "run", {}, lambda line: None)
    assert last.read_bytes() == whole
    assert (tmp_path / "run/weights.safetensors").read_bytes() == weights


def test_other_data_is_refused(small, tmp_path, monkeypatch):
    run(small, tmp_path / "run")
    fewer = ArrayDataset(named.digits("train").inputs[:50], np.arange(50) % 10, class_names(10))
    monkeypatch.setitem(named.DATASETS, "few", lambda split, folder: fewer)
    with pytest.raises(DataError, match="of this run"):
        resume(tmp_path / "run", {}, print)


def test_changed_configuration_is_refused(small, tmp_path):
    run(small, tmp_path / "run")
    path = tmp_path / "run/config.json"
    path.write_text(path.read_text().replace('"lr": 0.05', '"lr": 0.06'))
    with pytest.raises(DataError, match=r"options of this run.*0\.06.*0\.05"):
        resume(tmp_path / "run", {}, print)


@pytest.mark.parametrize("content", ["", "{", "[]", "{}", '{"model": 3}', "\x00"])
def test_damaged_configuration_is_refused(small, tmp_path, content):
    run(small, tmp_path / "run")
    (tmp_path / "run/config.json").write_text(content)
    with pytest.raises((DataError, OptionError), match=r"config\.json"):
        resume(tmp_path / "run", {}, print)


def test_lost_metrics_are_refused(small, tmp_path):
    run(small, tmp_path / "run")
    (tmp_path / "run/metrics.jsonl").write_text("")
    with pytest.raises(DataError, match=r"metrics\.jsonl.*at least 4 lines"):
        resume(tmp_path / "run", {}, print)


def test_a_folder_without_a_run(tmp_path):
    with pytest.raises(DataError, match=r"config\.json"):
        resume(tmp_path, {}, print)
    with pytest.raises(DataError, match="no such folder"):
        resume(tmp_path / "nowhere", {}, print)


@pytest.mark.parametrize(
    ("part", "value"),
    [
        (("trainer", "epoch"), "many"),
        (("trainer", "schedule"), "x"),
        (("trainer", "callbacks"), 3),
        (("trainer", "optimizer"), None),
        (("run",), []),
        (("run", "options"), None),
    ],
    ids=str,
)
def test_a_checkpoint_of_something_else_is_one_clear_error(small, tmp_path, part, value):
    """Whole, with its checksums, and still not what a run leaves."""
    run(small, tmp_path / "run")
    folder = tmp_path / "run" / "checkpoints"
    last = load_checkpoint(folder, "last")
    *path, name = part
    place = last.state
    for step in path:
        place = place[step]
    place[name] = value
    save_checkpoint(folder, ["last"], last)
    with pytest.raises((DataError, OptionError)):
        resume(tmp_path / "run", {}, lambda line: None)
