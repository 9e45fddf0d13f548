"""`dlcore eval`."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from dlcore.cli.arguments import PATH
from dlcore.cli.complaint import complain


@click.command("eval")
@click.argument("run", type=PATH)
@click.option("--data", help="Other data than the run's: a name, a folder of images, a CSV file.")
@click.option("--data-dir", type=PATH, help="Where the files of named data are.")
@click.option("--split", default="test", show_default=True, help="train | validation | test")
@click.option("--weights", default="last", show_default=True, help="last | best")
@click.option("--device", default="auto", show_default=True, help="Where to compute.")
@click.option("--precision", help="fp32 | tf32 | fp16 | bf16  [the run's]")
@click.option("--workers", type=int, help="Threads that load data.  [0]")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def evaluate(
    run: Path,
    data: str | None,
    data_dir: Path | None,
    split: str,
    weights: str,
    device: str,
    as_json: bool,
    **given: Any,
) -> None:
    """Measure the network in the folder RUN on a part of its data, or on other data."""
    from dlcore.train import evaluation
    from dlcore.train.metrics import report
    from dlcore.train.network import read_network

    network = read_network(run, device, weights)
    changes = {name: value for name, value in given.items() if value is not None}
    network = network._replace(options=replace(network.options, **changes))
    result = evaluation.evaluate(network, run, split, complain, data=data, data_dir=data_dir)
    click.echo(json.dumps(result) if as_json else report(result))
