"""Activations, with every option, on both sides of their kinks."""

from dlcore.nn import functional
from tests.operations.case import Operation, normal

OPTIONS = {
    "sigmoid": [{}],
    "logsigmoid": [{}],
    "relu": [{}],
    "relu6": [{}],
    "hardtanh": [{}, {"min_val": -0.5, "max_val": 0.75}],
    "leaky_relu": [{}, {"negative_slope": 0.3}],
    "elu": [{}, {"alpha": 0.7}],
    "selu": [{}],
    "celu": [{}, {"alpha": 0.7}],
    "gelu": [{}, {"approximate": "tanh"}],
    "silu": [{}],
    "mish": [{}],
    "softplus": [{}, {"beta": 2.0, "threshold": 1.0}],
    "softsign": [{}],
    "hardsigmoid": [{}],
    "hardswish": [{}],
    "tanh": [{}],
    "hardshrink": [{}, {"lambd": 1.2}],
    "softshrink": [{}, {"lambd": 0.0}],
    "tanhshrink": [{}],
    "threshold": [{"threshold": 0.2, "value": -3.0}],
}
SHAPES = {"": (3, 5), ", images": (2, 3, 2, 4), ", no axes": (), ", empty": (0, 2)}


def peer(name, options):
    """PyTorch's function, or its definition where its constants are fp32 whatever x is."""
    if name == "hardsigmoid":
        return lambda torch, x: torch.nn.functional.hardtanh(x + 3, 0, 6) / 6
    if name == "celu":
        p = options.get("alpha", 1.0)
        return lambda torch, x: torch.where(x > 0, x, p * torch.expm1(x / p))
    return lambda torch, x: getattr(torch.nn.functional, name)(x, **options)


def ours(name, options):
    return lambda x: getattr(functional, name)(x, **options)


CASES = [
    Operation(
        f"{name}{options or ''}{kind}",
        ours(name, options),
        (lambda generator, shape=shape: 3 * generator.standard_normal(shape),),
        peer(name, options),
    )
    for name, several in OPTIONS.items()
    for options in several
    for kind, shape in SHAPES.items()
]
CASES += [
    Operation(
        f"glu{kind}",
        ours("glu", options),
        (normal(*shape),),
        peer("glu", options),
    )
    for kind, shape, options in (
        ("", (3, 6), {}),
        (" of channels", (2, 4, 3, 1), {"dim": 1}),
        (" of nothing", (0, 2), {}),
    )
]
CASES += [
    Operation(
        f"prelu{kind}",
        functional.prelu,
        made,
        lambda torch, x, w: torch.nn.functional.prelu(x, w),
        reduction=40,
    )
    for kind, made in {
        ", one weight": (normal(3, 5), normal(1)),
        ", channels": (normal(2, 3, 2, 4), normal(3)),
        ", one weight for images": (normal(2, 3, 2, 4), normal(1)),
        ", columns": (normal(4, 3), normal(3)),
        ", a vector": (normal(4), normal(1)),
        ", no axes": (normal(), normal(1)),
    }.items()
]
