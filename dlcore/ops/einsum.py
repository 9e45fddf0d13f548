"""Sums of products in index notation, as transpositions and products of matrices."""

from __future__ import annotations

from collections import Counter
from math import prod
from typing import Any

from dlcore.autograd import result
from dlcore.backend import interface as primitives
from dlcore.backend.interface.array import Array, Shape, order_of, rows
from dlcore.errors import OptionError, ShapeError
from dlcore.ops.copy import in_rows, in_shape
from dlcore.ops.matmul import bmm
from dlcore.ops.operands import autocasted, backend_of
from dlcore.ops.reduce import sum
from dlcore.ops.shape import permute, reshape
from dlcore.tensors import Tensor

Label = str
"""A letter, or "...2": the axis of the ellipsis that is second from the right."""

Labels = list[Label]


def einsum(equation: str, *operands: Any) -> Tensor:
    """Sum products of elements over the indices that don't appear in the result.

    "ij,jk->ik" is the product of two matrices: y[i, k] = sum over j of a[i, j] b[j, k]. Each
    operand has a term with one letter for each axis. A letter twice in a term takes the diagonal;
    "..." stands for any axes, which broadcast. Without "->" the result has the axes of the
    ellipsis, then in alphabetical order the letters that appear once.

    Shapes: any that fit the equation; an axis of 1 fits every length of its letter.
    Dtypes: as `matmul`. Operands are multiplied from left to right.

    >>> import dlcore as dl
    >>> dl.einsum("ij->j", dl.tensor([[1.0, 2.0], [3.0, 4.0]]))
    tensor([4., 6.])

    Raises:
        OptionError: an equation that doesn't follow these rules.
        ShapeError: operands that don't fit the equation.
    """
    if not isinstance(equation, str):
        raise _refused('an equation such as "ij,jk->ik"', type(equation).__name__)
    if len(operands) == 1 and isinstance(operands[0], list | tuple):
        operands = tuple(operands[0])
    if not operands:
        raise _refused("at least one operand", repr(equation))
    backend_of("einsum", *operands)
    tensors = list(autocasted("einsum", *operands))
    terms, output = parsed(equation, [tensor.shape for tensor in tensors])
    sizes = _sizes(equation, terms, [tensor.shape for tensor in tensors])
    prepared = [_distinct(x, term, sizes) for x, term in zip(tensors, terms, strict=True)]
    y, labels = prepared[0]
    for place, (x, term) in enumerate(prepared[1:], 2):
        wanted = {*output, *(label for _, later in prepared[place:] for label in later)}
        y, labels = _contracted(y, labels, x, term, wanted)
    y, labels = _summed(y, labels, set(output))
    return permute(y, [labels.index(label) for label in output])


def parsed(equation: str, shapes: list[Shape]) -> tuple[list[Labels], Labels]:
    """The labels of each operand's axes and of the result's.

    Raises:
        OptionError, ShapeError: as `einsum`.
    """
    left, arrow, right = equation.replace(" ", "").partition("->")
    texts = left.split(",")
    if len(texts) != len(shapes):
        raise _refused(f"{len(texts)} operands, one for each term", f"{len(shapes)}", equation)
    terms = [
        _labels(equation, text, len(shape) - len(text.replace("...", "")))
        for text, shape in zip(texts, shapes, strict=True)
    ]
    for text, term, shape in zip(texts, terms, shapes, strict=True):
        if len(term) != len(shape):
            raise ShapeError(
                f"einsum {equation!r}",
                expected=f"an operand with {len(term)} axes for {text!r}",
                received=f"shape {shape}",
                remedy="give each axis one letter, or write ... for the rest",
            )
    counts = Counter(label for term in terms for label in term)
    rest = max(len([label for label in term if label[0] == "."]) for term in terms)
    dots = [f"...{place}" for place in range(rest, 0, -1)]
    if not arrow:
        once = sorted(label for label in counts if counts[label] == 1 and label[0] != ".")
        return terms, dots + once
    output = _labels(equation, right, rest)
    for label, count in Counter(output).items():
        if count > 1 or (label not in counts):
            raise _refused(
                "each letter of the result once, and in some term",
                f"{label!r} in {right!r}",
                equation,
            )
    return terms, output


def _labels(equation: str, text: str, rest: int) -> Labels:
    """One label for each axis; the ellipsis stands for `rest` of them."""
    before, dots, after = text.partition("...")
    if not all(letter.isascii() and letter.isalpha() for letter in before + after):
        raise _refused("letters, and ... at most once in each term", repr(text), equation)
    middle = [f"...{place}" for place in range(rest, 0, -1)] if dots else []
    return [*before, *middle, *after]


