"""Evaluation and prediction from saved runs: in another folder, process, and on another backend."""

import csv
import io
import json
import shutil

import numpy as np
import pytest
from PIL import Image

from dlcore.data import load
from tests.cli.command import assert_one_line, dlcore, here


@pytest.fixture(scope="module")
def images(tmp_path_factory):
    """A run on a folder of images, and the folder."""
    folder = tmp_path_factory.mktemp("images")
    for split, step in (("train", 4), ("test", 5)):
        data = load("digits", split)
        for number in range(0, len(data), step):
            pixels = (data.inputs[number, 0] * 255).astype(np.uint8)
            path = folder / "data" / split / f"digit{data.targets[number]}" / f"{number}.png"
            path.parent.mkdir(parents=True, exist_ok=True)
            Image.fromarray(pixels).save(path)
    options = ("--model", "lenet5", "--epochs", "12", "--lr", "0.05")
    dlcore("train", "--data", "data", *options, "--out", "run", folder=folder)
    return folder


@pytest.fixture(scope="module")
def tables(tmp_path_factory):
    """Runs on a table with a nominal and with a numeric target."""
    folder = tmp_path_factory.mktemp("tables")
    generator = np.random.default_rng(0)
    lines = ["width,colour,kind,height"]
    for _ in range(300):
        width, colour = generator.normal(50, 10), generator.choice(["red", "blue"])
        height = 1000 + 3 * width + (100 if colour == "red" else 0)
        kind = "tall" if height > 1200 else "low"
        lines.append(f"{width:.4f},{colour},{kind},{height:.4f}")
    (folder / "table.csv").write_text("\n".join(lines) + "\n")
    common = ("--model", "mlp", "--data", "table.csv", "--epochs", "40")
    dlcore("train", *common, "--target", "height", "--out", "regressor", folder=folder)
    dlcore("train", *common, "--target", "kind", "--out", "classifier", folder=folder)
    return folder


def metrics(folder, run):
    lines = (folder / run / "metrics.jsonl").read_text().splitlines()
    return json.loads(lines[-1])


def test_eval_gives_the_figures_of_the_training(images, tmp_path):
    shown = dlcore("eval", images / "run", "--json", folder=tmp_path)
    result, last = json.loads(shown.stdout), metrics(images, "run")
    assert last["split"] == "test"
    assert result["loss"] == pytest.approx(last["loss"], rel=1e-6)
    assert result["accuracy"] == last["accuracy"] > 0.8
    table = dlcore("eval", images / "run", folder=tmp_path).stdout
    assert "precision" in table
    assert "digit7" in table


def test_eval_on_other_data(images, tmp_path):
    shown = dlcore(
        *("eval", images / "run", "--data", images / "data" / "test", "--json"), folder=tmp_path
    )
    assert json.loads(shown.stdout)["accuracy"] == metrics(images, "run")["accuracy"]


def read(table):
    with table.open() as file:
        return list(csv.DictReader(file))


def predictions(run, *paths, folder, **options):
    given = [part for name, value in options.items() for part in (f"--{name}", value)]
    shown = dlcore("predict", run, *paths, "--format", "json", *given, folder=folder)
    return json.loads(shown.stdout)


def test_predictions_are_the_same_everywhere(images, tmp_path):
    """From another folder and process, on another backend, alone or among others."""
    tests = images / "data" / "test"
    answers = predictions(images / "run", tests, folder=tmp_path)
    right = [answer["value"] == answer["source"].split("/")[-2] for answer in answers]
    assert np.mean(right) == metrics(images, "run")["accuracy"]
    elsewhere = predictions("run", "data/test", folder=images, device="numpy")
    for one, other in zip(answers, elsewhere, strict=True):
        assert one["value"] == other["value"]
        assert one["probabilities"] == pytest.approx(other["probabilities"], rel=1e-5)
        assert sum(one["probabilities"].values()) == pytest.approx(1.0, abs=1e-5)
    first = answers[0]
    (alone,) = predictions(images / "run", first["source"], folder=tmp_path)
    assert alone["value"] == first["value"]
    assert alone["probabilities"] == pytest.approx(first["probabilities"], rel=1e-4, abs=1e-6)


