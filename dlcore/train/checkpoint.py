"""Checkpoints: everything a run needs to go on with the same bits.

    last.json                  format number, checksums, and the state in plain JSON
    best.json                  the same of the best epoch so far
    0123456789abcdef.safetensors   the tensors of one of them, named by their checksum

The JSON file is what counts: it names the tensors by their SHA-256 and holds one of itself, so a
damaged checkpoint is refused and never loaded. The tensors are written before it and removed when
no JSON names them any more; whenever the process dies, the old checkpoint or the new one is whole.
There is no clock, host or path inside: runs that are the same leave the same bytes.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any, NamedTuple

from dlcore.errors import DataError
from dlcore.files import from_bytes, remove_scratch, save_json, to_bytes, write_atomically
from dlcore.tensors import Tensor

FORMAT = 1
"""Of what is written. Older ones are read as long as the tests hold one; newer ones are refused."""


class Checkpoint(NamedTuple):
    """A run at one moment.

    Attributes:
        state: numbers, texts, lists and dicts of them.
        tensors: by name.
    """

    state: dict[str, Any]
    tensors: dict[str, Tensor]


def save_checkpoint(folder: Path, names: Sequence[str], checkpoint: Checkpoint) -> None:
    """Put a checkpoint in the place of those with these names, one after the other.

    Raises:
        DataError: the file system refuses; the one that was there before is whole.
    """
    content = to_bytes(checkpoint.tensors)
    digest = sha256(content).hexdigest()
    write_atomically(folder / _tensors_file(digest), content)
    body = {"state": checkpoint.state, "tensors": digest}
    for name in names:
        save_json(folder / f"{name}.json", {"format": FORMAT, "sha256": _digest(body), **body})
    clean(folder)


def load_checkpoint(folder: Path, name: str) -> Checkpoint:
    """Read a checkpoint back.

    Raises:
        DataError: it is missing, damaged, or of a newer format.
    """
    path = folder / f"{name}.json"
    while True:
        content = _read_json(path)
        try:
            return Checkpoint(content["state"], _read_tensors(folder, content["tensors"]))
        except DataError:
            # A run that is going on may have put the next one in its place.
            if _read_json(path)["tensors"] == content["tensors"]:
                raise


def has_checkpoint(folder: Path, name: str) -> bool:
    """Whether there is one with this name, whole or damaged."""
    return (folder / f"{name}.json").exists()


def clean(folder: Path) -> None:
    """Remove what a killed process left, and tensors that no checkpoint names any more.

    A damaged checkpoint keeps all tensors in their place.
    """
    remove_scratch(folder)
    try:
        named = {_tensors_file(_read_json(path)["tensors"]) for path in folder.glob("*.json")}
    except DataError:
        return
    for tensors in folder.glob("*.safetensors"):
        if tensors.name not in named:
            tensors.unlink()


def _tensors_file(digest: str) -> str:
    return f"{digest[:16]}.safetensors"


def _digest(body: Mapping[str, Any]) -> str:
    text = json.dumps(body, sort_keys=True, separators=(",", ":"))
    return sha256(text.encode()).hexdigest()


def _read_json(path: Path) -> dict[str, Any]:
    found = _bytes(path)
    try:
        content = json.loads(found)
    except (ValueError, RecursionError) as error:
        raise _damaged(path, "JSON", str(error)) from error
    number = content.get("format") if isinstance(content, dict) else None
    if not isinstance(number, int) or number < 1:
        raise _damaged(path, "a checkpoint with a format number", f"format {number!r}")
    if number > FORMAT:
        raise DataError(
            str(path),
            expected=f"a checkpoint of format {FORMAT} or older",
            received=f"format {number}, which a newer dlcore has written",
            remedy="upgrade dlcore to read it",
        )
    body = {name: content.get(name) for name in ("state", "tensors")}
    if content.get("sha256") != _digest(body):
        raise _damaged(path, "content with the SHA-256 that it names", "another one")
    return body


def _read_tensors(folder: Path, digest: str) -> dict[str, Tensor]:
    path = folder / _tensors_file(digest)
    content = _bytes(path)
    if sha256(content).hexdigest() != digest:
        raise _damaged(path, "content with the SHA-256 that the checkpoint names", "another one")
    return from_bytes(content, path)


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise _damaged(path, "a checkpoint", error.strerror or str(error)) from error


def _damaged(path: Path, expected: str, received: str) -> DataError:
    return DataError(
        str(path),
        expected=expected,
        received=received,
        remedy="copy best.json to last.json or last.json to best.json, whichever is whole, "
        "or train again",
    )
