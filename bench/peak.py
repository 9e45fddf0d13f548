"""What this machine can do at most: `python bench/peak.py [--threads N] [--json FILE]`.

Multiply-adds: tiles of the matrix product's own vector code on panels that never leave the first
cache, in float32, and pairs of bfloat16 where there is an instruction for them. Copying: float32
from one large array to another, read and written bytes counted, and in caches of two sizes.
"""

import argparse
from pathlib import Path

import numba
import numpy as np

from dlcore.bench import fingerprint, markdown, measure, repeated, write_json
from dlcore.bench.provenance import described, usable_threads
from dlcore.kernels.cpu.machine import host
from dlcore.kernels.cpu.micro import micro_kernel, register_tile
from dlcore.kernels.cpu.simd import vector_code

SECONDS = 0.03  # a measurement takes so long at least
DEPTH, TURNS = 256, 2000
ACCUMULATORS = 16  # of the dot product: more than it takes to be ready again
COPIES = {"256 KiB": 2**18, "4 MiB": 2**22, "256 MiB": 2**28}  # bytes of one array a thread

_tile = micro_kernel(host(), edge=False)
ROWS, VECTORS = register_tile(host())
COLUMNS = VECTORS * host().lanes


@vector_code(host())
def _dots(v, x, out, count):
    """Sums of products of pairs of bfloat16, in registers."""
    pair = v.load(x)

    def step(_, sums):
        return [v.bf16_dot(total, pair, pair) for total in sums]

    # No two sums are the same, else the compiler takes one for all.
    starts = [v.splat(float(place)) for place in range(ACCUMULATORS)]
    for place, total in enumerate(v.loop(count, starts, step)):
        v.store(total, out + 4 * v.lanes * place)


@numba.njit(parallel=True, nogil=True)
def _multiply(a, b, c):
    for thread in numba.prange(len(a)):
        for _ in range(TURNS):
            _tile(a[thread].ctypes.data, b[thread].ctypes.data, DEPTH, c[thread].ctypes.data,
                  4 * COLUMNS, ROWS, COLUMNS, 0, 0, 0, 0)  # fmt: skip


@numba.njit(parallel=True, nogil=True)
def _pairs(x, out):
    for thread in numba.prange(len(x)):
        _dots(x[thread].ctypes.data, out[thread].ctypes.data, TURNS * DEPTH)


@numba.njit(parallel=True, nogil=True)
def _copy(x, y):
    for thread in numba.prange(len(x)):
        y[thread] = x[thread]


def lines(threads, size):
    """A row of whole cache lines for each thread, so that no two share one."""
    return np.zeros((threads, -(-size // 16) * 16), np.float32)


def multiply_adds(threads):
    """A function and the floating-point operations that it does: float32."""
    panels = [lines(threads, n) for n in (ROWS * DEPTH, COLUMNS * DEPTH, ROWS * COLUMNS)]
    return lambda: _multiply(*panels), 2 * threads * TURNS * ROWS * COLUMNS * DEPTH


def pair_dots(threads):
    """The same of the bfloat16 instruction: two multiply-adds a lane."""
    arrays = lines(threads, host().lanes), lines(threads, host().lanes * ACCUMULATORS)
    return lambda: _pairs(*arrays), 4 * threads * TURNS * DEPTH * ACCUMULATORS * host().lanes


def copying(threads, size):
    """A function and the bytes that it reads and writes."""
    x, y = lines(threads, size // 4), lines(threads, size // 4)
    return lambda: _copy(x, y), 2 * x.nbytes


def peaks(threads):
    """By name: a function, how much it does, and in what unit it is measured per second."""
    found = {"float32": (*multiply_adds(threads), "GFLOP/s")}
    if host().bf16_dot:
        found["bfloat16"] = (*pair_dots(threads), "GFLOP/s")
    return found | {
        f"copy, {name} a thread": (*copying(threads, size), "GB/s") for name, size in COPIES.items()
    }


def rates(threads, turns=5):
    """10**9 operations or bytes a second, by name: all that were measured."""
    work = peaks(threads)
    timings = measure({n: repeated(w[0], SECONDS) for n, w in work.items()}, turns, 2)
    return {n: [1e-9 * work[n][1] / s for s in timing.seconds] for n, timing in timings.items()}


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--threads", type=int, default=usable_threads())
    parser.add_argument("--json", type=Path, help="write the figures here, too")
    given = parser.parse_args()
    facts = fingerprint(given.threads)
    print(f"{described(facts)}\n{host()}\n")
    found = {}
    for threads in sorted({1, given.threads}):
        numba.set_num_threads(threads)
        found[threads] = rates(threads)
    units = {name: unit for name, (_, _, unit) in peaks(1).items()}
    header = ["peak", "unit", *(f"{n} thread" + "s" * (n > 1) for n in found)]
    rows = [[n, u, *(f"{np.median(r[n]):.0f}" for r in found.values())] for n, u in units.items()]
    print(markdown(header, rows))
    if given.json:
        write_json(given.json, {"machine": facts, "rates": found})


if __name__ == "__main__":
    main()
