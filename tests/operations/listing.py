"""All operation cases, gathered from the files in `cases`."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path

STEMS = sorted(path.stem for path in (Path(__file__).parent / "cases").glob("[a-z]*.py"))
OPERATIONS = [
    operation
    for stem in STEMS
    for operation in import_module(f"tests.operations.cases.{stem}").CASES
]
