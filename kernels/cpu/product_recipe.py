"""How a product of matrices is computed, by all but the addresses: found once, then looked up."""

from __future__ import annotations

from functools import lru_cache
from itertools import product as combinations
from math import prod
from typing import Any, NamedTuple

import numpy as np

from dlcore.kernels.cpu.machine import host
from dlcore.kernels.cpu.pack import FLOAT, panel_bytes
from dlcore.kernels.cpu.product import product
from dlcore.kernels.cpu.product_cut import block_depth, cut
from dlcore.kernels.cpu.product_direct import direct
from dlcore.kernels.cpu.product_plan import COLUMNS, ROWS, Forms, Product, by_pairs, memory_for
from dlcore.kernels.cpu.product_total import Total, total
from dlcore.kernels.cpu.storage import SIZES
from dlcore.kernels.cpu.task import Task
from dlcore.kernels.cpu.transposed import kernel, schedule

Form = tuple[np.dtype[Any], tuple[int, ...], tuple[int, ...]]
"""An array but for its address: dtype, shape, strides."""

DIRECT_WORK = 128**3  # multiply-adds of an item, below which packing costs more than it brings
LINE, PAGE = 64, 4096  # bytes of a cache's line, and after which lines meet in the first cache
TOTAL_NUMBERS = 2**16  # partial sums that a piece adds up, at least
THIN_ROWS, THIN_COLUMNS = 256, 4  # of a thin out: rows at most, columns at least, times these
THIN_DEPTH = 256  # at least, or its transposition costs more than it brings


class Turn(NamedTuple):
    """How a product that is computed as its transpose, in `size` bytes of its own, comes to out."""

    size: int
    task: Task
    pieces: int
    plan: tuple[Any, ...]


class Recipe(NamedTuple):
    """What to run; fields of a plan are those after the addresses.

    Args:
        swapped: out is written by rows of its transpose: b' a'.
        rows_bias: the bias is one number for each row of what is written.
        offsets: bytes from the begin of a, b and out, for each batch that is a run of its own.
        sums: bytes for the products of parts of the depth, which `total` adds up.
        turn: out is filled by it, from a transpose that is computed first.
    """

    swapped: bool
    rows_bias: bool
    offsets: list[tuple[int, int, int]]
    task: Task
    pieces: int
    plan: tuple[Any, ...]
    memory: int
    total: Task | None = None
    total_pieces: int = 0
    total_plan: tuple[Any, ...] = ()
    sums: int = 0
    turn: Turn | None = None


@lru_cache(4096)
def recipe(
    a: Form, b: Form, out: Form, bias: Form | None, accumulate: bool, relu: bool
) -> Recipe | None:
    """The recipe for arrays of such forms; None if some have to be copied."""
    _check(a, b, out, bias)
    if not _is_ours(a, b, out, bias):
        return None
    rows_bias = bias is not None and bias[1] == (out[1][-2], 1) and bias[1] != (1, out[1][-1])
    if 0 in out[1]:
        return Recipe(False, False, [], direct("float32"), 0, (), 0)
    turn = None if accumulate else _turn(b, out)
    if turn is not None:
        out = _by_columns(out)
    batch = out[1][:-2]
    outer, axes = _batch(batch, _spread(a, batch), _spread(b, batch), out[2][:-2])
    size = out[0].itemsize
    c_row, c_column = _strides(out)
    swapped = c_column != size
    if swapped:
        if c_row != size:
            return None
        a, b, out = _transposed(b), _transposed(a), _transposed(out)
        rows_bias, c_row = bias is not None and not rows_bias, c_column
        axes = [(n, second, first, third) for n, first, second, third in axes]
    return _recipe(a, b, out, bias, c_row, axes, accumulate, relu)._replace(
        swapped=swapped, rows_bias=rows_bias, offsets=outer, turn=turn
    )


