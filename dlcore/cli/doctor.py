"""`dlcore doctor`."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from dlcore.cli.diagnosis import Check, Device


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print the report as JSON.")
@click.option(
    "--device",
    type=click.Choice(["auto", "cpu", "cuda"]),
    help="Exit with status 1 when this device is not available.",
)
def doctor(as_json: bool, device: str | None) -> None:
    """Explain which devices work on this machine, and why."""
    from dlcore.cli.diagnosis import devices, report

    checks = report()
    verdicts = devices(checks)
    click.echo(_json(checks, verdicts) if as_json else _text(checks, verdicts))
    for verdict in verdicts:
        if verdict.name == device and verdict.engine is None:
            raise click.ClickException(f"device {device} is not available: {verdict.reason}")


def _text(checks: list[Check], verdicts: list[Device]) -> str:
    lines = [f"{check.status:8} {check.name:12} {check.sentence}" for check in checks]
    lines.append("")
    for verdict in verdicts:
        engine = verdict.engine or "not available"
        lines.append(f"device {verdict.name:5} {engine}: {verdict.reason}")
    return "\n".join(lines)


def _json(checks: list[Check], verdicts: list[Device]) -> str:
    parts = {"checks": [*map(asdict, checks)], "devices": [*map(asdict, verdicts)]}
    return json.dumps(parts, indent=2)
