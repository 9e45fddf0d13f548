"""bench/steps.py: what is compared is the same, and disagreement isn't timed."""

import json
import subprocess
import sys
from types import SimpleNamespace

import pytest

from dlcore.models import entry
from tests.bench.programs import BENCH, program

steps = program("steps")


def contenders(**values):
    return {name: SimpleNamespace(facts={"values": v}) for name, v in values.items()}


def test_agreement():
    steps.require_agreement(
        contenders(dlcore=[[2.3], [2.21]], torch_eager=[[2.3 + 1e-5], [2.2]]), "float32"
    )


@pytest.mark.parametrize(
    "values", [[[2.301], [2.2]], [[2.3], [2.3]], [[float("nan")], [2.2]]], ids=str
)
def test_disagreement(values):
    given = contenders(dlcore=values, torch_eager=[[2.3], [2.2]])
    with pytest.raises(SystemExit, match=r"step \d: dlcore computes"):
        steps.require_agreement(given, "float32")


def test_few_steps_of_slow_contenders():
    turn = steps.few(lambda count: [1.0] * count, 3)
    assert [len(turn(2)) for _ in range(3)] == [2, 1, 0]


def test_contenders(tmp_path):
    case = steps.Case(steps.TRAINING["resnet20"], "float32", 2, "cpu", tmp_path)
    assert list(steps.own(case)) == ["dlcore eager", "dlcore compiled"]
    assert len(steps.rivals(case)) == 4
    jobs = [json.loads(line[-1]) for line in steps.own(case).values()]
    assert [job["compiled"] for job in jobs] == [False, True]
    assert len(steps.rivals(case._replace(dtype="float16"))) == 2  # compiling it takes minutes


@pytest.mark.peer
@pytest.mark.parametrize("name", sorted({*steps.TRAINING, *steps.INFERENCE}))
def test_pytorchs_networks_have_our_parameters(name):
    torch = pytest.importorskip("torch")
    known = entry(name)
    with torch.device("meta"):
        theirs = program("torch_models").MODELS[name](known.outputs).state_dict()
    ours = known.build(known.shape, known.outputs, "meta").state_dict()
    assert {name: tuple(value.shape) for name, value in theirs.items()} == {
        name: value.shape for name, value in ours.items()
    }


@pytest.mark.peer
@pytest.mark.parametrize(
    "arguments", [["simpleconvnet", "--precision", "bfloat16"], ["resnet20", "--inference"]]
)
def test_a_run(arguments, tmp_path):
    pytest.importorskip("torch")
    options = ["--batch", "4", "--turns", "1", "--steps", "1", "--only", "eager", "--json"]
    done = subprocess.run(
        [sys.executable, BENCH / "steps.py", *arguments, *options, tmp_path / "steps.json"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert not done.stderr
    rows = json.loads((tmp_path / "steps.json").read_text())["rows"]
    assert {row["contender"] for row in rows} == {
        "dlcore eager",
        "torch eager NCHW",
        "torch eager channels_last",
    }
    assert max(row["ratio"] for row in rows if row["contender"].startswith("torch")) == 1
