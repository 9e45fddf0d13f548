"""Fetches one file: several mirrors, resumed where it broke off, and checked before it is used."""

from __future__ import annotations

import hashlib
import http.client
import os
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from tqdm import tqdm

from dlcore.errors import DataError

CHUNK = 1 << 18
TIMEOUT = 30.0  # seconds without a byte
SCHEMES = ("http", "https", "file")


@dataclass(frozen=True)
class Source:
    """A published file.

    Attributes:
        name: of the file.
        urls: of its mirrors (http, https or file), tried in this order.
        sha256: of its content, in hexadecimal digits.
        size: bytes.
    """

    name: str
    urls: tuple[str, ...]
    sha256: str
    size: int


def fetch(source: Source, folder: str | Path, progress: bool | None = None) -> Path:
    """The file, downloaded into a folder unless it is there already.

    What has arrived is kept as NAME.partial, and the next attempt asks for the rest. The file gets
    its name when its SHA-256 is right. The system's proxies are used.

    Args:
        progress: show a bar; None shows it on a terminal.

    Raises:
        DataError: no mirror gives the file, and what each said; or the folder can't be written to.
    """
    path = Path(folder) / source.name
    partial = path.with_name(f"{source.name}.partial")
    complaints = []
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.is_file() and _is_whole(path, source):
            return path
        for url in source.urls:
            try:
                _complete(partial, url, source, progress)
            except (http.client.HTTPException, OSError, ValueError) as error:
                complaints.append(f"{url}: {error}")
            else:
                partial.replace(path)
                return path
    except OSError as error:
        raise _error(path, "a folder that can be written to", str(error)) from error
    raise _error(path, f"{source.size} bytes with SHA-256 {source.sha256}", "; ".join(complaints))


def _complete(partial: Path, url: str, source: Source, progress: bool | None) -> None:
    """Download what is missing; if that makes another file than the published one, all of it."""
    while True:
        start = partial.stat().st_size if partial.is_file() else 0
        if start < source.size:
            _append(partial, start, url, source, progress)
        if _is_whole(partial, source):
            return
        partial.unlink()
        if start == 0:
            raise ValueError("another SHA-256")


def _append(partial: Path, start: int, url: str, source: Source, progress: bool | None) -> None:
    if urlsplit(url).scheme not in SCHEMES:
        raise ValueError(f"none of {', '.join(SCHEMES)}")
    headers = {"User-Agent": "dlcore"}
    if start:
        headers["Range"] = f"bytes={start}-"
    request = urllib.request.Request(url, headers=headers)
    # An opener of its own, since urlopen keeps the proxies of its first call.
    with urllib.request.build_opener().open(request, timeout=TIMEOUT) as response:
        if response.status != http.HTTPStatus.PARTIAL_CONTENT:
            start = 0  # the mirror knows no ranges and sends everything
        announced = response.headers.get("Content-Length")
        if announced is not None and int(announced) != source.size - start:
            raise ValueError(f"{announced} bytes instead of {source.size - start}")
        with (
            partial.open("ab" if start else "wb") as file,
            tqdm(
                desc=source.name,
                total=source.size,
                initial=start,
                unit="B",
                unit_scale=True,
                disable=None if progress is None else not progress,
            ) as bar,
        ):
            while start <= source.size and (piece := response.read(CHUNK)):
                file.write(piece)
                start += len(piece)
                bar.update(len(piece))
            file.flush()
            os.fsync(file.fileno())
    if start != source.size:
        raise ValueError(f"{start} of {source.size} bytes")


def _is_whole(path: Path, source: Source) -> bool:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest() == source.sha256


def _error(path: Path, expected: str, received: str) -> DataError:
    return DataError(
        str(path),
        expected=expected,
        received=received,
        remedy="check the connection, the proxy and the folder, or put the file there by hand",
    )
