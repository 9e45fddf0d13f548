"""The other programs in bench/."""

import json
import random
import subprocess
import sys

import pytest

from dlcore.errors import OptionError
from tests.bench.programs import BENCH, program


def run(name, *arguments):
    done = subprocess.run(
        [sys.executable, BENCH / f"{name}.py", *map(str, arguments)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.peer
def test_sweep_draws_what_fits():
    pytest.importorskip("torch")
    sweep = program("sweep")
    convs = [sweep.draw(random.Random(seed)) for seed in range(200)]
    assert convs == [sweep.draw(random.Random(seed)) for seed in range(200)]
    for conv in convs:
        assert min(conv.size) >= 1
        assert conv.inputs % conv.groups == conv.outputs % conv.groups == 0
        assert max(conv.inputs, conv.outputs) <= 512
        assert max(conv.height, conv.width) <= 224


@pytest.mark.peer
def test_sweep_goes_on(tmp_path):
    pytest.importorskip("torch")
    target = tmp_path / "sweep.json"
    run("sweep", "--count", 1, "--json", target)
    first = json.loads(target.read_text())["rows"]
    text = run("sweep", "--count", 2, "--json", target)
    rows = json.loads(target.read_text())["rows"]
    assert rows[:1] == first
    assert len(rows) == 2
    assert "Wrong results" not in text


@pytest.mark.slow
def test_start_and_roofline(tmp_path):
    assert "lenet5" in run("start", "lenet5", "--rounds", 1, "--batch", 2)
    picture = tmp_path / "roofline.svg"
    assert "conv2d" in run("roofline", "lenet5", "--batch", 2, "--picture", picture)
    assert picture.read_text().startswith("<?xml")


def test_roofline(tmp_path):
    pytest.importorskip("matplotlib")
    from dlcore.bench.roofline import Point, roof, roofline

    assert roof(2.0, peak=100.0, bandwidth=10.0) == 20
    assert roof(50.0, peak=100.0, bandwidth=10.0) == 100
    points = [Point("conv2d", 20.0, 80.0), Point("matmul", 1.0, 5.0)]
    target = roofline(points, {"float32": 100.0}, 10.0, tmp_path / "roofline.svg")
    assert target.read_bytes() == roofline(points, {"float32": 100.0}, 10.0, target).read_bytes()
    with pytest.raises(OptionError, match="suffix"):
        roofline(points, {"float32": 100.0}, 10.0, tmp_path / "roofline.pdf")
