"""The registry: what is listed is true, and samples that don't fit are refused by name."""

import re
from dataclasses import asdict

import pytest

import dlcore as dl
from dlcore.errors import DataError, OptionError
from dlcore.models import MODELS, LeNet5, build, entry

PARAMETERS = {  # as published
    "mlp": 235_146,
    "lenet5": 61_706,
    "simpleconvnet": 433_890,
    "deepconvnet": 123_552,
    "vgg11": 132_863_336,
    "vgg11_bn": 132_868_840,
    "vgg13": 133_047_848,
    "vgg13_bn": 133_053_736,
    "vgg16": 138_357_544,
    "vgg16_bn": 138_365_992,
    "vgg19": 143_667_240,
    "vgg19_bn": 143_678_248,
    "resnet18": 11_689_512,
    "resnet34": 21_797_672,
    "resnet50": 25_557_032,
    "resnet101": 44_549_160,
    "resnet152": 60_192_808,
    "resnet18_cifar": 11_173_962,
    "resnet20": 269_722,
    "resnet32": 464_154,
    "resnet44": 658_586,
    "resnet56": 853_018,
    "resnet110": 1_727_962,
}
SCHEDULES = {
    "constant",
    "step",
    "multistep",
    "exponential",
    "cosine",
    "onecycle",
    "linear",
    "plateau",
}


def test_published_sizes():
    assert {name: known.parameters for name, known in MODELS.items()} == PARAMETERS


@pytest.mark.parametrize("name", MODELS)
def test_what_is_listed_is_true(name):
    known = entry(name)
    assert known.name == name
    assert known.description.endswith((".", f"{known.parameters:,} parameters."))
    for recipe in known.recipes.values():
        assert recipe.optimizer in {"sgd", "adam", "adamw"}
        assert (recipe.momentum is None) == (recipe.optimizer != "sgd")
        assert recipe.schedule in SCHEDULES
        assert set(recipe.augment) <= {"flip", "crop"}


@pytest.mark.parametrize("name", MODELS)
def test_smallest_samples_with_other_channels_and_outputs(name):
    known = entry(name)
    size = known.smallest or 28
    model = known.build((2, size, size), 5, "meta")
    assert model(dl.zeros(2, 2, size, size, device="meta")).shape == (2, 5)


def test_rows_of_tables():
    assert entry("mlp").input_size is None
    assert entry("mlp").build((13,), 1)(dl.zeros(4, 13)).shape == (4, 1)


@pytest.mark.parametrize(
    ("name", "shape", "wanted"),
    [
        ("lenet5", (1, 8, 8), "images of (28, 28) pixels"),
        ("lenet5", (784,), "images of (28, 28) pixels"),
        ("vgg11", (3, 32, 31), "images of at least (32, 32) pixels"),
        ("resnet20", (13,), "images of at least (8, 8) pixels"),
    ],
)
def test_samples_that_do_not_fit(name, shape, wanted):
    words = f"model {name}: expected {wanted}, received samples of shape {shape}; "
    with pytest.raises(DataError, match="^" + re.escape(words) + ".*mlp"):
        entry(name).build(shape, 10, "meta")


def test_recipes_by_data():
    known = entry("lenet5")
    assert known.recipe("mnist").epochs == 3
    assert known.recipe("other").epochs == 10
    assert asdict(entry("deepconvnet").recipe("mnist")) == {
        "lr": 1e-3,
        "batch_size": 100,
        "epochs": 10,
        "optimizer": "adam",
        "momentum": None,
        "weight_decay": 0.0,
        "schedule": "cosine",
        "augment": (),
    }


def test_build_takes_the_constructor_s_options():
    assert isinstance(build("lenet5", num_classes=3, in_channels=1, device="meta"), LeNet5)
    with pytest.raises(OptionError, match="lenet5"):
        build("lenet6")
