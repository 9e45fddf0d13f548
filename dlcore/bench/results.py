"""Results for people, as a Markdown table, and for programs, as JSON."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any


def markdown(header: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """A table; its first column is text, the others are numbers, flush right.

    >>> print(markdown(["contender", "ms"], [["eager", 2.5]]))
    | contender | ms |
    |---|---:|
    | eager | 2.5 |
    """
    lines = [_line(header), "|---|" + "---:|" * (len(header) - 1)]
    return "\n".join([*lines, *map(_line, rows)])


def _line(cells: Sequence[object]) -> str:
    return "| " + " | ".join(map(str, cells)) + " |"


def milliseconds(seconds: float) -> str:
    """Three digits that count, or all before the point: 0.0123, 1.23, 1234."""
    value = seconds * 1e3
    return f"{value:.0f}" if value >= 100 else f"{value:.3g}"


def write_json(path: Path, content: Any) -> None:
    """Write what can be written as JSON, whole or not at all.

    Raises:
        DataError: the file system refuses.
    """
    from dlcore.files import save_json

    save_json(path, content)
