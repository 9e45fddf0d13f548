"""Every operation and its gradients against PyTorch, in float64 and float32."""

from __future__ import annotations

import numpy as np
import pytest

from dlcore.tensors import tensor
from tests.operations.listing import OPERATIONS

torch = pytest.importorskip("torch", reason="PyTorch is an optional peer")
pytestmark = pytest.mark.peer

EPS = {"float64": 2.0**-52, "float32": 2.0**-23}


def assert_near(ours, theirs, dtype, operation):
    """Both are rounded sums: they may differ by a few roundings of the largest term."""
    largest = float(np.abs(theirs[np.isfinite(theirs)]).max(initial=1.0)) if theirs.size else 1.0
    tolerance = 8 * max(EPS[dtype], EPS.get(ours.dtype.name, 0))
    np.testing.assert_allclose(
        ours, theirs, rtol=tolerance, atol=tolerance * operation.reduction * largest
    )


@pytest.mark.parametrize("dtype", EPS)
@pytest.mark.parametrize(
    "operation", [pytest.param(o, id=o.name) for o in OPERATIONS if o.peer is not None]
)
def test_as_pytorch(operation, dtype):
    arrays = [a.astype(dtype) if a.dtype.kind == "f" else a for a in operation.make()]
    floating = [array.dtype.kind == "f" for array in arrays]
    ours = [tensor(a, requires_grad=f) for a, f in zip(arrays, floating, strict=True)]
    theirs = [torch.tensor(a, requires_grad=f) for a, f in zip(arrays, floating, strict=True)]
    output, expected = operation.run(*ours), operation.peer(torch, *theirs)
    assert output.shape == tuple(expected.shape)
    assert output.dtype.name == str(expected.dtype).removeprefix("torch.")
    assert_near(output.detach().numpy(), expected.detach().numpy(), dtype, operation)
    if not operation.smooth:
        return
    weights = np.random.default_rng(1).standard_normal(output.shape).astype(output.dtype)
    output.backward(tensor(weights, device=output.device))
    expected.backward(torch.tensor(weights))
    for one, other in zip(ours, theirs, strict=True):
        if other.grad is not None:
            assert_near(one.grad.numpy(), other.grad.numpy(), dtype, operation)
