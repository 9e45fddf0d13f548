"""Attention: averages of values, weighted by how well queries and keys agree."""

from __future__ import annotations

from math import inf, sqrt

import numpy as np

from dlcore.backend.interface.array import boolean
from dlcore.backend.interface.checks import require_same_dtype
from dlcore.errors import DtypeError, OptionError, ShapeError
from dlcore.ops.arithmetic import add, mul
from dlcore.ops.compare import eq, logical_not
from dlcore.ops.dropout import dropout
from dlcore.ops.matmul import matmul
from dlcore.ops.operands import autocasted, backend_of
from dlcore.ops.reduce import all
from dlcore.ops.select import masked_fill
from dlcore.ops.shape import transpose
from dlcore.ops.softmax import softmax
from dlcore.tensors import Tensor


def scaled_dot_product_attention(
    query: Tensor,
    key: Tensor,
    value: Tensor,
    attn_mask: Tensor | None = None,
    dropout_p: float = 0.0,
    is_causal: bool = False,
    scale: float | None = None,
) -> Tensor:
    """Softmax(scale query keyᵀ + mask) value.

    A query for which everything is masked gives 0.

    Shapes: query: ... L E, key: ... S E, value: ... S V, attn_mask: broadcast to ... L S, the
    result: ... L V; the leading axes broadcast. Dtypes: floats, all the same; 16-bit floats are
    summed in fp32.

    Args:
        attn_mask: bool (True takes part) or floats that are added to the scores.
        dropout_p: the share of the weights that is dropped, also outside of training.
        is_causal: query i sees keys 0 to i only; instead of a mask.
        scale: 1 / sqrt(E) if None.

    Source: Vaswani et al., Attention is all you need, 2017 (arXiv 1706.03762), equation 1.

    Raises:
        ShapeError: shapes that don't fit together. DtypeError: different dtypes.
        OptionError: a mask and is_causal.
    """
    name = "scaled_dot_product_attention"
    backend = backend_of(name, query, key, value, optional=(attn_mask,))
    query, key, value, attn_mask = autocasted(name, query, key, value, attn_mask)
    _check(name, query, key, value, attn_mask, is_causal)
    scale = 1 / sqrt(query.shape[-1]) if scale is None else scale
    scores = matmul(mul(query, scale), transpose(key, -2, -1))
    if is_causal:
        future = ~np.tri(*scores.shape[-2:], dtype=np.bool_)
        scores = masked_fill(scores, Tensor(backend.upload(future), backend), -inf)
    if attn_mask is None:
        return matmul(dropout(softmax(scores, -1), dropout_p), value)
    if attn_mask.dtype == boolean:
        scores = masked_fill(scores, logical_not(attn_mask), -inf)
    else:
        scores = add(scores, attn_mask)
    blind = all(eq(scores, -inf), -1, keepdim=True)
    # Any finite score will do there: its weights are thrown away, and so is its gradient.
    weights = masked_fill(softmax(masked_fill(scores, blind, 0.0), -1), blind, 0.0)
    return matmul(dropout(weights, dropout_p), value)


def _check(
    name: str, query: Tensor, key: Tensor, value: Tensor, mask: Tensor | None, is_causal: bool
) -> None:
    if is_causal and mask is not None:
        raise OptionError(
            name,
            expected="attn_mask or is_causal",
            received="both",
            remedy="put the causal part into the mask",
        )
    require_same_dtype(name, query=query.array, key=key.array, value=value.array)
    if (
        min(query.ndim, key.ndim, value.ndim) < 2
        or query.shape[-1] != key.shape[-1]
        or key.shape[-2] != value.shape[-2]
    ):
        raise ShapeError(
            name,
            expected="query ... L E, key ... S E and value ... S V",
            received=f"shapes {query.shape}, {key.shape} and {value.shape}",
            remedy="keys have the features of queries, and there are as many as values",
        )
    if mask is not None and mask.dtype not in (boolean, query.dtype):
        raise DtypeError(
            name,
            expected=f"an attn_mask of dtype bool or {query.dtype.name}",
            received=mask.dtype.name,
            remedy="convert it with .bool() or .to(query.dtype)",
        )
