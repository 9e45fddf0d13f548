"""Bounds for gradients, between backward and the optimizer's step."""

from __future__ import annotations

from collections.abc import Iterable

from dlcore.autograd import no_grad
from dlcore.backend.interface.array import HALVES
from dlcore.errors import DataError
from dlcore.leaves import guard_gradient
from dlcore.ops.create import zeros
from dlcore.ops.inplace import clamp_, mul_
from dlcore.ops.join import stack
from dlcore.ops.select import clamp
from dlcore.ops.statistics import vector_norm
from dlcore.optim.checks import require_in
from dlcore.tensors import Tensor


def clip_grad_norm_(
    parameters: Tensor | Iterable[Tensor],
    max_norm: float,
    norm_type: float = 2.0,
    error_if_nonfinite: bool = False,
) -> Tensor:
    """Scale all gradients down by one factor so that their common norm is at most `max_norm`.

    The factor is min(1, max_norm / (norm + 1e-6)). It stays on the device, so a recorded step holds
    it. With loss scaling, call `GradScaler.unscale_` first.

    Args:
        parameters: whose gradients are scaled; those without any are left out.
        max_norm: see above.
        norm_type: the order p of the norm (sum |g|^p)^(1/p) over the elements of all gradients.
        error_if_nonfinite: look whether the norm is finite, which reads the device.

    Returns: the norm before, of shape (); fp32 at least, as are its sums.

    Raises:
        OptionError: a negative `max_norm`.
        DataError: NaN or Inf in the gradients, if `error_if_nonfinite`.

    Source: Pascanu, Mikolov and Bengio, On the difficulty of training recurrent neural networks,
    2013 (arXiv 1211.5063), algorithm 1.
    """
    require_in("clip_grad_norm_", "max_norm", max_norm, 0.0)
    gradients = _gradients(parameters)
    if not gradients:
        return zeros(())
    with no_grad():
        norms = [
            vector_norm(gradient, norm_type, dtype="float32" if gradient.dtype in HALVES else None)
            for gradient in gradients
        ]
        norm = vector_norm(stack(norms), norm_type)
        if error_if_nonfinite and not abs(norm.item()) < float("inf"):
            raise DataError(
                "clip_grad_norm_",
                expected="finite gradients",
                received=f"gradients of norm {norm.item()}",
                remedy="lower the learning rate, or check the data for NaN",
            )
        factor = clamp(max_norm / (norm + 1e-6), max=1.0)
        for gradient in gradients:
            mul_(gradient, factor)
    return norm


def clip_grad_value_(parameters: Tensor | Iterable[Tensor], clip_value: float) -> None:
    """Bring every element of the gradients between -`clip_value` and `clip_value`.

    Raises:
        OptionError: a negative `clip_value`.
    """
    require_in("clip_grad_value_", "clip_value", clip_value, 0.0)
    with no_grad():
        for gradient in _gradients(parameters):
            clamp_(gradient, -clip_value, clip_value)


def _gradients(parameters: Tensor | Iterable[Tensor]) -> list[Tensor]:
    gradients = []
    for parameter in [parameters] if isinstance(parameters, Tensor) else parameters:
        guard_gradient(parameter)
        if parameter.grad is not None:
            gradients.append(parameter.grad)
    return gradients