def _sizes(equation: str, terms: list[Labels], shapes: list[Shape]) -> dict[Label, int]:
    """The length of each label: 1 gives way to any other."""
    sizes: dict[Label, int] = {}
    for term, shape in zip(terms, shapes, strict=True):
        for label, length in zip(term, shape, strict=True):
            known = sizes.setdefault(label, length)
            repeated = term.count(label) > 1  # a diagonal has no room to broadcast
            if known != length and (1 not in (known, length) or repeated):
                raise ShapeError(
                    f"einsum {equation!r}",
                    expected=f"one length for all axes {label!r}",
                    received=f"{known} and {length}, in shapes {', '.join(map(str, shapes))}",
                    remedy="check the order of the letters",
                )
            sizes[label] = length if known == 1 else known
    return sizes


def _distinct(x: Tensor, labels: Labels, sizes: dict[Label, int]) -> tuple[Tensor, Labels]:
    """An operand with each label once, without the axes of 1 that another operand broadcasts."""
    for label in [label for label, count in Counter(labels).items() for _ in range(count - 1)]:
        first = labels.index(label)
        second = labels.index(label, first + 1)
        x = _diagonal(x, first, second)
        labels = [*labels[:first], *labels[first + 1 : second], *labels[second + 1 :], label]
    kept = [axis for axis, label in enumerate(labels) if x.shape[axis] == sizes[label]]
    if len(kept) < len(labels):
        x = reshape(x, [x.shape[axis] for axis in kept])
    return x, [labels[axis] for axis in kept]


def _diagonal(x: Tensor, first: int, second: int) -> Tensor:
    """The elements whose places on two axes agree, along one axis at the end."""
    backend, length = x.backend, x.shape[first]
    others = [axis for axis in range(x.ndim) if axis not in (first, second)]
    x = permute(x, (*others, first, second))
    shape, dtype = x.shape, x.dtype
    flat = (*shape[:-2], length * length)
    every = (*[slice(None)] * len(others), slice(None, None, length + 1))

    def gradient(dy: Array) -> Array:
        dx = primitives.fill(backend, shape=flat, dtype=dtype, order=rows(len(flat)), value=0.0)
        target = dx[every]
        primitives.copy.into(backend, target, dy, dtype=dtype, order=order_of(target))
        return in_shape(backend, dx, shape)

    array = in_shape(backend, x.array, flat)[every]
    return result("diagonal", in_rows(backend, array), backend, (x, gradient))


def _summed(x: Tensor, labels: Labels, wanted: set[Label]) -> tuple[Tensor, Labels]:
    gone = [axis for axis, label in enumerate(labels) if label not in wanted]
    x = sum(x, gone) if gone else x
    return x, [label for label in labels if label in wanted]


def _contracted(
    a: Tensor, a_labels: Labels, b: Tensor, b_labels: Labels, wanted: set[Label]
) -> tuple[Tensor, Labels]:
    """The product of two operands, summed over the labels that nobody wants any more.

    As matrices in a batch: (both and wanted, only in a, both and unwanted) times (both and wanted,
    both and unwanted, only in b).
    """
    a, a_labels = _summed(a, a_labels, wanted | set(b_labels))
    b, b_labels = _summed(b, b_labels, wanted | set(a_labels))
    sizes = dict(zip(a_labels + b_labels, a.shape + b.shape, strict=True))
    both = [label for label in a_labels if label in b_labels]
    batch = [label for label in both if label in wanted]
    summed = [label for label in both if label not in wanted]
    rows = [label for label in a_labels if label not in both]
    columns = [label for label in b_labels if label not in both]

    def matrices(x: Tensor, labels: Labels, *groups: Labels) -> Tensor:
        order = [labels.index(label) for group in groups for label in group]
        return reshape(
            permute(x, order), [prod(sizes[label] for label in group) for group in groups]
        )

    y = bmm(
        matrices(a, a_labels, batch, rows, summed), matrices(b, b_labels, batch, summed, columns)
    )
    labels = [*batch, *rows, *columns]
    return reshape(y, [sizes[label] for label in labels]), labels


def _refused(expected: str, received: str, equation: str | None = None) -> OptionError:
    return OptionError(
        "einsum" if equation is None else f"einsum {equation!r}",
        expected=expected,
        received=received,
        remedy='write it like "bij,bjk->bik"',
    )
