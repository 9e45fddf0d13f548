"""What several commands read from their arguments."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

PATH = click.Path(path_type=Path)


def names(context: click.Context, option: click.Parameter, value: str | None) -> Any:
    """Several names in one option: "flip,crop"; "none" for none."""
    if value is None:
        return None
    return tuple(name for name in value.replace(" ", "").split(",") if name and name != "none")


def lengths(context: click.Context, option: click.Parameter, value: str | None) -> Any:
    """One length or several: "32", "32x48", "3,32,32"."""
    if value is None:
        return None
    try:
        found = tuple(int(part) for part in value.lower().replace("x", ",").split(","))
    except ValueError:
        found = (0,)
    if min(found) < 1:
        raise click.BadParameter(f"expected lengths such as 32, 32x48 or 3,32,32, not {value!r}")
    return found
