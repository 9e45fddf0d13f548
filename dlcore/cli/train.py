"""`dlcore train`."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from itertools import count
from pathlib import Path
from typing import Any

import click

from dlcore.precision import PRECISIONS


@click.command()
@click.option("--model", default="lenet5", show_default=True, help="Which network.")
@click.option("--data", default="digits", show_default=True, help="Which data set.")
@click.option("--data-dir", type=click.Path(path_type=Path), help="Where its files are.")
@click.option("--epochs", type=int, help="Passes over the data.  [the model's recipe]")
@click.option("--batch-size", type=int, help="Samples in a step.  [the model's recipe]")
@click.option("--lr", type=float, help="Highest learning rate.  [the model's recipe]")
@click.option("--momentum", type=float, help="Of SGD.  [the model's recipe]")
@click.option("--weight-decay", type=float, help="Of SGD.  [the model's recipe]")
@click.option("--precision", default="fp32", show_default=True, help=" | ".join(PRECISIONS))
@click.option("--device", default="auto", show_default=True, help="Where to compute.")
@click.option("--seed", type=int, default=0, show_default=True, help="Of all random numbers.")
@click.option("--eager", is_flag=True, help="Run every step anew instead of recording it.")
@click.option("--out", type=click.Path(path_type=Path), help="Run folder.  [runs/MODEL-DATA]")
def train(model: str, data: str, out: Path | None, eager: bool, **given: Any) -> None:
    """Train a network and leave a run folder with weights and metrics."""
    from dlcore.train.run import RunOptions
    from dlcore.train.run import train as run

    options = RunOptions.of(model, data, recorded=not eager, **given)
    run(options, out or _free_folder(f"{model}-{data}"), _bar, click.echo)


def _free_folder(name: str) -> Path:
    """`runs/name`, or `runs/name-2` and so on where that is taken."""
    candidates = (Path("runs", f"{name}-{n}" if n > 1 else name) for n in count(1))
    return next(folder for folder in candidates if not folder.exists())


def _bar(batches: Iterable[Any], title: str) -> Iterable[Any]:
    """A progress bar where somebody looks, nothing in a log file."""
    if not sys.stderr.isatty():
        return batches
    from tqdm import tqdm

    return tqdm(batches, title, unit="batch", leave=False)
