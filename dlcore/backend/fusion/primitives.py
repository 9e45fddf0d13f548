"""What fused calls compute: primitives that only recorded steps have.

A fused call names its operands, for most are optional: its attributes `roles` and `results` are
the names of its arrays and outputs. A kernel gets them by these names.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dlcore.backend.base import Call
from dlcore.backend.interface.primitive import Primitive


def batch_statistics() -> None:
    """Mean and biased variance of each channel: the first half of `batch_norm`.

    x (N C ...) -> mean, variance (C, float32)
    """


def normalize() -> None:
    """Y = [relu](norm(x) [+ other or norm(other)]), the second half of `batch_norm`.

    x, mean, variance, weight?, bias?, other?, other_mean?, other_variance?, other_weight?,
    other_bias?; eps, other_eps, relu -> y

    Each norm, and the sum, is rounded to x's dtype.
    """


def norm_sums() -> None:
    """Dz = dy, masked, and what `batch_norm_gradient` sums of it.

    dy, output?, x, mean, variance, weight?, bias?, other?, other_mean?, other_variance?;
    mask, eps, other_eps -> dz?, dweight, dbias, other_dweight?, other_dbias?

    dbias is the sum of dz, dweight that of dz (x - mean) / sqrt(variance + eps), for each channel.
    The mask is "none"; "output": 0 where output isn't positive; "norm": 0 where norm(x) isn't.
    With `other` there are sums for a second norm of the same gradient.
    """


def norm_apply() -> None:
    """Dx of `batch_norm_gradient`, from its sums.

    dz, x, mean, variance, weight?, dweight, dbias; eps -> dx
    """


def conv2d_fused() -> None:
    """Y = [relu](conv2d([relu](norm(x))) + bias), and the mean and variance of y's channels.

    x, kernel, bias?, norm_mean?, norm_variance?, norm_weight?, norm_bias?; eps, relu_input, relu,
    and those of `conv2d` -> y, mean?, variance?

    Without norm_mean x is taken as it is. norm(x) is rounded to x's dtype; the padding stays 0.
    """


def conv2d_backward() -> None:
    """Both gradients of a convolution, with what stands before and behind them.

    dy, x, kernel, raw?, raw_mean?, raw_variance?, raw_weight?, raw_dweight?, raw_dbias?,
    norm_mean?, norm_variance?, norm_weight?, norm_bias?, skip?, output?, before?, before_mean?,
    before_variance?, other?, other_mean?, other_variance?; raw_eps, eps, before_eps, other_eps,
    relu_input, mask, and those of `conv2d` -> dx, dkernel, dweight?, dbias?, other_dweight?,
    other_dbias?

    With raw, dy stands for `norm_apply` of dy and raw. With norm_mean, the input of the convolution
    was [relu](norm(x)). Then dx becomes what `norm_sums` makes of it: skip is added, it is masked,
    by `output` or by norm(x), and summed for the norms of `before` and of `other`, if any.
    """


FUSED: Mapping[str, Primitive[..., Any]] = {
    function.__name__: Primitive(function)
    for function in (
        batch_statistics,
        normalize,
        norm_sums,
        norm_apply,
        conv2d_fused,
        conv2d_backward,
    )
}


def call_of(
    like: Call, name: str, inputs: Mapping[str, Any], outputs: Mapping[str, Any], **attributes: Any
) -> Call:
    """A fused call in the place of another; operands that are None are left out."""
    given = {role: view for role, view in inputs.items() if view is not None}
    wanted = {role: view for role, view in outputs.items() if view is not None}
    attributes |= {"roles": tuple(given), "results": tuple(wanted)}
    arrays, results = tuple(given.values()), tuple(wanted.values())
    return Call(like.backend, FUSED[name], arrays, results, attributes, like.path)


def named(call: Call) -> dict[str, Any]:
    """The operands of a fused call by their roles."""
    attributes = call.attributes
    names = (*attributes["roles"], *attributes["results"])
    return dict(zip(names, (*call.arrays, *call.outputs), strict=True))


def with_changes(
    call: Call, inputs: Mapping[str, Any], outputs: Mapping[str, Any], **attributes: Any
) -> Call:
    """A fused call with operands added or replaced (by None: removed) and other attributes."""
    known = named(call)
    before = {role: known[role] for role in call.attributes["roles"]}
    after = {role: known[role] for role in call.attributes["results"]}
    return call_of(
        call,
        call.primitive.name,
        before | dict(inputs),
        after | dict(outputs),
        **(dict(call.attributes) | attributes),
    )
