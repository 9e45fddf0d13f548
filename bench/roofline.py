"""Every kernel of a training step beneath the machine's peaks: `python bench/roofline.py resnet20`.

Each launch of an eager step is done again by itself, beside the peak of the
arithmetic or, for launches that hardly compute, of copying; a share is of the peak in the same
turn. Square matrix products come first. --direct forbids Winograd's algorithm, whose shares may
exceed 1: it is counted with the multiply-adds of the direct one.
"""

import argparse
from collections import Counter
from pathlib import Path
from statistics import median
from typing import NamedTuple

import numpy as np
from peak import COPIES, copying, multiply_adds, pair_dots

from dlcore.backend import get_backend, work
from dlcore.backend.base import Call, observer
from dlcore.backend.interface import array as dtypes
from dlcore.bench import Timing, fingerprint, markdown, measure, repeated, write_json
from dlcore.bench.provenance import described, usable_threads
from dlcore.bench.results import milliseconds
from dlcore.bench.roofline import Point, roof, roofline
from dlcore.bench.worker import Job, network, samples, training_step
from dlcore.kernels.cpu.threads import set_thread_count
from dlcore.models.registry import entry
from dlcore.ops.matmul import matmul
from dlcore.tensors import tensor

SQUARES = (512, 1024, 2048)
PRECISIONS = {"float32": "fp32", "bfloat16": "bf16", "float16": "fp16"}
TURNS, SECONDS = 5, 0.02
REST = 0.02
MOST = 20  # rows of a table
MEMORY = list(COPIES)[-1]  # the copy that no cache holds


class Work(NamedTuple):
    """A launch that a step does `count` times, with what it moves and computes each time."""

    call: Call
    count: int
    size: int
    flop: int

    @property
    def name(self):
        return str(self.call.attributes.get("rule", self.call.primitive.name))

    @property
    def shapes(self):
        arrays = (*self.call.arrays, *self.call.outputs)
        return ", ".join("x".join(map(str, x.shape)) for x in flat(arrays) if x.ndim > 1)


def flat(arrays):
    """All arrays, also those in lists, without what is missing."""
    for x in arrays:
        if isinstance(x, tuple | list):
            yield from flat(x)
        elif x is not None:
            yield x


def signature(call):
    arrays = [(x.shape, str(x.dtype), x.strides) for x in flat((*call.arrays, *call.outputs))]
    return call.primitive.name, str(arrays), str(sorted(call.attributes.items(), key=str))


def distinct(calls):
    """Each launch once, with how often it comes."""
    counts = Counter(map(signature, calls))
    firsts = {signature(call): call for call in reversed(calls)}
    return [
        Work(
            call,
            counts[key],
            sum(x.nbytes for x in flat((*call.arrays, *call.outputs))),
            2 * work.multiply_adds(call),
        )
        for key, call in reversed(firsts.items())
    ]


class Watcher:
    """Keeps the launches that it sees, with their arrays."""

    def __init__(self):
        self.calls = []

    def launched(self, call):
        self.calls.append(call)

    def downloaded(self, array):
        """Nothing to keep."""


def launches(function):
    """What a function launches."""
    watcher = Watcher()
    token = observer.set(watcher)
    try:
        function()
    finally:
        observer.reset(token)
    return watcher.calls


def step_calls(job):
    """The launches of an eager training step."""
    x, y = (tensor(each, device=job.device) for each in samples(job.shape, job.outputs, job.batch))
    step = training_step(job, network(job).train(), x, y)
    step()  # the optimizer's state is made
    return launches(step)


def square_calls(dtype, device):
    """Matrix products of squares."""
    generator = np.random.default_rng(0)
    values = (generator.standard_normal((size, size)) for size in SQUARES)
    squares = [tensor(each.astype(getattr(dtypes, dtype)), device=device) for each in values]
    return launches(lambda: [matmul(square, square) for square in squares])


