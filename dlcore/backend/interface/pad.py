"""Padding: more elements, or fewer, at both ends of each axis."""

from __future__ import annotations

from dlcore.backend.interface.array import FLOATS, INTEGERS, Array, Shape, Spec, boolean, order_of
from dlcore.backend.interface.checks import require_dtype, require_option
from dlcore.backend.interface.primitive import primitive
from dlcore.errors import ShapeError
from dlcore.kernels.geometry import Pair

MODES = ("circular", "constant", "reflect", "replicate")


@primitive
def pad(x: Array, *, padding: tuple[Pair, ...], mode: str, value: float) -> Array:
    """Y = x with `padding` = (before, after) for each axis; negative numbers cut off.

    Element i of an axis of y is element j = i - before of x, of length L, if that is inside; else

    =========  =========================================================
    constant   `value`
    reflect    -j or 2 (L - 1) - j: the end itself is not repeated
    replicate  0 or L - 1: the end
    circular   j + L or j - L: the other end, of what is left after cutting
    =========  =========================================================

    Shapes: any. Layout: y keeps x's memory order. Dtypes: all; `value` is rounded to x's.

    Raises:
        ShapeError: an output of negative length, or more padding than there is to copy.
        OptionError: no such mode.
    """
    require_dtype("pad", "x", x, FLOATS | INTEGERS | {boolean})
    require_option("pad", "mode", mode, MODES)
    if len(padding) != x.ndim:
        raise ShapeError(
            "pad",
            expected=f"(before, after) for each of {x.ndim} axes",
            received=f"{len(padding)} of them",
            remedy="write (0, 0) for axes that stay",
        )
    for length, (before, after) in zip(x.shape, padding, strict=True):
        left = length + min(before, 0) + min(after, 0)
        most = {"reflect": length - 1, "circular": left}.get(mode)
        if most is not None and max(before, after, 0) > max(most, 0):
            raise ShapeError(
                "pad",
                expected=f"padding of at most {most} for an axis of length {length} in mode {mode}",
                received=f"padding {(before, after)} for x of shape {x.shape}",
                remedy="pad less, or use mode 'replicate' or 'constant'",
            )
        if length + before + after < 0 or (mode == "replicate" and not length):
            raise ShapeError(
                "pad",
                expected=f"padding that leaves something of an axis of length {length}",
                received=f"padding {(before, after)} for x of shape {x.shape}",
                remedy="cut off less",
            )
    shape = [
        length + before + after for length, (before, after) in zip(x.shape, padding, strict=True)
    ]
    return Spec(tuple(shape), x.dtype, order_of(x))


@primitive
def pad_gradient(dy: Array, *, shape: Shape, padding: tuple[Pair, ...], mode: str) -> Array:
    """Dx = for each element of x, the sum of dy over its copies: the adjoint of `pad`.

    Shapes: dy as y of `pad`; dx: `shape`. Layout: dx keeps dy's memory order. Dtypes: floats;
    sums in fp32 at least, rounded once.
    """
    require_dtype("pad_gradient", "dy", dy, FLOATS)
    return Spec(shape, dy.dtype, order_of(dy))
