"""Arrays joined along an axis."""

from __future__ import annotations

from dlcore.backend.interface.array import Array, Spec, channels_last, rows
from dlcore.backend.interface.checks import axis_in, require_same_dtype
from dlcore.backend.interface.primitive import primitive
from dlcore.errors import ShapeError


@primitive
def concatenate(*arrays: Array, axis: int) -> Array:
    """The arrays one after another along `axis`.

    Shapes: equal, except along `axis`. Layout: rows; channels last if all arrays are.
    Dtypes: all, one for all arrays.

    Raises:
        ShapeError: nothing to join, or shapes that differ elsewhere. DtypeError: other dtypes.
    """
    if not arrays or not arrays[0].ndim:
        raise ShapeError(
            "concatenate",
            expected="arrays with at least one axis",
            received="none" if not arrays else "an array without axes",
            remedy="use stack to join along a new axis",
        )
    first = arrays[0].shape
    place = axis_in("concatenate", axis, len(first))
    require_same_dtype("concatenate", **{f"array {n}": array for n, array in enumerate(arrays)})
    for array in arrays[1:]:
        alike = zip(array.shape, first, strict=False)
        differs = [at for at, (a, b) in enumerate(alike) if a != b and at != place]
        if array.ndim != len(first) or differs:
            raise ShapeError(
                "concatenate",
                expected=f"shapes that are equal except along axis {place}",
                received=" and ".join(str(array.shape) for array in arrays),
                remedy="reshape or cut them to fit",
            )
    length = sum(array.shape[place] for array in arrays)
    shape = (*first[:place], length, *first[place + 1 :])
    plain, last = rows(len(first)), channels_last(len(first))
    images = all(_lies(array, last) for array in arrays)
    if images and all(_lies(array, plain) for array in arrays):
        images = False  # nothing tells
    return Spec(shape, arrays[0].dtype, last if images else plain)


def _lies(array: Array, order: tuple[int, ...]) -> bool:
    """Whether nothing speaks against memory in this order; axes of length 1 say nothing."""
    steps = [abs(array.strides[axis]) for axis in order if array.shape[axis] > 1]
    return steps == sorted(steps, reverse=True)
