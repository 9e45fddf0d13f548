"""What this machine can do at most: `python bench/peak.py [--threads N] [--json FILE]`.

Multiply-adds: vector code that stays in registers, in float32, and pairs of bfloat16 where there
is an instruction for them. Copying: float32 from one array to another, in caches of two sizes and
in memory; read and written bytes count.
"""

import argparse
from pathlib import Path

import numba
import numpy as np

from dlcore.bench import fingerprint, markdown, measure, repeated, write_json
from dlcore.bench.provenance import described, usable_threads
from dlcore.kernels.cpu.machine import host
from dlcore.kernels.cpu.simd import vector_code

SECONDS = 0.03  # a measurement takes so long at least
STEPS = 500_000
# More sums than it takes for the first to be ready again, and no more than there are registers.
SUMS = 12
COPIES = {"256 KiB": 2**18, "4 MiB": 2**22, "256 MiB": 2**28}  # bytes of one array a thread


def in_registers(instruction):
    """Compiled code that does an instruction STEPS times for each sum, and each row of arrays."""

    @vector_code(host())
    def code(v, x, out, count):
        pair = v.load(x)

        def step(_, sums):
            return [instruction(v, pair, total) for total in sums]

        # No two sums are the same, else the compiler takes one for all.
        starts = [v.splat(float(place)) for place in range(SUMS)]
        for place, total in enumerate(v.loop(count, starts, step)):
            v.store(total, out + 4 * v.lanes * place)

    @numba.njit(parallel=True, nogil=True)
    def run(x, out):
        for thread in numba.prange(len(x)):
            code(x[thread].ctypes.data, out[thread].ctypes.data, STEPS)

    return run


_multiply_add = in_registers(lambda v, x, total: v.fma(x, x, total))
_pair_dot = in_registers(lambda v, x, total: v.bf16_dot(total, x, x))


@numba.njit(parallel=True, nogil=True)
def _copy(x, y):
    for thread in numba.prange(len(x)):
        y[thread] = x[thread]


def by(threads, function, *arrays):
    """A call of a parallel function that waits for no more threads than these."""

    def run():
        numba.set_num_threads(threads)
        function(*arrays)

    return run


def lines(threads, size):
    """A row of whole cache lines for each thread, so that no two share one."""
    return np.zeros((threads, -(-size // 16) * 16), np.float32)


def multiply_adds(threads):
    """A function and the floating-point operations that it does: float32."""
    return _arithmetic(_multiply_add, threads, 1)


def pair_dots(threads):
    """The same of the bfloat16 instruction: two multiply-adds a lane."""
    return _arithmetic(_pair_dot, threads, 2)


def _arithmetic(function, threads, pairs):
    lanes = host().lanes
    arrays = lines(threads, lanes), lines(threads, lanes * SUMS)
    return by(threads, function, *arrays), 2 * threads * STEPS * SUMS * lanes * pairs


def copying(threads, size):
    """A function and the bytes that it reads and writes."""
    x, y = lines(threads, size // 4), lines(threads, size // 4)
    return by(threads, _copy, x, y), 2 * x.nbytes


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
        found[threads] = rates(threads)
    units = {name: unit for name, (_, _, unit) in peaks(1).items()}
    header = ["peak", "unit", *(f"{n} thread" + "s" * (n > 1) for n in found)]
    rows = [[n, u, *(f"{np.median(r[n]):.0f}" for r in found.values())] for n, u in units.items()]
    print(markdown(header, rows))
    if given.json:
        write_json(given.json, {"machine": facts, "rates": found})


if __name__ == "__main__":
    main()
