"""`dlcore show`: every layer, down to kernels; places in the source that are right."""

import json
from importlib.util import find_spec
from pathlib import Path

import pytest

from dlcore.cli.catalogue import catalogue, find
from dlcore.cli.main import main
from dlcore.cli.samples import sample
from dlcore.cli.trail import trail
from dlcore.errors import OptionError
from dlcore.nn import Module

ROOT = Path(find_spec("dlcore").origin).parents[1]
WITHOUT_OPERATION = """
    Buffer Identity Module ModuleDict ModuleList Parameter ParameterDict ParameterList Sequential
"""
# Views, which no kernel computes; what the host draws or finds out; what needs no arrays.
WITHOUT_PRIMITIVE = """
    Flatten Unflatten
    arange broadcast_tensors empty empty_like equal eye finfo flatten get_default_dtype iinfo
    is_floating_point is_tensor linspace moveaxis movedim multinomial nonzero normal numel permute
    randint randn randn_like randperm ravel reshape result_type squeeze swapaxes swapdims t
    transpose unflatten unsqueeze atleast_1d atleast_2d
"""
THINGS = catalogue()


def floors(name):
    return [(stop.floor, stop.name) for stop in trail(find(name))]


@pytest.mark.parametrize("thing", THINGS, ids=lambda thing: f"{thing.kind} {thing.name}")
def test_everything_has_its_floors(thing):
    stops = trail(thing)
    passed = {stop.floor for stop in stops}
    assert thing.kind in passed
    if thing.kind == "layer":
        assert ("operation" in passed) is (thing.name not in WITHOUT_OPERATION.split())
    if thing.kind in ("layer", "operation"):
        without = (*WITHOUT_PRIMITIVE.split(), *WITHOUT_OPERATION.split())
        assert ("primitive" in passed) is (thing.name not in without)
    assert ("kernel" in passed) is ("primitive" in passed)
    for stop in stops:
        lines = (ROOT / stop.file).read_text().splitlines()[stop.line - 1 :]
        assert stop.name in "\n".join(lines[:4])  # below a decorator or two
        assert stop.text or stop.floor in ("kernel", "gradient")


@pytest.mark.parametrize("name", ["Conv2d", "conv2d"])
def test_the_story_of_a_convolution(name):
    above = [("layer", "Conv2d")] if name == "Conv2d" else []
    primitives = ["conv2d", "conv2d_input_gradient", "conv2d_weight_gradient", "reduce"]
    assert floors(name) == [
        *above,
        ("operation", "conv2d"),
        ("gradient", "input_gradient"),
        ("gradient", "weight_gradient"),
        ("gradient", "lambda"),
        *((floor, name) for name in primitives for floor in ("primitive", "kernel", "kernel")),
    ]
    kernels = [(stop.file, stop.devices) for stop in trail(find(name)) if stop.floor == "kernel"]
    assert kernels == [
        (f"dlcore/kernels/{device}/{stem}.py", (device,))
        for stem in ("conv", "conv", "conv", "reduce")
        for device in ("numpy", "cpu")
    ]


LAYERS = [thing for thing in THINGS if thing.kind == "layer" and issubclass(thing.value, Module)]


@pytest.mark.parametrize("thing", LAYERS, ids=lambda thing: thing.name)
def test_every_layer_has_a_summary(thing):
    found = sample(thing)
    if found is None:
        assert thing.name in WITHOUT_OPERATION.split()
        return
    inputs = [(tensor.shape, tensor.dtype) for tensor in found.given]
    shapes, dtypes = zip(*inputs, strict=True)
    summary = found.function.summary(shapes, batch_size=None, dtypes=dtypes)
    output = found.function.eval()(*found.given)
    output = output[0] if isinstance(output, tuple) else output
    assert summary.rows[0].outputs[0] == output.shape


def test_rules_have_their_formulas():
    texts = [stop.text for stop in trail(find("relu")) if stop.floor == "primitive"]
    assert texts == [
        "relu: x where x > 0, else 0; NaN stays",
        "relu_gradient: 0 where y <= 0, else dy",
    ]
    texts = [stop.text for stop in trail(find("Adam")) if stop.name == "update"]
    assert texts[0].startswith("adam: ")


def test_operations_with_several_outputs_and_labels():
    assert ("primitive", "max_pool2d_gradient") in floors("MaxPool2d")
    assert ("primitive", "cross_entropy_gradient") in floors("CrossEntropyLoss")
    assert ("primitive", "batch_norm_gradient") in floors("BatchNorm2d")


@pytest.mark.parametrize(
    ("name", "kind", "found"),
    [
        ("Conv2d", "layer", "Conv2d"),
        ("conv2d", "operation", "conv2d"),
        ("CONV2D", "layer", "Conv2d"),
        ("sgd", "optimizer", "SGD"),
        ("conv2d_input_gradient", "primitive", "conv2d_input_gradient"),
    ],
)
def test_names_in_any_case(name, kind, found):
    thing = find(name)
    assert (thing.kind, thing.name) == (kind, found)


def run(capsys, *arguments, code=0):
    with pytest.raises(SystemExit) as done:
        main(arguments)
    assert done.value.code == code
    return capsys.readouterr()


def test_text(capsys):
    text = run(capsys, "show", "batchnorm2d").out
    assert text.startswith(
        "BatchNorm2d, layer\n\n(x - mean) / sqrt(variance + eps) * weight + bias"
    )
    assert "    momentum = 0.1\n" in text
    assert "dlcore/ops/norm.py:" in text
    assert "References:\n    Ioffe and Szegedy, Batch normalization, 2015" in text


def test_json(capsys):
    known = json.loads(run(capsys, "show", "Linear", "--json").out)
    assert known["kind"] == "layer"
    assert known["arguments"][2] == {"name": "bias", "default": "True"}
    kernels = [stop for stop in known["floors"] if stop["floor"] == "kernel"]
    assert kernels[0]["file"] == "dlcore/kernels/numpy/matmul.py"
    assert "numpy" in kernels[0]["devices"]
    assert {"numpy", "cpu"} == {device for stop in kernels for device in stop["devices"]}


@pytest.mark.parametrize(
    ("floor", "start"),
    [
        ("layer", "class ReLU("),
        ("operation", "@method\ndef relu("),
        ("primitive", "@primitive\ndef pointwise("),
        ("numpy", "def pointwise("),
    ],
)
def test_source(capsys, floor, start):
    text = run(capsys, "show", "ReLU", "--source", floor).out
    assert text.startswith("# dlcore/")
    assert text.partition("\n")[2].startswith(start)


def test_errors(capsys):
    line = run(capsys, "show", "Conv2dd", code=1).err
    assert line.startswith("dlcore: show: expected a layer, optimizer, operation or primitive")
    assert "did you mean Conv2d" in line
    assert len(line.strip().splitlines()) == 1
    line = run(capsys, "show", "ReLU", "--source", "cuda", code=1).err
    assert "--source layer | operation | gradient | primitive | kernel | numpy | cpu" in line
    with pytest.raises(OptionError, match="try Conv2d, relu or Adam"):
        find("???")
