"""`dlcore warmup`: compile the kernels that training steps need, before somebody waits for them."""

from __future__ import annotations

from collections.abc import Callable
from importlib.util import find_spec
from typing import Any

import click

from dlcore.columns import aligned
from dlcore.errors import DeviceError

USUAL = ("lenet5", "resnet20", "resnet18_cifar")
RUNS = 3  # recorded, replayed kernel by kernel, replayed as a script


@click.command()
@click.argument("models", nargs=-1, metavar="[MODEL]...")
@click.option(
    "--precision",
    "precisions",
    multiple=True,
    default=["fp32"],
    show_default=True,
    help="fp32 | tf32 | fp16 | bf16; may be given several times.",
)
@click.option(
    "--batch", type=click.IntRange(1), default=8, show_default=True, help="Samples in a step."
)
@click.option("--kernels", "listed", is_flag=True, help="List the kernels.")
def warmup(models: tuple[str, ...], precisions: Any, batch: int, listed: bool) -> None:
    """Compile the kernels of MODELs' training steps for this machine, and keep them.

    Without MODEL those of a small usual set. What is there already isn't compiled again.
    """
    from dlcore.backend.interface.checks import require_option
    from dlcore.bench.worker import Job
    from dlcore.models.registry import entry
    from dlcore.precision import PRECISIONS

    if find_spec("numba") is None:
        raise DeviceError(
            "warmup",
            expected="Numba, which compiles the kernels",
            received="an installation without it",
            remedy="pip install numba",
        )
    for precision in precisions:
        require_option("warmup", "precision", precision, PRECISIONS)
    known = [entry(name) for name in models or USUAL]
    rows = [("model", "precision", "kernels compiled", "seconds")]
    compiled = []
    for precision in precisions:
        for one in known:
            job = Job(one.name, one.shape, one.outputs, batch, "cpu", precision, compiled=True)
            new = _compiled(lambda job=job: _take_steps(job))  # type: ignore[misc]
            seconds = sum(kernel.seconds for kernel in new)
            rows.append((one.name, precision, str(len(new)), f"{seconds:.1f}"))
            compiled += new
    if listed:
        names = sorted((kernel.name, f"{kernel.seconds:.2f}") for kernel in compiled)
        click.echo("\n".join([*aligned([("kernel", "seconds"), *names], right={1}), ""]))
    click.echo("\n".join(aligned(rows, right={2, 3})))


def _compiled(action: Callable[[], None]) -> list[Any]:
    """The kernels that are compiled while the action runs."""
    from dlcore.kernels.cpu.compiling import compiled_kernels

    before = len(compiled_kernels())
    action()
    return compiled_kernels()[before:]


def _take_steps(job: Any) -> None:
    """Training steps, and the forward pass in evaluation mode."""
    from dlcore.autograd import no_grad
    from dlcore.bench.worker import network, samples, training_step
    from dlcore.tensors import tensor

    model = network(job)
    x, y = (tensor(values) for values in samples(job.shape, job.outputs, job.batch))
    step = training_step(job, model, x, y)
    for _ in range(RUNS):
        step()
    with no_grad():
        model.eval()(x)
