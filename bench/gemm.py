"""Matrix products beside their rivals: `python bench/gemm.py [--threads N] [--json FILE]`.

The peak is that of multiply-adds which stay in registers: all that this machine can do at the
moment. Each round measures the peak and every contender, one after the other; a share is of the
peak in the same round, so that a busy machine slows both. Medians over the rounds, with the lowest
and the highest.
"""

import argparse
import time
from pathlib import Path
from statistics import median

import ml_dtypes
import numpy as np
from peak import multiply_adds, pair_dots

from dlcore.bench import fingerprint, write_json
from dlcore.bench.provenance import described, usable_threads
from dlcore.kernels.cpu.gemm import gemm
from dlcore.kernels.cpu.machine import host
from dlcore.kernels.cpu.threads import set_thread_count

SHAPES = {  # rows, columns, depth: squares, layers, and products that share little
    "squares": [
        (64, 64, 64),
        (128, 128, 128),
        (256, 256, 256),
        (512, 512, 512),
        (1024, 1024, 1024),
        (2048, 2048, 2048),
    ],
    "layers": [(128, 1024, 1024), (32768, 64, 576), (4096, 4096, 64), (64, 4096, 4096)],
    "1x1 convolutions": [
        (50176, 64, 64),
        (50176, 256, 64),
        (50176, 64, 256),
        (12544, 512, 128),
        (12544, 128, 512),
        (3136, 1024, 256),
        (3136, 256, 1024),
        (784, 2048, 512),
        (784, 512, 2048),
    ],
    "their weights' gradients": [
        (64, 64, -50176),
        (64, 256, -50176),
        (128, 512, -12544),
        (256, 1024, -3136),
        (512, 2048, -784),
    ],  # a negative depth: A is transposed
}
DTYPES = {"float32": np.float32, "float16": np.float16, "bfloat16": ml_dtypes.bfloat16}
SECONDS = 0.03  # a measurement takes so long at least
REST = 0.1  # seconds: a pool of threads spins for a while before it sleeps, and takes the cores


def contenders(shape, dtype):
    """Functions of no arguments that compute the same product."""
    rows, columns, depth = shape
    generator = np.random.default_rng(0)
    a = generator.standard_normal((rows, depth) if depth > 0 else (-depth, rows))
    a = a.astype(DTYPES[dtype]) if depth > 0 else a.astype(DTYPES[dtype]).T
    b = generator.standard_normal((abs(depth), columns)).astype(DTYPES[dtype])
    out = np.empty((rows, columns), DTYPES[dtype])
    functions = {"dlcore": lambda: gemm(a, b, out)}
    if dtype == "float32":  # NumPy takes a hundred times as long for 16 bits
        functions["NumPy"] = lambda: np.matmul(a, b, out=out)
    try:
        import torch
    except ImportError:
        return functions
    kind = getattr(torch, dtype)
    tensors = [torch.from_numpy(np.asarray(x, np.float32)).to(kind) for x in (a, b, out)]
    return functions | {"PyTorch": lambda: torch.mm(*tensors[:2], out=tensors[2])}


def gigaflops(function, flop):
    """10**9 floating-point operations a second, over SECONDS or one call."""
    time.sleep(REST)
    calls, start = 0, time.perf_counter()
    while True:
        function()
        calls += 1
        seconds = time.perf_counter() - start
        if seconds > SECONDS:
            return calls * flop / seconds * 1e-9


def measure(shape, dtype, threads, rounds):
    """The rates of all rounds, by contender; the first call of each is not timed."""
    peak = pair_dots if dtype == "bfloat16" and host().bf16_dot else multiply_adds
    work = {"peak": peak(threads)}
    flop = 2 * shape[0] * shape[1] * abs(shape[2])
    work |= {name: (function, flop) for name, function in contenders(shape, dtype).items()}
    for function, _ in work.values():
        function()
    rates = {name: [] for name in work}
    for _ in range(rounds):
        for name, (function, flop) in work.items():
            rates[name].append(gigaflops(function, flop))
    return rates


def share(rates, name):
    shares = sorted(own / peak for own, peak in zip(rates[name], rates["peak"], strict=True))
    return f"{median(rates[name]):.0f}: {median(shares):.0%} ({shares[0]:.0%}-{shares[-1]:.0%})"


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--threads", type=int, default=usable_threads(), help="of all contenders")
    parser.add_argument("--dtype", choices=DTYPES, default="float32")
    parser.add_argument("--shapes", choices=SHAPES, action="append", help="only these, may repeat")
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--json", type=Path, help="write the figures here, too")
    given = parser.parse_args()
    set_thread_count(given.threads)
    facts = fingerprint(given.threads)
    print(f"{described(facts)}\n{host()}\n\nGFLOP/s: share of the peak (lowest - highest)")
    rows = []
    for group in given.shapes or SHAPES:
        for shape in SHAPES[group]:
            rates = measure(shape, given.dtype, given.threads, given.rounds)
            others = [name for name in rates if name != "peak"]
            if shape == SHAPES[group][0]:
                print(f"\n| {group}, {given.dtype} | peak | " + " | ".join(others) + " |")
                print("|---|---|" + "---|" * len(others))
            cells = [f"{median(rates['peak']):.0f}", *(share(rates, name) for name in others)]
            print(f"| {' x '.join(map(str, shape))} | " + " | ".join(cells) + " |", flush=True)
            rows.append({"shape": shape, "dtype": given.dtype, "gigaflops": rates})
    if given.json:
        write_json(given.json, {"machine": facts, "rows": rows})


if __name__ == "__main__":
    main()
