"""What the command line says on standard error."""

from __future__ import annotations

import click


def complain(message: str) -> None:
    """Print one line, even where the name of a file holds a line break."""
    line = " ".join(message.splitlines())
    click.echo(f"dlcore: {line}", err=True)
