"""`dlcore warmup`: what is compiled is listed, and is there afterwards."""

import pytest

pytest.importorskip("numba")

from dlcore.cli import warmup
from dlcore.kernels.cpu import compiling
from tests.cli.command import here


def test_models_are_trained_for_their_kernels(capsys, monkeypatch):
    """Each with each precision; a kernel belongs to the model that needed it first."""
    monkeypatch.setattr(compiling, "_kernels", [])
    seen = []

    def take_steps(job):
        seen.append((job.model, job.precision, job.batch, job.compiled))
        if job.precision == "bf16":
            compiling.prepare("some.kernel", lambda: True)

    monkeypatch.setattr(warmup, "_take_steps", take_steps)
    done = here(
        capsys, "warmup", "mlp", "lenet5", "--precision", "fp32", "--precision", "bf16",
        "--batch", 2, "--kernels",
    )  # fmt: skip
    models, precisions = ("mlp", "lenet5"), ("fp32", "bf16")
    assert seen == [(model, precision, 2, True) for precision in precisions for model in models]
    lines = [line.split() for line in done.stdout.splitlines()]
    assert lines[1][0] == "some.kernel"
    assert lines[-4:] == [
        ["mlp", "fp32", "0", "0.0"],
        ["lenet5", "fp32", "0", "0.0"],
        ["mlp", "bf16", "1", "0.0"],
        ["lenet5", "bf16", "1", "0.0"],
    ]


def test_nothing_is_left_to_compile(capsys):
    here(capsys, "warmup", "mlp")
    assert here(capsys, "warmup", "mlp").stdout.splitlines()[-1].split()[2] == "0"


def test_usual_models_are_known():
    from dlcore.models import MODELS

    assert set(warmup.USUAL) <= set(MODELS)


@pytest.mark.parametrize(
    "arguments", [["nonesuch"], ["mlp", "--precision", "fp8"], ["mlp", "--batch", "0"]]
)
def test_wrong_arguments_are_one_line(capsys, arguments):
    assert here(capsys, "warmup", *arguments).code in (1, 2)


def test_without_numba(capsys, monkeypatch):
    monkeypatch.setattr(warmup, "find_spec", lambda name: None)
    done = here(capsys, "warmup")
    assert done.code == 1
    assert "pip install numba" in done.stderr
