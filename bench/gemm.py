"""Matrix products beside their rivals: `python bench/gemm.py [--threads N] [--json FILE]`.

The peak is that of the micro-kernel on two panels which never leave the first cache: all that
this machine can multiply and add at the moment. Each round measures the peak and every contender,
one after the other; a share is of the peak in the same round, so that a busy machine slows both.
Medians over the rounds, with the lowest and the highest.
"""

import argparse
import json
import platform
import time
from pathlib import Path
from statistics import median

import numba
import numpy as np

from dlcore.kernels.cpu.gemm import gemm
from dlcore.kernels.cpu.machine import host
from dlcore.kernels.cpu.micro import micro_kernel, register_tile
from dlcore.machine import cores, processor

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
ROUNDS, SECONDS = 9, 0.03  # a measurement takes so long at least
REST = 0.1  # seconds: a pool of threads spins for a while before it sleeps, and takes the cores
DEPTH, TURNS = 256, 2000

_tile = micro_kernel(host(), edge=False)
ROWS, VECTORS = register_tile(host())
COLUMNS = VECTORS * host().lanes


@numba.njit(parallel=True, nogil=True)
def multiply_in_registers(a, b, c):
    """TURNS tiles by each thread; a, b, c: one row a thread."""
    for thread in numba.prange(len(a)):
        for _ in range(TURNS):
            _tile(a[thread].ctypes.data, b[thread].ctypes.data, DEPTH, c[thread].ctypes.data,
                  4 * COLUMNS, ROWS, COLUMNS, 0, 0, 0, 0)  # fmt: skip


def peak_panels(threads):
    """Rows of whole cache lines, so that no two threads share one."""
    sizes = (ROWS * DEPTH, COLUMNS * DEPTH, ROWS * COLUMNS)
    return [np.zeros((threads, -(-size // 16) * 16), np.float32) for size in sizes]


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


def measure(shape, threads):
    """The rates of all rounds, by contender; the first call of each is not timed."""
    panels = peak_panels(threads)
    peak_flop = 2 * threads * TURNS * ROWS * COLUMNS * DEPTH
    work = {"peak": (lambda: multiply_in_registers(*panels), peak_flop)}
    flop = 2 * shape[0] * shape[1] * shape[2]
    work |= {name: (function, flop) for name, function in contenders(shape).items()}
    for function, _ in work.values():
        function()
    rates = {name: [] for name in work}
    for _ in range(ROUNDS):
        for name, (function, flop) in work.items():
            rates[name].append(gigaflops(function, flop))
    return rates


def share(rates, name):
    shares = sorted(own / peak for own, peak in zip(rates[name], rates["peak"], strict=True))
    return f"{median(rates[name]):.0f}: {median(shares):.0%} ({shares[0]:.0%}-{shares[-1]:.0%})"


def versions():
    names = {"Python": platform.python_version(), "NumPy": np.__version__}
    names["Numba"] = numba.__version__
    try:
        import torch
    except ImportError:
        return names
    return names | {"PyTorch": torch.__version__}


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--threads", type=int, default=cores(), help="of all contenders")
    parser.add_argument("--json", type=Path, help="write the figures here, too")
    arguments = parser.parse_args()
    numba.set_num_threads(arguments.threads)
    name, features = processor()
    machine = {
        "processor": name,
        "features": features,
        "threads": arguments.threads,
        "target": str(host()),
        "versions": versions(),
    }
    print(f"{machine}\n\nGFLOP/s: share of the peak (lowest - highest)\n")
    rows = []
    for shape in SHAPES:
        rates = measure(shape, arguments.threads)
        if not rows:
            others = [name for name in rates if name != "peak"]
            print("| rows x columns x depth | peak | " + " | ".join(others) + " |")
            print("|---|---|" + "---|" * len(others))
        cells = [f"{median(rates['peak']):.0f}", *(share(rates, name) for name in others)]
        print(f"| {' x '.join(map(str, shape))} | " + " | ".join(cells) + " |", flush=True)
        rows.append({"shape": shape, "gigaflops": rates})
    if arguments.json:
        arguments.json.write_text(json.dumps({"machine": machine, "rows": rows}, indent=1) + "\n")


if __name__ == "__main__":
    main()
