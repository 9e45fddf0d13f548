"""Layers that pad signals and images."""

from __future__ import annotations

from collections.abc import Sequence

from dlcore.errors import ShapeError
from dlcore.nn.module import Module
from dlcore.ops.pad import pad
from dlcore.tensors import Tensor


class _Pad(Module):
    """Padding as one number for all sides, or (left, right, top, bottom).

    Attributes:
        AXES: how many it pads.
        MODE: of `functional.pad`.
    """

    AXES: int
    MODE: str
    value: float | None = None

    def __init__(self, padding: int | Sequence[int]) -> None:
        sides = (padding,) * (2 * self.AXES) if isinstance(padding, int) else tuple(padding)
        self.padding = sides

    def forward(self, x: Tensor) -> Tensor:
        if self.MODE != "constant" and x.ndim not in (self.AXES + 1, self.AXES + 2):
            letters = "N C L or C L" if self.AXES == 1 else "N C H W or C H W"
            raise ShapeError(
                type(self).__name__,
                expected=f"x with the axes {letters}",
                received=f"x of shape {x.shape}",
                remedy="use the layer for as many axes, or reshape",
            )
        return pad(x, self.padding, self.MODE, self.value)

    def extra_repr(self) -> str:
        return f"{self.padding}" + ("" if self.value is None else f", value={self.value}")


class ConstantPad2d(_Pad):
    """Images with a border of `value`: (left, right, top, bottom), or one number for all.

    Shapes: N C H W or C H W; negative numbers cut off.

    >>> import dlcore as dl
    >>> ConstantPad2d((1, 0, 0, 1), 7.0)(dl.tensor([[[1.0]]]))
    tensor([[[7., 1.],
             [7., 7.]]])
    """

    AXES = 2
    MODE = "constant"

    def __init__(self, padding: int | Sequence[int], value: float) -> None:
        super().__init__(padding)
        self.value = value


class ZeroPad2d(ConstantPad2d):
    """Images with a border of zeros; as `ConstantPad2d`."""

    def __init__(self, padding: int | Sequence[int]) -> None:
        super().__init__(padding, 0.0)


class ReflectionPad2d(_Pad):
    """Images continued by their mirror image, the outermost pixels not repeated.

    Shapes: N C H W or C H W.

    Raises:
        ShapeError: another number of axes, or more padding than there is to copy.
    """

    AXES = 2
    MODE = "reflect"


class ReplicationPad2d(_Pad):
    """Images continued by their outermost pixels; shapes and errors as `ReflectionPad2d`."""

    AXES = 2
    MODE = "replicate"


class CircularPad2d(_Pad):
    """Images continued from their other end; shapes and errors as `ReflectionPad2d`."""

    AXES = 2
    MODE = "circular"


class ConstantPad1d(ConstantPad2d):
    """Signals with `value` at both ends: (left, right), or one number. Shapes: N C L or C L."""

    AXES = 1


class ZeroPad1d(ZeroPad2d):
    """Signals with zeros at both ends; as `ConstantPad1d`."""

    AXES = 1


class ReflectionPad1d(ReflectionPad2d):
    """Signals continued by their mirror image, the outermost elements not repeated.

    Shapes: N C L or C L. Errors: as `ReflectionPad2d`.
    """

    AXES = 1


class ReplicationPad1d(ReplicationPad2d):
    """Signals continued by their outermost elements; N C L or C L."""

    AXES = 1


class CircularPad1d(CircularPad2d):
    """Signals continued from their other end; N C L or C L."""

    AXES = 1
