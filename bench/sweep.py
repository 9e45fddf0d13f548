"""Random convolutions beside PyTorch: `python bench/sweep.py --json FILE --seconds 600`.

Each is computed forward (bias included) and backward (both gradients), from the primitives of
device "cpu" and PyTorch's own, in one process, in turns. The ratio is PyTorch's time, the better of
NCHW and channels_last, over dlcore's: below 1 PyTorch is faster. With --json the sweep goes on
where it stopped; what is drawn depends on the seed alone.
"""

import argparse
import json
import math
import random
import time
from collections import Counter
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch

from dlcore.backend import get_backend
from dlcore.backend import interface as primitives
from dlcore.backend.interface import array as dtypes
from dlcore.bench import fingerprint, markdown, measure, repeated, write_json
from dlcore.bench.provenance import described, usable_threads
from dlcore.bench.results import milliseconds
from dlcore.kernels.cpu.threads import set_thread_count

MOST_BYTES = 256e6  # of x, y, both gradients, weight and its gradient, in float32
TURNS, STEPS, LEAST = 3, 2, 0.005
REST = 0.02  # seconds: two pools of threads spin for some milliseconds before they sleep
WORST = 10
WANTED = 0.8  # the ratio that none should be below
TOLERANCES = {"float32": 5e-4, "bfloat16": 2e-2, "float16": 3e-3}  # of the largest value


