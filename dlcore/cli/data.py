"""`dlcore data`."""

from __future__ import annotations

from pathlib import Path

import click

from dlcore.cli.arguments import PATH
from dlcore.columns import aligned


@click.command()
@click.argument("name", required=False)
@click.option(
    "--data-dir",
    type=PATH,
    help="Folder of data sets, each in a folder of its own.  [$DLCORE_DATA]",
)
def data(name: str | None, data_dir: Path | None) -> None:
    """Download the data set NAME; without one, list those that there are."""
    from dlcore.data.download import DOWNLOADS, download

    if name is None:
        rows = [
            (known, f"{sum(source.size for source in sources) / 1e6:,.0f} MB")
            for known, sources in DOWNLOADS.items()
        ]
        click.echo("\n".join(aligned([*rows, ("digits", "comes with dlcore")])))
        return
    download(name, data_dir, click.echo)