def measured(each, peaks):
    """Times of one launch, with its share of the peak that bounds it."""
    function, amount = peaks["arithmetic" if each.flop else "memory"]
    backend, call = each.call.backend, each.call
    turns = {
        "peak": repeated(function, SECONDS),
        "kernel": repeated(lambda: backend.execute(call), SECONDS),
    }
    timings = measure(turns, TURNS, 1, REST)
    own, peak = timings["kernel"].seconds, timings["peak"].seconds
    done = each.flop or each.size
    shares = [done / a * b / amount for a, b in zip(own, peak, strict=True)]
    return {
        "kernel": each.name,
        "shapes": each.shapes,
        "count": each.count,
        "flop": each.flop,
        "bytes": each.size,
        "median": timings["kernel"].median,
        "quartiles": timings["kernel"].quartiles,
        "share": median(shares),
        "peak": amount * 1e-9 / timings["peak"].median,
    }


def table(rows):
    """The launches that take most of the step, which is the sum of all."""
    total = sum(row["median"] * row["count"] for row in rows)
    cells = []
    for row in sorted(rows, key=lambda row: -row["median"] * row["count"])[:MOST]:
        rate = 1e-9 * (row["flop"] or row["bytes"]) / row["median"]
        unit = "GFLOP/s" if row["flop"] else "GB/s"
        part = f"{row['median'] * row['count'] / total:.1%}"
        figures = milliseconds(row["median"]), part, f"{rate:.0f} {unit}", f"{row['share']:.0%}"
        cells.append([f"{row['kernel']} {row['shapes']}", row["count"], *figures])
    return markdown(["kernel", "count", "ms each", "of all", "rate", "of the peak"], cells)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("models", nargs="*", default=["resnet20"])
    parser.add_argument("--batch", type=int, help="samples in a step  [the model's recipe]")
    parser.add_argument("--dtype", choices=PRECISIONS, default="float32")
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--direct", action="store_true", help="no Winograd")
    parser.add_argument("--threads", type=int, default=usable_threads())
    parser.add_argument("--picture", type=Path, help="draw the roofline here")
    parser.add_argument("--json", type=Path, help="write the figures here, too")
    given = parser.parse_args()
    set_thread_count(given.threads)
    facts = fingerprint(given.threads)
    print(described(facts))
    get_backend(given.device).configuration.winograd = not given.direct
    arithmetic = pair_dots if given.dtype == "bfloat16" else multiply_adds
    peaks = {
        "arithmetic": arithmetic(given.threads),
        "memory": copying(given.threads, COPIES[MEMORY]),
    }
    groups = {"squares": square_calls(given.dtype, given.device)}
    for name in given.models:
        known = entry(name)
        batch = given.batch or known.recipe("").batch_size
        precision = PRECISIONS[given.dtype]
        groups[name] = step_calls(
            Job(name, known.shape, known.outputs, batch, given.device, precision)
        )
    rows = {}
    for name, calls in groups.items():
        rows[name] = [measured(each, peaks) for each in distinct(calls)]
        print(f"\n{name}, {given.dtype}\n\n{table(rows[name])}", flush=True)
    every = [row for group in rows.values() for row in group]
    peak = max(row["peak"] for row in every if row["flop"])
    function, size = peaks["memory"]
    copied = Timing(repeated(function, SECONDS)(TURNS))
    bandwidth = 1e-9 * size / copied.median
    for row in every:
        row["roof"] = roof(row["flop"] / row["bytes"], peak, bandwidth)
    if given.picture:
        points = [
            Point(row["kernel"], row["flop"] / row["bytes"], 1e-9 * row["flop"] / row["median"])
            for row in every
            if row["flop"]
        ]
        roofline(points, {given.dtype: peak}, bandwidth, given.picture)
    if given.json:
        content = {"machine": facts, "peak": peak, "bandwidth": bandwidth, "rows": rows}
        write_json(given.json, content)


if __name__ == "__main__":
    main()
