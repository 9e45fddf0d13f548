"""Whole steps of whole networks, beside PyTorch: `python bench/steps.py resnet20 --rivals torch`.

Every contender starts from the same weights and the same batch, in a process of its own; the
others block on a pipe meanwhile. Before anything is timed, the values of their first steps must
agree. A time is the median of single steps over interleaved turns, with the quartiles; the time of
the first step, compilation included, stands apart. The peak is the largest resident size of the
process from its first step on. The ratio is the best time of PyTorch in this precision over the
contender's own.
"""

import argparse
import json
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path
from typing import NamedTuple

import numpy as np

from dlcore.bench import Contender, fingerprint, markdown, measure, write_json
from dlcore.bench.provenance import described, usable_threads
from dlcore.bench.results import milliseconds
from dlcore.bench.worker import LOSS_SCALE, MOMENTUM, Job, command, network, samples
from dlcore.errors import ProcessError
from dlcore.files import save
from dlcore.tensors import tensor

GREY, SMALL, PHOTOGRAPH = (1, 28, 28), (3, 32, 32), (3, 224, 224)
TRAINING = {
    "simpleconvnet": Job("simpleconvnet", GREY, 10, 128),
    "deepconvnet": Job("deepconvnet", GREY, 10, 128),
    "resnet20": Job("resnet20", SMALL, 10, 128),
    "resnet18_cifar": Job("resnet18_cifar", SMALL, 10, 64),
    "vgg16_bn": Job("vgg16_bn", SMALL, 10, 64),
    "resnet50": Job("resnet50", PHOTOGRAPH, 1000, 16, lr=1e-4),
}
INFERENCE = {
    "resnet18": Job("resnet18", PHOTOGRAPH, 1000, 1, training=False),
    "resnet20": Job("resnet20", SMALL, 10, 64, training=False),
    "resnet50": Job("resnet50", PHOTOGRAPH, 1000, 1, training=False),
}
PRECISIONS = {"float32": "fp32", "bfloat16": "bf16", "float16": "fp16"}
TOLERANCES = {"float32": (1e-4, 2e-2), "bfloat16": (2e-2, 2e-1), "float16": (5e-3, 5e-2)}
"""Of the largest value: in the first step, and in the one after the first update.

An update amplifies rounding: two layouts of PyTorch differ by 2e-3 after one of ResNet-50.
"""

CHECKS = 2
FEW = 2  # timed steps of PyTorch in float16, which take more than ten times as long as in float32


class Case(NamedTuple):
    """One network in one precision, and what all contenders share."""

    job: Job
    dtype: str
    threads: int
    device: str
    state: Path


def own(case):
    """Commands of dlcore's contenders."""
    job = case.job._replace(precision=PRECISIONS[case.dtype], device=case.device, checks=CHECKS)
    ways = {"eager": False, "compiled": True}
    return {f"dlcore {way}": command(job._replace(compiled=on)) for way, on in ways.items()}


def rivals(case):
    """Commands of PyTorch's contenders; in float16, where it is slow, without compilation."""
    job = {
        "model": case.job.model,
        "outputs": case.job.outputs,
        "training": case.job.training,
        "dtype": case.dtype,
        "threads": case.threads,
        "state": str(case.state),
        "checks": CHECKS,
        "lr": case.job.lr,
        "momentum": MOMENTUM,
        "loss_scale": LOSS_SCALE,
    }
    program = Path(__file__).with_name("torch_worker.py")
    ways = {"eager": False} if case.dtype == "float16" else {"eager": False, "compile": True}
    layouts = {"NCHW": False, "channels_last": True}
    return {
        f"torch {way} {layout}": [
            sys.executable,
            str(program),
            json.dumps(job | {"compiled": compiled, "channels_last": channels_last}),
        ]
        for way, compiled in ways.items()
        for layout, channels_last in layouts.items()
    }


def write_state(case):
    """The weights and the batch, for PyTorch's processes."""
    x, y = samples(case.job.shape, case.job.outputs, case.job.batch)
    save(network(case.job).state_dict() | {"samples": tensor(x), "labels": tensor(y)}, case.state)


def start(commands, threads, stack):
    """All that can be started, one after the other; says why another can't."""
    contenders = {}
    for name, line in commands.items():
        try:
            contenders[name] = stack.enter_context(Contender(name, line, threads))
        except ProcessError as error:
            print(f"left out: {error}", file=sys.stderr)
    return contenders


