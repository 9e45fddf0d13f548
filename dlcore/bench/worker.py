"""One of dlcore's contenders, in a process of its own: `python -m dlcore.bench.worker JOB`."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from dlcore import random
from dlcore.autograd import no_grad
from dlcore.backend import get_backend
from dlcore.backend.base import HostArray
from dlcore.backend.interface.array import Shape
from dlcore.bench.memory import reset_peak_memory
from dlcore.bench.process import first_steps, open_channel, serve
from dlcore.compiled import compile
from dlcore.models.registry import entry
from dlcore.nn.dropout import Dropout
from dlcore.nn.module import Module
from dlcore.ops.loss import cross_entropy
from dlcore.optim import SGD, GradScaler
from dlcore.precision import Precision, at_precision
from dlcore.tensors import Tensor, tensor

MOMENTUM, LOSS_SCALE = 0.9, 1024.0
"""What every framework trains with; the scale is for fp16."""

Step = Callable[[], HostArray]


class Job(NamedTuple):
    """What a contender does.

    Attributes:
        model: by its name in the registry.
        shape, outputs: of a sample, and how many logits.
        batch: samples in a step.
        checks: steps before the first turn, whose values are told; dropout rests in them.
        training: a whole step: forward, backward, update. Else inference.
        compiled: recorded and replayed. Else eager.
        lr: small where steps of the same network drift apart by rounding alone.
    """

    model: str
    shape: Shape
    outputs: int
    batch: int
    device: str = "cpu"
    precision: Precision = "fp32"
    training: bool = True
    compiled: bool = False
    checks: int = 1
    lr: float = 0.01


def command(job: Job) -> list[str]:
    """What starts a contender; a step that can't be recorded is an error there."""
    options = ["-W", "error::UserWarning", "-m", "dlcore.bench.worker"]
    return [sys.executable, *options, json.dumps(job._asdict())]


def samples(shape: Shape, outputs: int, batch: int) -> tuple[HostArray, HostArray]:
    """A batch of normal numbers with labels, always the same."""
    generator = np.random.default_rng(0)
    x = generator.standard_normal((batch, *shape), np.float32)
    return x, generator.integers(0, outputs, batch)


def network(job: Job) -> Module:
    """A model with the weights that all contenders start from."""
    random.manual_seed(0)
    return entry(job.model).build(tuple(job.shape), job.outputs, job.device)


def training_step(job: Job, model: Module, x: Tensor, y: Tensor) -> Step:
    """Cross entropy, its gradients, and SGD with momentum; gives the loss, of shape ()."""
    optimizer = SGD(model.parameters(), lr=job.lr, momentum=MOMENTUM)
    scaler = GradScaler(LOSS_SCALE, enabled=job.precision == "fp16", device=x.backend)

    def update(x: Tensor, y: Tensor) -> Tensor:
        optimizer.zero_grad()
        with at_precision(job.precision, x.backend):
            loss = cross_entropy(model(x), y)
        scaler.scale(loss).backward()
        scaler.step(optimizer)
        scaler.update()
        return loss.detach()

    step = compile(update) if job.compiled else update
    return lambda: np.asarray(step(x, y).numpy())


def inference_step(job: Job, model: Module, x: Tensor) -> Step:
    """The logits, of shape (batch, outputs)."""

    def forward(x: Tensor) -> Tensor:
        with at_precision(job.precision, x.backend):
            return model(x)  # type: ignore[no-any-return]

    step = compile(forward) if job.compiled else forward

    def infer() -> HostArray:
        with no_grad():
            return np.asarray(step(x).numpy())

    return infer


def main() -> None:
    """Make the step, take the first ones, then serve."""
    channel = open_channel()
    job = Job(**json.loads(sys.argv[1]))
    model = network(job).train(job.training)
    backend = get_backend(job.device)
    inputs, labels = samples(tuple(job.shape), job.outputs, job.batch)
    x, y = tensor(inputs, device=backend), tensor(labels, device=backend)
    step = training_step(job, model, x, y) if job.training else inference_step(job, model, x)
    reset_peak_memory()
    dropouts = [module for module in model.modules() if isinstance(module, Dropout)]
    for module in dropouts:
        module.eval()
    facts = first_steps(step, job.checks)
    for module in dropouts:
        module.train(job.training)
    serve(step, facts, channel)


if __name__ == "__main__":
    main()
