"""Options: from a recipe, a TOML file and the command line, each checked by name and type."""

import json
from dataclasses import fields

import pytest

from dlcore.errors import DataError, OptionError
from dlcore.train.options import PLACE, RunOptions, checked, from_json, read_toml


def test_the_recipe_fills_what_is_not_given():
    options = RunOptions.of("lenet5", "digits", epochs=3, lr=None)
    assert (options.epochs, options.lr, options.optimizer, options.momentum) == (
        3,
        0.01,
        "sgd",
        0.9,
    )


def test_another_optimizer_brings_its_own_rate():
    options = RunOptions.of("lenet5", "digits", optimizer="adam")
    assert (options.lr, options.momentum, options.weight_decay) == (1e-3, None, None)
    assert RunOptions.of("lenet5", "digits", optimizer="adam", lr=0.1).lr == 0.1


def test_json_round_trip(tmp_path):
    options = RunOptions.of("lenet5", "digits", augment=("crop",), image_size=(28,), patience=2)
    text = json.dumps(options.to_json())
    assert from_json(json.loads(text), tmp_path) == options


def test_the_recipe_part_names_no_place_and_no_path():
    options = RunOptions.of("mlp", "/somewhere/data/table.csv", data_dir="/else", workers=3)
    recipe = options.recipe()
    assert recipe["data"] == "table.csv"
    assert not recipe.keys() & set(PLACE)
    assert {field.name for field in fields(RunOptions)} == recipe.keys() | set(PLACE)
    assert RunOptions(**checked(recipe, "here")).lr == options.lr


def test_toml(tmp_path):
    path = tmp_path / "run.toml"
    path.write_text('model = "mlp"\nbatch-size = 3\nlr = 1\naugment = ["flip", "crop"]\n')
    found = read_toml(path)
    assert found == {"model": "mlp", "batch_size": 3, "lr": 1.0, "augment": ("flip", "crop")}
    assert isinstance(found["lr"], float)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("epoch = 3", "did you mean epochs"),
        ('epochs = "3"', r"epochs.*type int.*'3'"),
        ("epochs = 3.0", r"epochs.*type int.*3\.0"),
        ("epochs = true", r"epochs.*True"),
        ("augment = [1]", r"augment.*\[1\]"),
        ("recorded = 1", r"recorded.*bool"),
        ('lr = "fast"', r"lr.*float"),
    ],
)
def test_wrong_options_in_a_file(tmp_path, text, words):
    path = tmp_path / "run.toml"
    path.write_text(text)
    with pytest.raises(OptionError, match=rf"run\.toml.*{words}"):
        read_toml(path)


@pytest.mark.parametrize("size", [(), (0,), (8, 8, 8)])
def test_sizes_that_no_image_has(size):
    with pytest.raises(OptionError, match=r"image_size of one or two lengths"):
        RunOptions.of("lenet5", "digits", image_size=size)


@pytest.mark.parametrize("content", [b"epochs = ", b"\xff\xfe", b"a = 1\na = 2"])
def test_what_is_no_toml(tmp_path, content):
    path = tmp_path / "run.toml"
    path.write_bytes(content)
    with pytest.raises(DataError, match=r"run\.toml"):
        read_toml(path)
    with pytest.raises(DataError, match="No such file"):
        read_toml(tmp_path / "nowhere.toml")