def require_agreement(contenders, dtype):
    """Refuse to time contenders that compute different things."""
    names = sorted(contenders, key=lambda name: not name.startswith("torch"))
    expected = contenders[names[0]].facts["values"]
    for name in names[1:]:
        for step, pair in enumerate(zip(contenders[name].facts["values"], expected, strict=True)):
            own, other = map(np.array, pair)
            error = np.abs(own - other).max() / np.abs(other).max()
            if not error <= TOLERANCES[dtype][min(step, 1)]:
                sys.exit(
                    f"step {step + 1}: {name} computes {own}, {names[0]} {other}; "
                    f"they differ by {error:.1e} of the largest"
                )


def few(turn, most):
    """Turns that end when `most` steps are taken."""
    left = [most]

    def limited(steps):
        taken = turn(min(steps, left[0])) if left[0] else []
        left[0] -= len(taken)
        return taken

    return limited


def run(case, commands, turns, steps):
    """The rows of a case, one for each contender, and the values of their first steps."""
    with ExitStack() as stack:
        contenders = start(commands, case.threads, stack)
        if not contenders:
            return []
        require_agreement(contenders, case.dtype)
        taking = {
            name: few(contender.turn, FEW)
            if case.dtype == "float16" and name.startswith("torch")
            else contender.turn
            for name, contender in contenders.items()
        }
        timings = measure(taking, turns, steps)
        for contender in contenders.values():
            contender.close()
    best = min((t.median for n, t in timings.items() if n.startswith("torch")), default=None)
    return [
        {
            "model": case.job.model,
            "batch": case.job.batch,
            "training": case.job.training,
            "dtype": case.dtype,
            "contender": name,
            "median": timing.median,
            "quartiles": timing.quartiles,
            "seconds": timing.seconds,
            "first": contenders[name].facts["first"],
            "values": contenders[name].facts["values"],
            "peak_memory": contenders[name].peak_memory,
            "ratio": None if best is None else best / timing.median,
        }
        for name, timing in timings.items()
    ]


HEADER = ["contender", "step, ms", "middle half", "first step, s", "peak, MB", "best torch / this"]


def table(rows):
    cells = []
    for row in rows:
        low, high = map(milliseconds, row["quartiles"])
        ratio = "" if row["ratio"] is None else f"{row['ratio']:.2f}"
        times = milliseconds(row["median"]), f"{low}-{high}", f"{row['first']:.2f}"
        cells.append([row["contender"], *times, f"{row['peak_memory'] / 1e6:.0f}", ratio])
    return markdown(HEADER, cells)


def arguments():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("models", nargs="*", help="all of them by default")
    parser.add_argument("--inference", action="store_true", help="forward passes only")
    parser.add_argument("--precision", nargs="+", choices=PRECISIONS, default=["float32"])
    parser.add_argument("--rivals", choices=["torch", "none"], default="torch")
    parser.add_argument("--only", help="contenders whose name contains this")
    parser.add_argument("--device", default="cpu", help="of dlcore")
    parser.add_argument("--batch", type=int, help="samples in a step")
    parser.add_argument("--turns", type=int, default=4)
    parser.add_argument("--steps", type=int, default=6, help="timed steps in a turn")
    parser.add_argument("--threads", type=int, default=usable_threads(), help="of each contender")
    parser.add_argument("--json", type=Path, help="write the figures here, too")
    given = parser.parse_args()
    known = INFERENCE if given.inference else TRAINING
    for name in given.models:
        if name not in known:
            parser.error(f"expected models of {', '.join(known)}, received {name}")
    return given, [known[name] for name in given.models or known]


def main():
    given, jobs = arguments()
    facts = fingerprint(given.threads)
    print(described(facts))
    rows = []
    with tempfile.TemporaryDirectory() as scratch:
        for job in jobs:
            job = job._replace(batch=given.batch or job.batch)
            for dtype in given.precision:
                case = Case(job, dtype, given.threads, given.device, Path(scratch, "state"))
                commands = own(case)
                if given.rivals == "torch":
                    write_state(case)
                    commands |= rivals(case)
                wanted = given.only or ""
                commands = {name: line for name, line in commands.items() if wanted in name}
                found = run(case, commands, given.turns, given.steps)
                size = " x ".join(map(str, (job.batch, *job.shape)))
                print(f"\n{job.model}, {dtype}, {size}\n\n{table(found)}", flush=True)
                rows += found
                if given.json:
                    write_json(given.json, {"machine": facts, "rows": rows})


if __name__ == "__main__":
    main()
