"""Every operation: gradients against differences, shapes on meta, strange strides, stale inputs."""

from __future__ import annotations

import numpy as np
import pytest

from dlcore.backend import get_backend
from dlcore.errors import StaleError
from dlcore.tensors import Tensor, from_numpy, tensor
from tests.operations.listing import OPERATIONS

CPU = get_backend("cpu")


def tensors_of(arrays, dtype="float64"):
    """Leaves for the arrays: floats in `dtype` that require a gradient, the rest as they are."""
    leaves = []
    for array in arrays:
        floating = array.dtype.kind == "f"
        leaves.append(tensor(array.astype(dtype) if floating else array, requires_grad=floating))
    return leaves


def value_of(operation, arrays, weights):
    """The inner product of the operation's result with `weights`, in float64."""
    output = operation.run(*[tensor(array) for array in arrays])
    return float((output.numpy() * weights).sum())


def smooth(operations):
    return [pytest.param(operation, id=operation.name) for operation in operations]


@pytest.mark.parametrize("operation", smooth(o for o in OPERATIONS if o.smooth))
def test_gradient_equals_difference(operation):
    """Along a random direction, for all inputs at once: one inner product instead of a Jacobian."""
    arrays = operation.make()
    leaves = tensors_of(arrays)
    output = operation.run(*leaves)
    generator = np.random.default_rng(1)
    weights = generator.standard_normal(output.shape)
    output.backward(tensor(weights, device=output.device))
    directions = [
        generator.standard_normal(a.shape) if a.dtype.kind == "f" else np.zeros_like(a)
        for a in arrays
    ]
    analytic = sum(
        float((leaf.grad.numpy() * direction).sum())
        for leaf, direction in zip(leaves, directions, strict=True)
        if leaf.grad is not None
    )
    step = 1e-6
    ahead = [
        a + step * d if a.dtype.kind == "f" else a for a, d in zip(arrays, directions, strict=True)
    ]
    behind = [
        a - step * d if a.dtype.kind == "f" else a for a, d in zip(arrays, directions, strict=True)
    ]
    numeric = value_of(operation, ahead, weights) - value_of(operation, behind, weights)
    numeric /= 2 * step
    assert analytic == pytest.approx(numeric, rel=1e-6, abs=1e-6)


@pytest.mark.parametrize("operation", smooth(OPERATIONS))
def test_any_strides_give_the_same(operation):
    """Inputs with gaps, in reversed memory order, give the values and gradients of plain ones."""
    arrays = operation.make()
    plain, gapped = tensors_of(arrays), []
    for array in arrays:
        roomy = np.zeros([2 * length for length in array.shape[::-1]], array.dtype).transpose()
        view = roomy[(*[slice(None, None, 2)] * array.ndim, ...)]
        view[...] = array
        gapped.append(from_numpy(view).requires_grad_(array.dtype.kind == "f"))
    outputs = [operation.run(*plain), operation.run(*gapped)]
    np.testing.assert_allclose(
        outputs[1].detach().numpy(), outputs[0].detach().numpy(), rtol=1e-12, atol=1e-12
    )
    if outputs[0].requires_grad:
        weights = np.random.default_rng(1).standard_normal(outputs[0].shape)
        for output in outputs:
            output.backward(tensor(weights, device=output.device))
        for one, other in zip(plain, gapped, strict=True):
            if one.grad is not None:
                np.testing.assert_allclose(
                    other.grad.numpy(), one.grad.numpy(), rtol=1e-12, atol=1e-12
                )


@pytest.mark.parametrize("operation", smooth(OPERATIONS))
def test_meta_and_dtypes_agree(operation):
    """On meta the operation has the shape, dtype and strides that it has with values."""
    for dtype in ("float32", "float16"):
        leaves = tensors_of(operation.make(), dtype)
        output = operation.run(*leaves)
        ghosts = [
            tensor(leaf.detach().numpy(), device="meta", requires_grad=leaf.requires_grad)
            for leaf in leaves
        ]
        ghost = operation.run(*ghosts)
        assert (ghost.shape, ghost.dtype) == (output.shape, output.dtype)
        assert ghost.array.strides == output.array.strides or not output.numel()
        assert ghost.requires_grad == output.requires_grad
        if output.requires_grad:
            ghost.backward(tensor(np.ones(ghost.shape, ghost.dtype), device="meta"))
            for leaf, shade in zip(leaves, ghosts, strict=True):
                if shade.grad is not None:
                    assert (shade.grad.shape, shade.grad.dtype) == (leaf.shape, leaf.dtype)


@pytest.mark.parametrize("operation", smooth(o for o in OPERATIONS if o.smooth))
def test_overwritten_input_is_noticed(operation):
    """After an input is overwritten, backward either didn't need it or says so."""
    arrays = operation.make()
    for place, array in enumerate(arrays):
        if not array.size:
            continue
        plain, dirty = tensors_of(arrays), tensors_of(arrays)
        outputs = [operation.run(*plain), operation.run(*dirty)]
        CPU.write(dirty[place].array, np.ones_like(array))
        dirty[place].version.count += 1
        weights = np.random.default_rng(1).standard_normal(outputs[0].shape)
        outputs[0].backward(tensor(weights, device=outputs[0].device))
        try:
            outputs[1].backward(tensor(weights, device=outputs[1].device))
        except StaleError:
            continue
        for one, other in zip(plain, dirty, strict=True):
            if one.grad is not None:
                np.testing.assert_array_equal(other.grad.numpy(), one.grad.numpy())


def test_results_are_tensors_with_names():
    for operation in OPERATIONS:
        output = operation.run(*tensors_of(operation.make()))
        assert isinstance(output, Tensor), operation.name
        if operation.smooth and output.numel():
            assert output.node is not None, f"{operation.name} is not in the graph"