def _recipe(
    a: Form,
    b: Form,
    out: Form,
    bias: Form | None,
    c_row: int,
    axes: list[tuple[int, int, int, int]],
    accumulate: bool,
    relu: bool,
) -> Recipe:
    """For an out whose rows are contiguous. axes: two of the batch, with the steps of a, b, out."""
    (rows, depth), columns = a[1][-2:], b[1][-1]
    operands, result = a[0].name, out[0].name
    (a_row, a_step), (b_step, b_column) = _strides(a), _strides(b)
    (outer, *outer_steps), (inner, *inner_steps) = axes
    items = outer * inner
    parts = cut(items, rows, columns, depth)
    numbers = 2 if by_pairs(operands) else 1
    block = block_depth(parts.span, numbers)
    steps = block // numbers
    a_pitch = steps * FLOAT + LINE  # no power of two, or all rows meet in a few places of a cache
    a_panel = max(ROWS * a_pitch, panel_bytes(ROWS, steps, host().lanes))
    b_panel = panel_bytes(COLUMNS, steps, host().lanes)
    apart = not all(_has_lines(x) for x in (a, b))
    read_a = not apart and _reads_well(operands, depth, a_row, a_step)
    plan = Product(
        0, 0, 0, 0, 0, rows, columns, depth, a_row, a_step, b_step, b_column, c_row, 0,
        int(accumulate), int(relu), items, inner, outer_steps[0], inner_steps[0], outer_steps[1],
        inner_steps[1], outer_steps[2], inner_steps[2], *parts, block, a_panel, b_panel,
        a_pitch, int(read_a),
    )  # fmt: skip
    deep = max(1, -(-depth // parts.span))
    pieces = -(-items // parts.group) * -(-rows // parts.height) * -(-columns // parts.width) * deep
    small = rows * columns * depth <= DIRECT_WORK
    if small and b_column == FLOAT and operands == "float32":
        return Recipe(False, False, [], direct(result), pieces, plan[5:], 0)
    if deep == 1:
        task, memory = product(Forms(operands, result, apart)), memory_for(plan, result)
        return Recipe(False, False, [], task, pieces, plan[5:], memory)
    size = rows * columns * FLOAT
    plan = plan._replace(c_row=columns * FLOAT, c_part=size, accumulate=0, relu=0)
    task = product(Forms(operands, "float32", apart))
    height = max(1, TOTAL_NUMBERS // (columns * deep))
    sums = Total(0, 0, 0, 0, deep, rows, columns, c_row, int(accumulate), int(relu), height)
    return Recipe(
        False, False, [], task, pieces, plan[5:], memory_for(plan, "float32"),
        total(result), -(-rows // height), sums[4:], deep * size,
    )  # fmt: skip


def _turn(b: Form, out: Form) -> Turn | None:
    """For few rows, if the columns of B are contiguous, as those of a linear layer's weight are.

    B would be transposed for few uses. As rows of A it is read where it lies, or only copied.
    """
    dtype, shape, strides = out
    rows, columns = shape[-2:]
    (b_step, b_column), depth = _strides(b), b[1][-2]
    thin = 1 < rows <= THIN_ROWS and columns >= THIN_COLUMNS * rows and depth >= THIN_DEPTH
    turned = b_step == b[0].itemsize != b_column and _strides(out)[1] == dtype.itemsize
    if not (thin and turned) or prod(shape) * depth <= DIRECT_WORK or prod(shape[:-2]) > 1:
        return None
    bits = f"bits{8 * dtype.itemsize}"
    source = _by_columns(out)[2]
    found = schedule(shape[-2:], source[-2:], strides[-2:], bits, bits)
    return found and Turn(rows * columns * dtype.itemsize, kernel(bits, bits), *found)


def _by_columns(out: Form) -> Form:
    """A single out whose columns are contiguous, without gaps."""
    dtype, shape, _ = out
    return dtype, shape, (*[0] * len(shape[:-2]), dtype.itemsize, shape[-2] * dtype.itemsize)


def _check(a: Form, b: Form, out: Form, bias: Form | None) -> None:
    forms = {"a": a, "b": b, "out": out} | ({} if bias is None else {"bias": bias})
    for name, (dtype, _, _) in forms.items():
        if dtype.name not in SIZES or not dtype.isnative:
            raise TypeError(
                f"gemm: expected float32, float16 or bfloat16 for {name}, received {dtype}; "
                "convert it, or take the NumPy kernels"
            )
    if not _fits(a[1], b[1], out[1], None if bias is None else bias[1]):
        shapes = ", ".join(f"{name} {shape}" for name, (_, shape, _) in forms.items())
        raise ValueError(
            "gemm: expected a (..., M, K), b (..., K, N), out (..., M, N) and a bias (N,), (1, N) "
            f"or (M, 1), received {shapes}; a and b may have fewer axes than out, or 1 in its batch"
        )


def _fits(
    a: tuple[int, ...], b: tuple[int, ...], out: tuple[int, ...], bias: tuple[int, ...] | None
) -> bool:
    if min(len(a), len(b), len(out)) < 2:
        return False
    rows, columns = out[-2:]
    if a[-2:] != (rows, b[-2]) or b[-1] != columns:
        return False
    if bias is not None and bias not in ((columns,), (1, columns), (rows, 1)):
        return False
    return all(_broadcasts(x[:-2], out[:-2]) for x in (a, b))


def _broadcasts(shape: tuple[int, ...], batch: tuple[int, ...]) -> bool:
    extra = len(batch) - len(shape)
    return extra >= 0 and all(x in (1, y) for x, y in zip(shape, batch[extra:], strict=True))


def _is_ours(a: Form, b: Form, out: Form, bias: Form | None) -> bool:
    """Whether there are kernels for the dtypes, and the bias is a vector without gaps."""
    same = a[0] == b[0] and out[0] in (a[0], np.float32)
    if bias is None or not same:
        return same
    dtype, shape, strides = bias
    steps = [step for n, step in zip(shape, strides, strict=True) if n > 1]
    return dtype == out[0] and steps in ([], [dtype.itemsize])


def _strides(x: Form) -> tuple[int, int]:
    """Bytes between rows and between columns; a single one may as well be contiguous."""
    dtype, shape, strides = x
    row, column = (
        dtype.itemsize if n == 1 else s for n, s in zip(shape[-2:], strides[-2:], strict=True)
    )
    return row, column


def _has_lines(x: Form) -> bool:
    """Whether rows or columns are contiguous."""
    return x[0].itemsize in _strides(x)


def _reads_well(dtype: str, depth: int, a_row: int, a_step: int) -> bool:
    """Whether A is as good where it lies: its numbers are those of panels, and spread in caches."""
    if by_pairs(dtype):
        if a_step != 2 or depth % 2:
            return False
    elif dtype != "float32":
        return False
    if a_step > FLOAT:
        return a_row == FLOAT and a_step % PAGE != 0
    return len({i * a_row % PAGE // LINE for i in range(ROWS)}) >= min(ROWS, 4)


def _transposed(x: Form) -> Form:
    dtype, shape, strides = x
    return dtype, (*shape[:-2], shape[-1], shape[-2]), (*strides[:-2], strides[-1], strides[-2])


def _spread(x: Form, batch: tuple[int, ...]) -> list[int]:
    """Bytes from item to item along each axis of the batch: 0 where x is broadcast."""
    _, shape, strides = x
    axes = zip(shape[:-2], strides[:-2], strict=True)
    known = [0 if n == 1 else step for n, step in axes]
    return [0] * (len(batch) - len(known)) + known


def _batch(
    sizes: tuple[int, ...], *steps: Any
) -> tuple[list[tuple[int, int, int]], list[tuple[int, int, int, int]]]:
    """The offsets of runs, and the last two axes of a batch, joined where they lie like one."""
    axes: list[tuple[int, ...]] = []
    for axis in zip(sizes, *steps, strict=True):
        if axis[0] == 1:
            continue
        n, *inner = axis
        if axes and all(step == n * own for step, own in zip(axes[-1][1:], inner, strict=True)):
            axes[-1] = (axes[-1][0] * n, *inner)
        else:
            axes.append(axis)
    axes = [(1, 0, 0, 0)] * (2 - len(axes)) + axes
    places = combinations(*(range(axis[0]) for axis in axes[:-2]))
    offsets = [
        tuple(sum(i * axis[x] for i, axis in zip(place, axes, strict=False)) for x in (1, 2, 3))
        for place in places
    ]
    return offsets, axes[-2:]  # type: ignore[return-value]
