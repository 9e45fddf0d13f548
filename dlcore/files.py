"""Files that are whole or not there: written beside their place, flushed, then renamed."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
from safetensors import SafetensorError, deserialize
from safetensors import numpy as safetensors

from dlcore.backend.base import Backend
from dlcore.backend.interface.array import (
    Dtype,
    bfloat16,
    boolean,
    float16,
    float32,
    float64,
    int8,
    int16,
    int32,
    int64,
    uint8,
)
from dlcore.errors import DataError
from dlcore.tensors import Tensor, tensor

# The library's own reader for NumPy knows no bfloat16.
DTYPES: dict[str, Dtype] = {
    "F64": float64,
    "F32": float32,
    "F16": float16,
    "BF16": bfloat16,
    "I64": int64,
    "I32": int32,
    "I16": int16,
    "I8": int8,
    "U8": uint8,
    "BOOL": boolean,
}


def write_atomically(path: Path, content: bytes) -> None:
    """Replace a file's content; whatever happens, the old or the new content is there.

    Raises:
        DataError: the file system refuses (no space, no permission, no folder).
    """
    scratch = path.with_name(f".{path.name}.partial")
    try:
        with scratch.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        scratch.replace(path)
        _keep_order(path.parent)
    except OSError as error:
        raise DataError(
            str(path),
            expected="a folder that can be written to",
            received=error.strerror or str(error),
            remedy="free space, or choose another folder with --out",
        ) from error
    finally:
        with suppress(OSError):  # a place that refuses files may refuse even to remove none
            scratch.unlink(missing_ok=True)


def remove_scratch(folder: Path) -> None:
    """Remove what writers that were killed have left in a folder where nobody writes."""
    for scratch in folder.glob(".*.partial"):
        scratch.unlink()


def _keep_order(folder: Path) -> None:
    """Have a rename on the disk before anything that is written after it."""
    if os.name == "posix":
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def save_json(path: Path, content: Any) -> None:
    """Write JSON, one key a line, in a stable order."""
    write_atomically(path, (json.dumps(content, indent=2, sort_keys=True) + "\n").encode())


def save(state: Mapping[str, Tensor], path: Path | str) -> None:
    """Write tensors by name as safetensors; convolution weights in plain OIHW order.

    Raises:
        DataError: the file system refuses; a file that was there before is untouched.
    """
    write_atomically(Path(path), to_bytes(state))


def to_bytes(state: Mapping[str, Tensor]) -> bytes:
    """The content of a safetensors file: the same tensors give the same bytes."""
    arrays = {name: np.asarray(value.numpy(), order="C") for name, value in state.items()}
    return safetensors.save(arrays)


def load(path: Path | str, device: str | Backend = "cpu") -> dict[str, Tensor]:
    """Read what `save` wrote, or any other program that writes safetensors.

    Raises:
        DataError: the file is missing, damaged, of another kind, or holds a dtype dlcore has not.
    """
    try:
        return from_bytes(Path(path).read_bytes(), path, device)
    except OSError as error:
        raise _not_weights(path, error.strerror or str(error)) from error


def from_bytes(
    content: bytes, source: Path | str, device: str | Backend = "cpu"
) -> dict[str, Tensor]:
    """The tensors in the content of a safetensors file.

    Raises:
        DataError: it is damaged, of another kind, or holds a dtype dlcore has not.
    """
    try:
        parts = deserialize(content)  # type: ignore[no-untyped-call]
        return {name: _read(part, device) for name, part in parts}
    except (SafetensorError, KeyError) as error:
        reason = f"dtype {error}" if isinstance(error, KeyError) else str(error)
        raise _not_weights(source, reason) from error


def _not_weights(source: Path | str, reason: str) -> DataError:
    return DataError(
        str(source),
        expected="a safetensors file with dtypes " + ", ".join(DTYPES),
        received=reason,
        remedy="check the path, or save the weights again",
    )


def _read(part: Mapping[str, Any], device: str | Backend) -> Tensor:
    values = np.frombuffer(part["data"], DTYPES[part["dtype"]])
    return tensor(values.reshape(part["shape"]), device=device)
