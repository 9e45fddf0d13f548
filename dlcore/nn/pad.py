"""Layers that pad images."""

from __future__ import annotations

from collections.abc import Sequence

from dlcore.nn.module import Module
from dlcore.ops.pad import pad
from dlcore.tensors import Tensor


class _Pad2d(Module):
    """Padding as one number for all sides, or (left, right, top, bottom)."""

    MODE: str
    value: float | None = None

    def __init__(self, padding: int | Sequence[int]) -> None:
        sides = (padding,) * 4 if isinstance(padding, int) else tuple(padding)
        self.padding = sides

    def forward(self, x: Tensor) -> Tensor:
        return pad(x, self.padding, self.MODE, self.value)

    def extra_repr(self) -> str:
        return f"{self.padding}" + ("" if self.value is None else f", value={self.value}")


class ConstantPad2d(_Pad2d):
    """Images with a border of `value`: (left, right, top, bottom), or one number for all.

    Shapes: N C H W or C H W; negative numbers cut off.

    >>> import dlcore as dl
    >>> ConstantPad2d((1, 0, 0, 1), 7.0)(dl.tensor([[[1.0]]]))
    tensor([[[7., 1.],
             [7., 7.]]])
    """

    MODE = "constant"

    def __init__(self, padding: int | Sequence[int], value: float) -> None:
        super().__init__(padding)
        self.value = value


class ZeroPad2d(ConstantPad2d):
    """Images with a border of zeros; as `ConstantPad2d`."""

    def __init__(self, padding: int | Sequence[int]) -> None:
        super().__init__(padding, 0.0)


class ReflectionPad2d(_Pad2d):
    """Images continued by their mirror image, the outermost pixels not repeated."""

    MODE = "reflect"


class ReplicationPad2d(_Pad2d):
    """Images continued by their outermost pixels."""

    MODE = "replicate"


class CircularPad2d(_Pad2d):
    """Images continued from their other end."""

    MODE = "circular"
