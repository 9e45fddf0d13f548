"""CSV files: named columns of cells."""

from __future__ import annotations

import csv
import io
import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from dlcore.data.root import read_file
from dlcore.errors import DataError

DELIMITERS = ",;\t|"
QUOTED = re.compile('"[^"]*"')
MISSING = {"", "nan", "+nan", "-nan"}
LARGEST = float(np.finfo(np.float32).max)  # networks compute in fp32


@dataclass(frozen=True)
class Table:
    """Columns of equally many cells, none of them empty.

    Attributes:
        source: the file, for errors.
        cells: each column's, by its name, without blanks around them.
        numbers: the same as float64; NaN where a cell is no number.
    """

    source: str
    cells: dict[str, list[str]]
    numbers: dict[str, NDArray[np.float64]]

    def __len__(self) -> int:
        return len(next(iter(self.cells.values())))

    def error(self, row: int, column: str, expected: str) -> DataError:
        """What to raise over a cell; the header is row 1, as in a spreadsheet."""
        return cell_error(self.source, row, column, expected, self.cells[column][row])


def read_table(path: str | Path) -> Table:
    """The table in a CSV file.

    The first row names the columns. Cells are parted by the one of `, ; tab |` that the first row
    holds most often, and quoted by "". The text is UTF-8, with or without a byte order mark. Blank
    rows at the end don't count.

    Raises:
        DataError: the file can't be read or is no text; no rows; rows of different lengths; a
            name missing or twice; a cell that is empty, NaN or infinite. Names row and column.
    """
    source = str(path)
    text = _text(source, read_file(Path(path)))
    rows = _rows(source, text)
    if len(rows) < 2:
        raise _error(source, "a header with the columns' names, and rows", f"{len(rows)} rows")
    header, body = [name.strip() for name in rows[0]], rows[1:]
    _check_header(source, header)
    for row, found in enumerate(body):
        if len(found) != len(header):
            place = f"{len(found)} in row {row + 2}"
            raise _error(source, f"{len(header)} cells in each row, as in the header", place)
    columns = [[cell.strip() for cell in column] for column in zip(*body, strict=True)]
    cells = dict(zip(header, columns, strict=True))
    return Table(source, cells, {name: _numbers(source, name, cells[name]) for name in header})


def _text(source: str, content: bytes) -> str:
    if b"\0" in content:
        raise _error(source, "a CSV file, which is text", "binary data")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        place = f"byte {content[error.start]:#04x} in line {content.count(10, 0, error.start) + 1}"
        raise _error(source, "text in UTF-8", place) from error


def _rows(source: str, text: str) -> list[list[str]]:
    header = QUOTED.sub("", text).lstrip().partition("\n")[0]
    delimiter = max(DELIMITERS, key=header.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        rows = list(reader)
    except csv.Error as error:
        raise _error(source, "a CSV file", f"{error} in line {reader.line_num}") from error
    while rows and not any(cell.strip() for cell in rows[-1]):
        rows.pop()
    return rows


def _check_header(source: str, header: list[str]) -> None:
    for place, name in enumerate(header):
        if not name:
            raise _error(source, "a name for each column in row 1", f"none for column {place + 1}")
        if name in header[:place]:
            raise _error(source, "each column's name once in row 1", f"{shorten(name)} twice")


def _numbers(source: str, column: str, cells: list[str]) -> NDArray[np.float64]:
    values = np.array([_number(cell) for cell in cells])
    for row in np.flatnonzero(~(abs(values) <= LARGEST)).tolist():
        if not np.isnan(values[row]) or cells[row].lower() in MISSING:
            raise cell_error(source, row, column, "a value, and no number beyond fp32", cells[row])
    return values


def _number(cell: str) -> float:
    try:
        return float(cell.replace("_", "-"))  # Python takes 1_000 for a number; files don't
    except ValueError:
        return np.nan


def cell_error(source: str, row: int, column: str, expected: str, cell: str) -> DataError:
    """What to raise over a cell; the header is row 1, as in a spreadsheet."""
    place = f"{shorten(cell)} in row {row + 2}, column {shorten(column)}"
    return _error(source, expected, place)


def shorten(text: str) -> str:
    """Some text from a file, quoted, at most 40 characters of it."""
    return repr(text if len(text) <= 40 else f"{text[:39]}…")


def _error(source: str, expected: str, received: str) -> DataError:
    return DataError(
        source, expected=expected, received=received, remedy="correct the file or remove the row"
    )
