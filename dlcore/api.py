"""The public names of dlcore, each from the module that defines it."""

from __future__ import annotations

from dlcore.autograd import enable_grad, is_grad_enabled, no_grad, set_grad_enabled
from dlcore.backend.interface.array import (
    bfloat16,
    float16,
    float32,
    float64,
    int8,
    int16,
    int32,
    int64,
    uint8,
)
from dlcore.backend.interface.array import (
    boolean as bool,
)
from dlcore.compiled import compile
from dlcore.files import load, save
from dlcore.ops.activation import celu, hardshrink, prelu, relu, selu, sigmoid, threshold
from dlcore.ops.analysis import arctan2, atan2, logaddexp, logit, nan_to_num
from dlcore.ops.arithmetic import (
    add,
    addcdiv,
    addcmul,
    div,
    divide,
    floor_divide,
    fmod,
    mul,
    multiply,
    neg,
    negative,
    remainder,
    sub,
    subtract,
    true_divide,
)
from dlcore.ops.chance import multinomial, rrelu
from dlcore.ops.compare import (
    allclose,
    bitwise_and,
    bitwise_not,
    bitwise_or,
    bitwise_xor,
    eq,
    equal,
    ge,
    gt,
    isclose,
    isfinite,
    isinf,
    isnan,
    le,
    logical_and,
    logical_not,
    logical_or,
    logical_xor,
    lt,
    ne,
)
from dlcore.ops.conv import conv1d, conv2d, conv_transpose1d, conv_transpose2d
from dlcore.ops.copy import clone
from dlcore.ops.create import (
    arange,
    empty,
    empty_like,
    eye,
    full,
    full_like,
    linspace,
    ones,
    ones_like,
    zeros,
    zeros_like,
)
from dlcore.ops.dropout import alpha_dropout, dropout
from dlcore.ops.einsum import einsum
from dlcore.ops.elementwise import (
    abs,
    absolute,
    acos,
    asin,
    atan,
    ceil,
    cos,
    cosh,
    erf,
    erfc,
    exp,
    exp2,
    expm1,
    floor,
    log,
    log1p,
    log2,
    log10,
    reciprocal,
    round,
    rsqrt,
    sign,
    sin,
    sinh,
    sqrt,
    square,
    tan,
    tanh,
    trunc,
)
from dlcore.ops.extremes import amax, amin, max, min
from dlcore.ops.gather import (
    bincount,
    gather,
    index_add,
    index_copy,
    index_fill,
    index_select,
    scatter,
    scatter_add,
    take_along_dim,
)
from dlcore.ops.index import masked_select, nonzero
from dlcore.ops.inquiry import (
    broadcast_tensors,
    finfo,
    get_default_dtype,
    iinfo,
    is_floating_point,
    is_tensor,
    numel,
    result_type,
)
from dlcore.ops.join import (
    atleast_1d,
    atleast_2d,
    cat,
    column_stack,
    concat,
    concatenate,
    diagonal,
    dstack,
    flip,
    hstack,
    meshgrid,
    roll,
    stack,
    tril,
    triu,
    vstack,
)
from dlcore.ops.linear import bilinear
from dlcore.ops.margin_loss import pairwise_distance
from dlcore.ops.matmul import addmm, baddbmm, bmm, dot, matmul, mm, mv, outer
from dlcore.ops.norm import group_norm, layer_norm
from dlcore.ops.pair_loss import cosine_similarity
from dlcore.ops.pieces import chunk, narrow, select, split, tensor_split, unbind
from dlcore.ops.pool import adaptive_avg_pool1d, avg_pool1d, max_pool1d, max_pool2d
from dlcore.ops.power import pow
from dlcore.ops.random import (
    bernoulli,
    normal,
    rand,
    rand_like,
    randint,
    randn,
    randn_like,
    randperm,
)
from dlcore.ops.reduce import (
    all,
    any,
    argmax,
    argmin,
    count_nonzero,
    cumprod,
    cumsum,
    logsumexp,
    mean,
    prod,
    sum,
)
from dlcore.ops.repeat import repeat_interleave, tile
from dlcore.ops.rms_norm import rms_norm
from dlcore.ops.select import (
    clamp,
    clamp_max,
    clamp_min,
    clip,
    heaviside,
    lerp,
    masked_fill,
    maximum,
    minimum,
    where,
)
from dlcore.ops.shape import (
    broadcast_to,
    flatten,
    moveaxis,
    movedim,
    permute,
    ravel,
    reshape,
    squeeze,
    swapaxes,
    swapdims,
    t,
    transpose,
    unflatten,
    unsqueeze,
)
from dlcore.ops.shuffle import channel_shuffle, pixel_shuffle, pixel_unshuffle
from dlcore.ops.softmax import log_softmax, softmax
from dlcore.ops.sort import argsort, sort, topk
from dlcore.ops.statistics import cdist, norm, std, std_mean, var, var_mean
from dlcore.optim.scaler import GradScaler
from dlcore.precision import autocast
from dlcore.promotion import promote_types
from dlcore.random import initial_seed, manual_seed
from dlcore.tensors import Tensor, from_dlpack, from_numpy, tensor
from dlcore.version import __version__

