"""Packing for a product of matrices, however their numbers lie."""

from __future__ import annotations

from typing import Any

from dlcore.kernels.cpu.pack import (
    copy_lines,
    pack_adjacent,
    pack_apart,
    pack_lines,
    storage_bytes,
)
from dlcore.kernels.cpu.product_plan import COLUMNS, ROWS, Forms
from dlcore.kernels.cpu.simd import Emitter
from dlcore.kernels.cpu.values import Value


def pack_a(
    v: Emitter, forms: Forms, p: Any, contiguous: Value, x: Value, lines: Value, depth: Value,
    panel: Value,
) -> None:  # fmt: skip
    """Pack rows of A: as rows if that is how they lie, else step by step."""
    form = forms.panels
    if forms.apart:
        pack_apart(v, ROWS, form, x, p.a_row, p.a_step, lines, depth, panel)
        return

    def by_lines(_: list[Value]) -> list[Value]:
        copy_lines(v, form, x, p.a_row, lines, depth, panel, p.a_pitch)
        return []

    def by_steps(_: list[Value]) -> list[Value]:
        pack_adjacent(v, ROWS, form, x, p.a_step, lines, depth, panel)
        return []

    v.when(contiguous, [], by_lines)
    v.when(~contiguous, [], by_steps)


def pack_b(
    v: Emitter, forms: Forms, x: Value, lead: Value, step: Value, lines: Value, depth: Value,
    panel: Value,
) -> None:  # fmt: skip
    """Pack columns of B, which are `lead` bytes apart, their numbers `step` bytes."""
    form = forms.panels
    if forms.apart:
        pack_apart(v, COLUMNS, form, x, lead, step, lines, depth, panel)
        return

    def by_lines(_: list[Value]) -> list[Value]:
        pack_lines(v, COLUMNS, form, x, lead, lines, depth, panel)
        return []

    def by_steps(_: list[Value]) -> list[Value]:
        pack_adjacent(v, COLUMNS, form, x, step, lines, depth, panel)
        return []

    contiguous = step.equals(storage_bytes(form))
    v.when(contiguous, [], by_lines)
    v.when(~contiguous, [], by_steps)
