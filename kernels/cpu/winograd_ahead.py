"""Asks for memory before it is needed: while planes are multiplied, buses have nothing to do."""

from __future__ import annotations

from dlcore.kernels.cpu.cache import compiled
from dlcore.kernels.cpu.machine import host
from dlcore.kernels.cpu.simd import Emitter, vector_code
from dlcore.kernels.cpu.values import Value
from dlcore.kernels.cpu.winograd_tiles import Grid, Images, place

CACHE_LINE = 64


@vector_code(host())
def _read(v: Emitter, address: Value) -> None:
    v.prefetch(address)


@vector_code(host())
def _write(v: Emitter, address: Value) -> None:
    v.prefetch(address, write=True)


@compiled
def rows_of(x: Images, grid: Grid, step: int, first: int, count: int) -> tuple[int, int]:
    """Where the rows of images begin and end that tiles have for themselves."""
    if count < 1:
        return x.address, x.address
    number, down, _ = place(grid, first)
    begin = x.address + number * x.image + down * step * x.row
    number, down, _ = place(grid, first + count - 1)
    return begin, x.address + number * x.image + min((down + 1) * step, x.height) * x.row


@compiled
def ahead(span: tuple[int, int], share: int, shares: int, distance: int, write: int) -> None:
    """Ask for a share of the bytes from begin to end, `distance` bytes away."""
    size = span[1] - span[0]
    begin = span[0] + distance
    for i in range(
        begin + size * share // shares, begin + size * (share + 1) // shares, CACHE_LINE
    ):
        if write:
            _write(i)
        else:
            _read(i)
