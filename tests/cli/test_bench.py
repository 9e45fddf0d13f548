"""`dlcore bench`."""

import json

import pytest

from tests.cli.command import here


def test_table(capsys):
    done = here(capsys, "bench", "mlp", "--shape", 8, "--batch", 2, "--steps", 7)
    assert done.code == 0, done.stderr
    assert "training step of mlp, fp32, cpu, 2 x 8" in done.stdout
    header, eager, compiled = done.stdout.splitlines()[-3:]
    assert "samples/s" in header
    assert eager.split()[0] == "eager"
    assert compiled.split()[0] == "compiled"


def test_json(capsys):
    arguments = ("--batch", 3, "--steps", 1, "--threads", 1, "--precision", "bf16", "--inference")
    done = here(capsys, "bench", "mlp", *arguments, "--json")
    assert done.code == 0, done.stderr
    report = json.loads(done.stdout)
    assert report["machine"]["threads"] == 1
    assert (report["job"]["batch"], report["job"]["precision"]) == (3, "bf16")
    assert [row["way"] for row in report["rows"]] == ["eager", "compiled"]
    for row in report["rows"]:
        assert row["samples_per_second"] == pytest.approx(3 / row["median"])
        assert row["peak_memory"] > 10e6


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["lenet6"], 1, "lenet5"),
        (["lenet5", "--shape", "3,32,32"], 1, "received samples of shape (3, 32, 32)"),
        (["lenet5", "--precision", "fp8"], 1, "precision"),
        (["lenet5", "--device", "tpu"], 1, "device 'tpu'"),
        (["lenet5", "--batch", "0"], 2, "--batch"),
        ([], 2, "MODEL"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_errors(capsys, arguments, code, words):
    done = here(capsys, "bench", *arguments)
    assert done.code == code
    assert words in done.stderr
