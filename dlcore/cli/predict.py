"""`dlcore predict`."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from dlcore.cli.arguments import PATH
from dlcore.cli.complaint import complain
from dlcore.columns import aligned

if TYPE_CHECKING:
    from dlcore.train.evaluation import Answer


@click.command()
@click.argument("run", type=PATH)
@click.argument("paths", type=PATH, nargs=-1, required=True)
@click.option("--top", type=click.IntRange(1), default=3, show_default=True, help="Classes shown.")
@click.option("--format", "form", type=click.Choice(["table", "json", "csv"]), default="table")
@click.option("--weights", default="last", show_default=True, help="last | best")
@click.option("--device", default="auto", show_default=True, help="Where to compute.")
def predict(
    run: Path, paths: tuple[Path, ...], top: int, form: str, weights: str, device: str
) -> None:
    """Say what the network in the folder RUN takes each of PATHS for.

    PATHS are image files and folders of them; for a run on a table, CSV files. An unreadable image
    is named on standard error and left out; the exit code is 1 then.
    """
    from dlcore.train.evaluation import predict
    from dlcore.train.network import read_network

    network = read_network(run, device, weights)
    unreadable: list[str] = []
    answers = list(predict(network, paths, unreadable.append))
    click.echo({"table": _table, "json": _json, "csv": _csv}[form](answers, top), nl=False)
    for line in unreadable:
        complain(line)
    if unreadable:
        raise click.exceptions.Exit(1)


def _json(answers: Sequence[Answer], top: int) -> str:
    """One object for each, with the probabilities of all classes."""
    return json.dumps([answer._asdict() for answer in answers], indent=2) + "\n"


def _csv(answers: Sequence[Answer], top: int) -> str:
    """A line for each, with the probabilities of all classes in the order of their names."""
    classes = sorted(answers[0].probabilities) if answers else []
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["source", "value", *classes])
    for answer in answers:
        shares = (answer.probabilities[name] for name in classes)
        writer.writerow([answer.source, answer.value, *shares])
    return text.getvalue()


def _table(answers: Sequence[Answer], top: int) -> str:
    """A line for each: the answer, then the most likely classes."""
    rows = []
    for answer in answers:
        value = answer.value if isinstance(answer.value, str) else f"{answer.value:.6g}"
        likely = list(answer.probabilities.items())[:top]
        rows.append([answer.source, value, *(f"{name} {share:.2%}" for name, share in likely)])
    return "".join(f"{line}\n" for line in aligned(rows))
