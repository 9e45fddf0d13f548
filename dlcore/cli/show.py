"""`dlcore show`: what a layer is, from its formula down to the kernels that compute it."""

from __future__ import annotations

import inspect
import json
import re
from dataclasses import fields
from typing import Any

import click

from dlcore.columns import aligned
from dlcore.errors import OptionError


@click.command()
@click.argument("name")
@click.option("--source", metavar="FLOOR", help="Print the source text of a floor or a device.")
@click.option("--json", "as_json", is_flag=True, help="Print as JSON.")
def show(name: str, source: str | None, as_json: bool) -> None:
    """Show a layer, operation, optimizer or primitive: formula, arguments, floors, references.

    FLOOR is layer, optimizer, operation, gradient, primitive, kernel, or a device such as numpy.
    """
    from dlcore.cli.catalogue import find
    from dlcore.cli.trail import trail

    thing = find(name)
    stops = trail(thing)
    if source:
        click.echo(_source(thing.name, source, stops))
    elif as_json:
        click.echo(json.dumps(_described(thing, stops), indent=2))
    else:
        click.echo(_text(_described(thing, stops)))


def _described(thing: Any, stops: list[Any]) -> dict[str, Any]:
    """All that is known of a thing, in plain values."""
    plain = [name.name for name in fields(stops[0]) if name.name != "target"]
    documents = [inspect.getdoc(thing.value), *(inspect.getdoc(stop.target) for stop in stops)]
    return {
        "name": thing.name,
        "kind": thing.kind,
        "documentation": inspect.getdoc(thing.value) or "",
        "arguments": _arguments(thing.value),
        "floors": [{name: getattr(stop, name) for name in plain} for stop in stops],
        "references": list(dict.fromkeys(r for text in documents for r in _references(text or ""))),
    }


def _arguments(value: Any) -> list[dict[str, Any]]:
    """Names, with defaults as they are written where there are any."""
    signature = getattr(value, "signature", None) or inspect.signature(value)
    return [
        {"name": str(argument).partition(":")[0].partition("=")[0].strip()}
        | ({} if argument.default is argument.empty else {"default": repr(argument.default)})
        for argument in signature.parameters.values()
    ]


def _references(documentation: str) -> list[str]:
    """The paragraphs that begin with "Source:", each in a line."""
    found = re.findall(r"^Source: (.*?)(?:\n\n|\Z)", documentation, re.DOTALL | re.MULTILINE)
    return [" ".join(paragraph.split()) for paragraph in found]


def _text(known: dict[str, Any]) -> str:
    lines = [f"{known['name']}, {known['kind']}", "", known["documentation"], "", "Arguments:"]
    for argument in known["arguments"]:
        default = f" = {argument['default']}" if "default" in argument else ""
        lines.append(f"    {argument['name']}{default}")
    lines += ["", "Floors:"]
    rows = [
        (
            " ".join(filter(None, (stop["floor"], stop["when"], ", ".join(stop["devices"])))),
            stop["name"],
            f"{stop['file']}:{stop['line']}",
            stop["text"],
        )
        for stop in known["floors"]
    ]
    lines += [f"    {line}" for line in aligned(rows)]
    lines += ["", "References:", *(f"    {line}" for line in known["references"] or ["none"])]
    return "\n".join(lines)


def _source(name: str, floor: str, stops: list[Any]) -> str:
    """The source text of all stops on a floor, or of the kernels of a device."""
    chosen = [stop for stop in stops if floor in (stop.floor, *stop.devices)]
    if not chosen:
        known = dict.fromkeys(part for stop in stops for part in (stop.floor, *stop.devices))
        raise OptionError(
            f"show {name}",
            expected=f"--source {' | '.join(known)}",
            received=floor,
            remedy="choose one of these",
        )
    texts = (f"# {stop.file}:{stop.line}\n{inspect.getsource(stop.target)}" for stop in chosen)
    return "\n\n".join(dict.fromkeys(texts)).rstrip()