class Conv(NamedTuple):
    """A convolution: letters as in the contract, padding the same on all sides."""

    batch: int
    inputs: int
    outputs: int
    height: int
    width: int
    kernel: int
    stride: int
    padding: int
    dilation: int
    groups: int

    @property
    def size(self):
        reach = self.dilation * (self.kernel - 1)
        lengths = (self.height, self.width)
        return [(n + 2 * self.padding - reach - 1) // self.stride + 1 for n in lengths]

    @property
    def shapes(self):
        """Of x, weight and y."""
        per_group = self.inputs // self.groups
        return (
            (self.batch, self.inputs, self.height, self.width),
            (self.outputs, per_group, self.kernel, self.kernel),
            (self.batch, self.outputs, *self.size),
        )

    @property
    def multiply_adds(self):
        return math.prod(self.shapes[2]) * math.prod(self.shapes[1][1:])

    def __str__(self):
        options = (
            f" /{self.stride}" * (self.stride > 1)
            + f" dilation {self.dilation}" * (self.dilation > 1)
            + f" groups {self.groups}" * (self.groups > 1)
        )
        kernel = f"{self.kernel}x{self.kernel} +{self.padding}{options}"
        return f"{self.batch}x{self.inputs}x{self.height}x{self.width} {kernel} -> {self.outputs}"


def draw(generator):
    """A convolution: sizes evenly spread, batches and channels evenly over their magnitudes."""
    while True:
        conv = _draw(generator)
        if min(conv.size) > 0 and sum(2 * 4 * math.prod(s) for s in conv.shapes) <= MOST_BYTES:
            return conv


def _draw(generator):
    def length(low, high):
        return round(low * (high / low) ** generator.random())

    kernel = generator.choice((1, 1, 2, 3, 3, 3, 3, 4, 5, 7))
    dilation = generator.choice((1, 1, 1, 1, 2, 3)) if kernel > 1 else 1
    groups = generator.choice((1, 1, 1, 1, 2, 4, 8))
    inputs, outputs = (max(length(1, 512) // groups, 1) * groups for _ in range(2))
    if generator.random() < 0.1:
        groups = outputs = inputs  # depthwise
    height = generator.randint(1, 224)
    return Conv(
        batch=length(1, 64),
        inputs=inputs,
        outputs=outputs,
        height=height,
        width=height if generator.random() < 0.7 else generator.randint(1, 224),
        kernel=kernel,
        stride=generator.choice((1, 1, 1, 2, 2, 3)),
        padding=generator.choice((0, dilation * (kernel // 2))),
        dilation=dilation,
        groups=groups,
    )


def values(conv):
    """x, weight, bias and dy, with sums of about 1."""
    generator = np.random.default_rng(0)
    x, weight, dy = (generator.standard_normal(shape, np.float32) for shape in conv.shapes)
    weight /= np.float32(math.sqrt(math.prod(weight.shape[1:])))
    return x, weight, generator.standard_normal(conv.outputs, np.float32), dy


def dlcore_functions(conv, arrays, dtype):
    """Forward and backward on device "cpu", each into memory of its own."""
    backend = get_backend("cpu")
    kind = getattr(dtypes, dtype)
    x, weight, dy = (
        backend.upload(_channels_last(arrays[place].astype(kind))) for place in (0, 1, 3)
    )
    bias = backend.upload(arrays[2].astype(kind))
    pad = (conv.padding, conv.padding)
    options = {
        "stride": (conv.stride, conv.stride),
        "padding": (pad, pad),
        "dilation": (conv.dilation, conv.dilation),
        "groups": conv.groups,
    }
    size, kernel = (conv.height, conv.width), (conv.kernel, conv.kernel)
    y = primitives.conv2d(backend, x, weight, bias, **options)
    dx = primitives.conv2d_input_gradient(backend, dy, weight, size=size, **options)
    dweight = primitives.conv2d_weight_gradient(backend, x, dy, kernel=kernel, **options)

    def forward():
        primitives.conv2d.into(backend, y, x, weight, bias, **options)
        return [y]

    def backward():
        primitives.conv2d_input_gradient.into(backend, dx, dy, weight, size=size, **options)
        primitives.conv2d_weight_gradient.into(backend, dweight, x, dy, kernel=kernel, **options)
        return [dx, dweight]

    return {"forward": forward, "backward": backward}


def torch_functions(conv, arrays, dtype, layout):
    tensors = [torch.tensor(array).to(getattr(torch, dtype)) for array in arrays]
    x, weight, dy = (tensors[place].contiguous(memory_format=layout) for place in (0, 1, 3))
    bias = tensors[2]
    options = [conv.stride] * 2, [conv.padding] * 2, [conv.dilation] * 2
    more = (False, [0, 0], conv.groups)

    def forward():
        return [torch.ops.aten.convolution(x, weight, bias, *options, *more)]

    def backward():
        gradients = torch.ops.aten.convolution_backward(
            dy, x, weight, [conv.outputs], *options, *more, [True, True, False]
        )
        return gradients[:2]

    return {"forward": forward, "backward": backward}


def _channels_last(array):
    return np.ascontiguousarray(array.transpose(0, 2, 3, 1)).transpose(0, 3, 1, 2)


def compare(conv, dtype):
    """Seconds, by direction and contender, and the largest difference of results."""
    arrays = values(conv)
    contenders = {
        "dlcore": dlcore_functions(conv, arrays, dtype),
        "NCHW": torch_functions(conv, arrays, dtype, torch.contiguous_format),
        "channels_last": torch_functions(conv, arrays, dtype, torch.channels_last),
    }
    result = {"error": 0.0}
    with torch.inference_mode():
        for way in ("forward", "backward"):
            functions = {name: both[way] for name, both in contenders.items()}
            pairs = zip(functions["dlcore"](), functions["NCHW"](), strict=True)
            errors = [_error(own, other.float().numpy()) for own, other in pairs]
            result["error"] = max(result["error"], *errors)
            turns = {name: repeated(function, LEAST) for name, function in functions.items()}
            timings = measure(turns, TURNS, STEPS, rest=REST)
            result[way] = {name: timing.median for name, timing in timings.items()}
    return result


def _error(own, other):
    return float(np.abs(own.astype(np.float32) - other).max() / max(np.abs(other).max(), 1e-30))


def ratio(row, way):
    times = row[way]
    return min(times["NCHW"], times["channels_last"]) / times["dlcore"]


def report(rows, dtype):
    """The spread of ratios, then the worst convolutions."""
    lines = []
    for way in ("forward", "backward"):
        ratios = sorted(ratio(row, way) for row in rows)
        shown = ", ".join(f"{ratios[round(q * (len(ratios) - 1))]:.2f}" for q in (0, 0.05, 0.25))
        below = sum(value < WANTED for value in ratios)
        mean = math.exp(sum(map(math.log, ratios)) / len(ratios))
        middle = f"{ratios[len(ratios) // 2]:.2f}"
        lines.append([way, len(ratios), shown, middle, f"{mean:.2f}", below])
    header = ["best torch / dlcore", "convolutions", "lowest, 5 %, 25 %", "median", "mean"]
    text = [markdown([*header, f"below {WANTED}"], lines), ""]
    worst = sorted((ratio(row, way), way, row) for row in rows for way in ("forward", "backward"))
    cells = [
        [row["conv"], way, f"{value:.2f}", *(milliseconds(row[way][n]) for n in row[way])]
        for value, way, row in worst[:WORST]
    ]
    header = ["worst", "direction", "ratio", "dlcore, ms", "torch NCHW", "torch channels_last"]
    text.append(markdown(header, cells))
    wrong = [row["conv"] for row in rows if not row["error"] <= TOLERANCES[dtype]]
    return "\n".join([*text, *(f"\nWrong results: {conv}" for conv in wrong)])


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=300, help="convolutions in all")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--seconds", type=float, default=math.inf, help="begin no more after these")
    parser.add_argument("--threads", type=int, default=usable_threads(), help="of all contenders")
    parser.add_argument("--dtype", choices=TOLERANCES, default="float32")
    parser.add_argument("--direct", action="store_true", help="no Winograd")
    parser.add_argument("--json", type=Path, help="write the figures here, and go on from them")
    given = parser.parse_args()
    torch.set_num_threads(given.threads)
    set_thread_count(given.threads)
    get_backend("cpu").configuration.winograd = not given.direct
    kind = {"seed": given.seed, "dtype": given.dtype, "direct": given.direct}
    machine = fingerprint(given.threads)
    print(described(machine))
    rows = []
    if given.json and given.json.exists():
        kept = json.loads(given.json.read_text())
        if kept["kind"] != kind:
            parser.error(f"expected --json of a sweep of {kind}, received one of {kept['kind']}")
        rows = kept["rows"]
    generator = random.Random(given.seed)
    convs = [draw(generator) for _ in range(given.count)]
    end = time.monotonic() + given.seconds
    for number, conv in enumerate(convs[len(rows) :], len(rows) + 1):
        if time.monotonic() > end:
            break
        row = {"conv": str(conv), "multiply_adds": conv.multiply_adds, **compare(conv, given.dtype)}
        rows.append(row)
        ratios = ", ".join(f"{way} {ratio(row, way):.2f}" for way in ("forward", "backward"))
        print(f"{number:4} {conv}: {ratios}", flush=True)
        if given.json:
            write_json(given.json, {"machine": machine, "kind": kind, "rows": rows})
    slow = Counter(ratio(row, way) < WANTED for row in rows for way in ("forward", "backward"))
    print(f"\n{report(rows, given.dtype)}\n\n{slow[True]} of {slow.total()} below {WANTED}")


if __name__ == "__main__":
    main()
