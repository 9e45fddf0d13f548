"""`dlcore bench`."""

from __future__ import annotations

import json
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

import click

from dlcore.cli.arguments import lengths
from dlcore.columns import aligned

if TYPE_CHECKING:
    from dlcore.bench.worker import Job

STEPS_A_TURN = 5


@click.command()
@click.argument("model")
@click.option("--device", default="cpu", show_default=True, help="Where to compute.")
@click.option("--precision", default="fp32", show_default=True, help="fp32 | tf32 | fp16 | bf16")
@click.option("--batch", type=click.IntRange(1), help="Samples in a step.  [the model's recipe]")
@click.option("--shape", callback=lengths, help="Of a sample, such as 3,32,32.  [the model's own]")
@click.option("--steps", type=click.IntRange(1), default=20, show_default=True, help="Timed ones.")
@click.option("--inference", is_flag=True, help="Forward passes only.")
@click.option("--threads", type=click.IntRange(1), help="Of the processor.  [all]")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def bench(
    model: str,
    device: str,
    precision: Any,
    batch: int | None,
    shape: tuple[int, ...] | None,
    steps: int,
    inference: bool,
    threads: int | None,
    as_json: bool,
) -> None:
    """Measure training steps of MODEL, eager and compiled, on random data."""
    from dlcore.backend import get_backend
    from dlcore.backend.interface.checks import require_option
    from dlcore.bench import fingerprint
    from dlcore.bench.provenance import described
    from dlcore.bench.worker import Job
    from dlcore.models.registry import entry
    from dlcore.precision import PRECISIONS

    known = entry(model)
    require_option("bench", "precision", precision, PRECISIONS)
    get_backend(device)
    job = Job(
        model,
        shape or known.shape,
        known.outputs,
        batch or known.recipe("").batch_size,
        device,
        precision,
        training=not inference,
    )
    known.build(job.shape, job.outputs, "meta")  # refuses samples that the model doesn't take
    facts = fingerprint(threads)
    rows = _measured(job, steps, facts["threads"])
    if as_json:
        click.echo(json.dumps({"machine": facts, "job": _shared(job), "rows": rows}, indent=2))
        return
    size = " x ".join(map(str, (job.batch, *job.shape)))
    step = "inference" if inference else "training step"
    click.echo(f"{described(facts)}\n\n{step} of {model}, {precision}, {device}, {size}\n")
    click.echo("\n".join(aligned(_table(rows), right=range(1, 6))))


def _measured(job: Job, steps: int, threads: int) -> list[dict[str, Any]]:
    """What each way of running the step takes."""
    from dlcore.bench import Contender, measure
    from dlcore.bench.worker import command

    ways = {"eager": job, "compiled": job._replace(compiled=True)}
    with ExitStack() as stack:
        contenders = {
            way: stack.enter_context(Contender(f"{job.model} {way}", command(own), threads))
            for way, own in ways.items()
        }
        taking = {way: contender.turn for way, contender in contenders.items()}
        turns = -(-steps // STEPS_A_TURN)
        timings = measure(taking, turns, -(-steps // turns))
        for contender in contenders.values():
            contender.close()
    return [
        {
            "way": way,
            "median": timing.median,
            "quartiles": timing.quartiles,
            "samples_per_second": job.batch / timing.median,
            "first": contenders[way].facts["first"],
            "peak_memory": contenders[way].peak_memory,
        }
        for way, timing in timings.items()
    ]


def _shared(job: Job) -> dict[str, Any]:
    """What all ways of running the step have in common."""
    return {name: value for name, value in job._asdict().items() if name != "compiled"}


def _table(rows: list[dict[str, Any]]) -> list[tuple[str, ...]]:
    from dlcore.bench.results import milliseconds

    table: list[tuple[str, ...]] = [
        ("", "ms", "middle half", "samples/s", "first step, s", "peak, MB")
    ]
    for row in rows:
        low, high = map(milliseconds, row["quartiles"])
        rate, peak = f"{row['samples_per_second']:,.0f}", f"{row['peak_memory'] / 1e6:,.0f}"
        times = milliseconds(row["median"]), f"{low} - {high}"
        table.append((row["way"], *times, rate, f"{row['first']:.2f}", peak))
    return table
