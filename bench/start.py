"""From starting Python to the end of the first training step: `python bench/start.py`.

Cold, the cache of compiled kernels is an empty folder; warm, it is the folder that the cold start
has filled; four start cold together in one folder, and the last one counts. The steps are compiled
(`dl.compile`), so the first one is recorded, too. Medians of several rounds, the quartiles behind.
"""

import argparse
import tempfile
import time
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

from dlcore.bench import Contender, Timing, fingerprint, markdown, write_json
from dlcore.bench.provenance import described, usable_threads
from dlcore.bench.worker import Job, command

MODELS = {
    "lenet5": Job("lenet5", (1, 28, 28), 10, 128, compiled=True),
    "resnet18_cifar": Job("resnet18_cifar", (3, 32, 32), 10, 64, compiled=True),
}
TOGETHER = 4


def started(job, folder, threads, count=1):
    """Seconds until all of `count` processes have taken their first step."""
    start = time.perf_counter()
    with ExitStack() as stack, ThreadPoolExecutor(count) as pool:

        def one(_):
            environment = {"NUMBA_CACHE_DIR": str(folder)}
            return Contender(job.model, command(job), threads, environment)

        contenders = list(pool.map(one, range(count)))
        seconds = time.perf_counter() - start
        for contender in contenders:
            stack.enter_context(contender)
    values = [contender.facts["values"] for contender in contenders]
    if values.count(values[0]) != count:
        raise SystemExit(f"{job.model}: processes that started together computed {values}")
    return seconds


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("models", nargs="*", default=list(MODELS), help="all of them by default")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--batch", type=int, help="samples in a step")
    parser.add_argument("--threads", type=int, default=usable_threads())
    parser.add_argument("--json", type=Path, help="write the figures here, too")
    given = parser.parse_args()
    for name in given.models:
        if name not in MODELS:
            parser.error(f"expected models of {', '.join(MODELS)}, received {name}")
    facts = fingerprint(given.threads)
    print(f"{described(facts)}\n")
    seconds = defaultdict(lambda: defaultdict(list))
    for _ in range(given.rounds):
        for name in given.models:
            job = MODELS[name]._replace(batch=given.batch or MODELS[name].batch)
            with tempfile.TemporaryDirectory() as one, tempfile.TemporaryDirectory() as shared:
                found = seconds[name]
                found["cold"].append(started(job, one, given.threads))
                found["warm"].append(started(job, one, given.threads))
                found["together"].append(started(job, shared, given.threads, TOGETHER))
    rows = []
    for name, found in seconds.items():
        timings = [Timing(found[way]) for way in ("cold", "warm", "together")]
        cells = (f"{t.median:.2f} ({t.quartiles[0]:.2f}-{t.quartiles[1]:.2f})" for t in timings)
        rows.append([name, *cells])
    print(
        markdown(["seconds to the first step", "cold", "warm", f"{TOGETHER} cold together"], rows)
    )
    if given.json:
        write_json(given.json, {"machine": facts, "seconds": seconds})


if __name__ == "__main__":
    main()
