"""`dlcore models`: what can be trained, and what a network does layer by layer."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any

import click

from dlcore.cli.arguments import lengths
from dlcore.columns import aligned


@click.command()
@click.argument("name", required=False)
@click.option("--shape", callback=lengths, help="Of a sample, such as 3,32,32.  [the model's own]")
@click.option("--classes", type=click.IntRange(1), help="How many outputs.  [the model's own]")
@click.option("--json", "as_json", is_flag=True, help="Print as JSON.")
def models(
    name: str | None, shape: tuple[int, ...] | None, classes: int | None, as_json: bool
) -> None:
    """List the models, or show one layer by layer. No data is read and no weight is drawn."""
    from dlcore.models import MODELS, entry

    if name is None:
        if shape or classes:
            raise click.UsageError("--shape and --classes are for one model: give its name")
        listed = [_line(known) for known in MODELS.values()]
        click.echo(json.dumps(listed, indent=2) if as_json else _table(listed))
        return
    known = entry(name)
    size = shape or known.shape
    summary = known.build(size, classes or known.outputs, "meta").summary(size)
    click.echo(json.dumps(summary.as_dict(), indent=2) if as_json else summary)


def _line(known: Any) -> dict[str, Any]:
    """What the table says of a model, for a sample of its own shape."""
    summary = known.build(known.shape, known.outputs, "meta").summary(known.shape)
    return {
        "name": known.name,
        "input": list(known.shape),
        "parameters": summary.parameters,
        "multiply_adds": summary.multiply_adds,
        "recipe": asdict(known.recipe("")),
        "recipes": {data: asdict(recipe) for data, recipe in known.recipes.items() if data},
        "description": known.description,
    }


def _table(listed: list[dict[str, Any]]) -> str:
    rows = [("model", "input", "parameters", "multiply-adds", "recipe", "what it is")]
    for model in listed:
        recipe = model["recipe"]
        way = f"{recipe['optimizer']} {recipe['lr']:g}, {recipe['epochs']} x {recipe['batch_size']}"
        numbers = f"{model['parameters']:,}", f"{model['multiply_adds']:,}"
        size = " x ".join(map(str, model["input"]))
        rows.append((model["name"], size, *numbers, way, model["description"]))
    legend = "recipe: optimizer and learning rate, epochs x batch size"
    return "\n".join([*aligned(rows, right={2, 3}), "", legend])
