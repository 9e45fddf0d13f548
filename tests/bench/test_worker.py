"""The steps that dlcore is measured with."""

import numpy as np
import pytest

from dlcore.bench import Contender
from dlcore.bench.worker import (
    Job,
    command,
    inference_step,
    network,
    samples,
    training_step,
)
from dlcore.tensors import tensor

JOB = Job("lenet5", (1, 28, 28), 10, 4)


def made(job):
    x, y = (tensor(values) for values in samples(job.shape, job.outputs, job.batch))
    model = network(job).train(job.training)
    return training_step(job, model, x, y) if job.training else inference_step(job, model, x)


@pytest.mark.parametrize("precision", ["fp32", "bf16", "fp16"])
def test_compiled_and_eager_train_alike(precision):
    job = JOB._replace(precision=precision)
    eager, compiled = made(job), made(job._replace(compiled=True))
    losses = [float(eager()) for _ in range(4)]
    # Fusion adds in another order.
    close = pytest.approx(losses, rel=1e-4 if precision == "fp32" else 1e-2)
    assert [float(compiled()) for _ in range(4)] == close
    assert losses[-1] < losses[0]


def test_inference_leaves_no_graph_and_no_change():
    job = JOB._replace(training=False)
    step, compiled = made(job), made(job._replace(compiled=True))
    assert step().shape == (4, 10)
    for _ in range(2):
        np.testing.assert_allclose(compiled(), step(), rtol=1e-4, atol=1e-4)


def test_precision_changes_the_numbers():
    losses = {float(made(JOB._replace(precision=p))()) for p in ("fp32", "bf16", "fp16")}
    assert len(losses) == 3


def test_everybody_gets_the_same():
    for one, other in zip(samples((2, 3), 5, 7), samples((2, 3), 5, 7), strict=True):
        np.testing.assert_array_equal(one, other)
    states = [network(JOB).state_dict() for _ in range(2)]
    for name, value in states[0].items():
        np.testing.assert_array_equal(value.numpy(), states[1][name].numpy())


def test_dropout_rests_in_the_checks():
    """So that frameworks with other random numbers can be compared."""
    job = Job("deepconvnet", (1, 28, 28), 10, 4)
    x, y = (tensor(values) for values in samples(job.shape, job.outputs, job.batch))
    model = network(job).eval()  # this model has nothing else that tells the modes apart
    expected = training_step(job, model, x, y)()
    with Contender("it", command(job), 1) as it:
        assert it.facts["values"] == [[float(expected)]]
