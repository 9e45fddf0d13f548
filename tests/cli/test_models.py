"""`dlcore models`: the table, and one model layer by layer."""

import json

import pytest

from dlcore.cli.main import main
from dlcore.models import MODELS


def run(capsys, *arguments, code=0):
    with pytest.raises(SystemExit) as done:
        main(["models", *arguments])
    assert done.value.code == code
    return capsys.readouterr()


def test_table(capsys):
    lines = run(capsys).out.splitlines()
    assert [line.split()[0] for line in lines[1 : len(MODELS) + 1]] == list(MODELS)
    (line,) = (line for line in lines if line.startswith("lenet5 "))
    assert "1 x 28 x 28" in line
    assert "61,706  " in line
    assert "416,520  sgd" in line
    assert line.endswith(MODELS["lenet5"].description)


def test_table_as_json(capsys):
    listed = {model["name"]: model for model in json.loads(run(capsys, "--json").out)}
    assert listed["resnet18"]["parameters"] == 11_689_512
    assert listed["resnet18"]["input"] == [3, 224, 224]
    assert listed["lenet5"]["recipes"]["mnist"]["epochs"] == MODELS["lenet5"].recipe("mnist").epochs


def test_one_model(capsys):
    text = run(capsys, "vgg11", "--shape", "3,32,32", "--classes", "10").out
    assert "features.0" in text
    assert "1 x 64 x 32 x 32" in text
    summary = json.loads(run(capsys, "lenet5", "--json").out)
    assert summary["parameters"] == 61_706


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["lenet6"], 1, "lenet5"),
        (["lenet5", "--shape", "3,32,32"], 1, "received samples of shape (3, 32, 32)"),
        (["lenet5", "--shape", "small"], 2, "such as 32, 32x48 or 3,32,32, not 'small'"),
        (["lenet5", "--shape", "3,²"], 2, "--shape"),
        (["lenet5", "--shape", "1,-28,28"], 2, "--shape"),
        (["lenet5", "--classes", "0"], 2, "--classes"),
        (["lenet5", "--classes", "9" * 17], 1, "2**63 bytes"),
        (["mlp", "--shape", "9" * 30], 1, "2**63 bytes"),
        (["--shape", "3,32,32"], 2, "give its name"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_errors(capsys, arguments, code, words):
    line = run(capsys, *arguments, code=code).err
    assert words in line
    assert len(line.strip().splitlines()) == 1
