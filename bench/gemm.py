"""Matrix products beside their rivals: `python bench/gemm.py [--threads N] [--json FILE]`.

Each turn measures the peak (`bench/peak.py`) and every contender, one after the other; a share is
of the peak in the same turn, so that a busy machine slows both. Medians over the turns, with the
lowest and the highest.
"""

import argparse
from pathlib import Path
from statistics import median

import numba
import numpy as np
from peak import multiply_adds

from dlcore.bench import fingerprint, markdown, measure, repeated, write_json
from dlcore.bench.provenance import described, usable_threads
from dlcore.kernels.cpu.gemm import gemm
from dlcore.kernels.cpu.machine import host

SHAPES = [  # rows, columns, depth: squares, layers, and products that share little
    (64, 64, 64),
    (128, 128, 128),
    (256, 256, 256),
    (512, 512, 512),
    (1024, 1024, 1024),
    (2048, 2048, 2048),
    (128, 1024, 1024),
    (32768, 64, 576),
    (4096, 4096, 64),
    (64, 4096, 4096),
]
TURNS, SECONDS = 9, 0.03  # a measurement takes so long at least


def contenders(shape):
    """Functions of no arguments that compute the same product."""
    rows, columns, depth = shape
    generator = np.random.default_rng(0)
    a = generator.standard_normal((rows, depth)).astype(np.float32)
    b = generator.standard_normal((depth, columns)).astype(np.float32)
    out = np.empty((rows, columns), np.float32)
    functions = {
        "dlcore": lambda: gemm(a, b, out),
        "NumPy": lambda: np.matmul(a, b, out=out),
    }
    try:
        import torch
    except ImportError:
        return functions
    tensors = [torch.from_numpy(x) for x in (a, b, out)]
    return functions | {"PyTorch": lambda: torch.mm(*tensors[:2], out=tensors[2])}


def rates(shape, threads):
    """10**9 floating-point operations a second in each turn, by contender."""
    peak, peak_flop = multiply_adds(threads)
    functions = {"peak": peak} | contenders(shape)
    timings = measure({n: repeated(f, SECONDS) for n, f in functions.items()}, TURNS, steps=1)
    flops = dict.fromkeys(timings, 2 * shape[0] * shape[1] * shape[2]) | {"peak": peak_flop}
    return {n: [1e-9 * flops[n] / s for s in timing.seconds] for n, timing in timings.items()}


def share(found, name):
    shares = sorted(own / peak for own, peak in zip(found[name], found["peak"], strict=True))
    return f"{median(found[name]):.0f}: {median(shares):.0%} ({shares[0]:.0%}-{shares[-1]:.0%})"


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--threads", type=int, default=usable_threads(), help="of dlcore; others read OMP_NUM_THREADS")
    parser.add_argument("--json", type=Path, help="write the figures here, too")
    given = parser.parse_args()
    numba.set_num_threads(given.threads)
    facts = fingerprint(given.threads) | {"target": str(host())}
    print(f"{described(facts)}\n\nGFLOP/s: share of the peak (lowest - highest)\n")
    found = {shape: rates(shape, given.threads) for shape in SHAPES}
    names = [name for name in found[SHAPES[0]] if name != "peak"]
    rows = [
        [" x ".join(map(str, shape)), f"{median(own['peak']):.0f}", *(share(own, n) for n in names)]
        for shape, own in found.items()
    ]
    print(markdown(["rows x columns x depth", "peak", *names], rows))
    if given.json:
        shapes = [{"shape": shape, "gigaflops": own} for shape, own in found.items()]
        write_json(given.json, {"machine": facts, "rows": shapes})


if __name__ == "__main__":
    main()