def test_forms_of_output(images, tmp_path):
    path = sorted((images / "data/test/digit3").iterdir())[0]
    shown = dlcore("predict", images / "run", path, "--top", "2", folder=tmp_path).stdout
    assert shown.startswith(f"{path}  digit")
    assert shown.count("%") == 2
    text = dlcore("predict", images / "run", path, "--format", "csv", folder=tmp_path).stdout
    (row,) = csv.DictReader(io.StringIO(text))
    assert row["source"] == str(path)
    shares = {name: float(value) for name, value in row.items() if name.startswith("digit")}
    assert len(shares) == 10
    assert max(shares, key=shares.get) == row["value"]


def test_unreadable_images_are_named_and_the_others_answered(images, tmp_path):
    (good, *_) = sorted((images / "data/test/digit3").iterdir())
    (tmp_path / "cut\nout.png").write_bytes(good.read_bytes()[:50])
    done = dlcore(
        *("predict", images / "run", good, tmp_path / "cut\nout.png", "--format", "json"),
        folder=tmp_path,
        code=1,
    )
    assert [answer["source"] for answer in json.loads(done.stdout)] == [str(good)]
    assert "cut out.png" in done.stderr


def test_what_pillow_warns_of_is_one_line(images, tmp_path):
    (tmp_path / "vast.pgm").write_bytes(b"P5 10000 10000 255\n")
    done = dlcore("predict", images / "run", "vast.pgm", folder=tmp_path, code=1)
    assert "10000 x 10000 pixels" in done.stderr


def test_images_that_are_not_measured_are_named(images, tmp_path):
    shutil.copytree(images / "data" / "test", tmp_path / "data")
    (tmp_path / "data" / "digit3" / "cut.png").write_bytes(b"")
    done = dlcore("eval", images / "run", "--data", "data", folder=tmp_path)
    assert_one_line(done.stderr)
    assert "cut.png" in done.stderr


def test_a_table_trains_a_regressor(tables, tmp_path):
    last = metrics(tables, "regressor")
    assert last["r2"] > 0.98
    answers = predictions(tables / "regressor", tables / "table.csv", folder=tmp_path)
    rows = read(tables / "table.csv")
    assert len(answers) == len(rows)
    assert answers[0]["source"].endswith("table.csv:2")  # as a text editor counts
    errors = [a["value"] - float(r["height"]) for a, r in zip(answers, rows, strict=True)]
    assert np.sqrt(np.mean(np.square(errors))) < 1.5 * last["rmse"] + 1


def test_a_table_trains_a_classifier(tables, tmp_path):
    assert metrics(tables, "classifier")["accuracy"] > 0.95
    answers = predictions(tables / "classifier", tables / "table.csv", folder=tmp_path)
    rows = read(tables / "table.csv")
    right = [answer["value"] == row["kind"] for answer, row in zip(answers, rows, strict=True)]
    assert np.mean(right) > 0.95
    result = json.loads(dlcore("eval", tables / "classifier", "--json", folder=tmp_path).stdout)
    assert {one["name"] for one in result["classes"]} == {"low", "tall"}


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["predict", "nowhere", "x.png"], "no such folder"),
        (["predict", "{run}", "nowhere.png"], "nowhere.png"),
        (["predict", "{run}", "."], "image files"),
        (["predict", "{run}"], "PATHS"),
        (["predict", "{run}", ".", "--weights", "first"], "first"),
        (["eval", "{run}", "--split", "exam"], "train, test"),
        (["eval", "{run}", "--data", "digits"], "digit0"),
        (["eval", "{run}", "--data", ""], "check the name or the path"),
        (["eval", "{run}", "--precision", "fp8"], "fp16"),
        (["eval", "{run}", "--device", "cuda"], "cuda"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_errors_are_one_line(images, tmp_path, capsys, monkeypatch, arguments, words):
    monkeypatch.chdir(tmp_path)
    done = here(capsys, *(part.format(run=images / "run") for part in arguments))
    assert done.code == (2 if words == "PATHS" else 1)
    assert words in done.stderr