__all__ = [
    "GradScaler", "Tensor", "__version__", "abs", "absolute", "acos", "adaptive_avg_pool1d",
    "add", "addcdiv", "addcmul", "addmm", "all", "allclose", "alpha_dropout", "amax", "amin",
    "any", "arange", "arctan2", "argmax", "argmin", "argsort", "asin", "atan", "atan2",
    "atleast_1d", "atleast_2d", "autocast", "avg_pool1d", "baddbmm", "bernoulli", "bfloat16",
    "bilinear", "bincount", "bitwise_and", "bitwise_not", "bitwise_or", "bitwise_xor", "bmm",
    "bool", "broadcast_tensors", "broadcast_to", "cat", "cdist", "ceil", "celu",
    "channel_shuffle", "chunk", "clamp", "clamp_max", "clamp_min", "clip", "clone",
    "column_stack", "compile", "concat", "concatenate", "conv1d", "conv2d", "conv_transpose1d",
    "conv_transpose2d", "cos", "cosh", "cosine_similarity", "count_nonzero", "cumprod",
    "cumsum", "diagonal", "div", "divide", "dot", "dropout", "dstack", "einsum", "empty",
    "empty_like", "enable_grad", "eq", "equal", "erf", "erfc", "exp", "exp2", "expm1", "eye",
    "finfo", "flatten", "flip", "float16", "float32", "float64", "floor", "floor_divide",
    "fmod", "from_dlpack", "from_numpy", "full", "full_like", "gather", "ge",
    "get_default_dtype", "group_norm", "gt", "hardshrink", "heaviside", "hstack", "iinfo",
    "index_add", "index_copy", "index_fill", "index_select", "initial_seed", "int16", "int32",
    "int64", "int8", "is_floating_point", "is_grad_enabled", "is_tensor", "isclose", "isfinite",
    "isinf", "isnan", "layer_norm", "le", "lerp", "linspace", "load", "log", "log10", "log1p",
    "log2", "log_softmax", "logaddexp", "logical_and", "logical_not", "logical_or",
    "logical_xor", "logit", "logsumexp", "lt", "manual_seed", "masked_fill", "masked_select",
    "matmul", "max", "max_pool1d", "max_pool2d", "maximum", "mean", "meshgrid", "min",
    "minimum", "mm", "moveaxis", "movedim", "mul", "multinomial", "multiply", "mv",
    "nan_to_num", "narrow", "ne", "neg", "negative", "no_grad", "nonzero", "norm", "normal",
    "numel", "ones", "ones_like", "outer", "pairwise_distance", "permute", "pixel_shuffle",
    "pixel_unshuffle", "pow", "prelu", "prod", "promote_types", "rand", "rand_like", "randint",
    "randn", "randn_like", "randperm", "ravel", "reciprocal", "relu", "remainder",
    "repeat_interleave", "reshape", "result_type", "rms_norm", "roll", "round", "rrelu",
    "rsqrt", "save", "scatter", "scatter_add", "select", "selu", "set_grad_enabled", "sigmoid",
    "sign", "sin", "sinh", "softmax", "sort", "split", "sqrt", "square", "squeeze", "stack",
    "std", "std_mean", "sub", "subtract", "sum", "swapaxes", "swapdims", "t", "take_along_dim",
    "tan", "tanh", "tensor", "tensor_split", "threshold", "tile", "topk", "transpose", "tril",
    "triu", "true_divide", "trunc", "uint8", "unbind", "unflatten", "unsqueeze", "var",
    "var_mean", "vstack", "where", "zeros", "zeros_like",
]  # fmt: skip
