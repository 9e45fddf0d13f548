"""Files that are whole or not there: written beside their place, flushed, then renamed."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
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
    except OSError as error:
        raise DataError(
            str(path),
            expected="a folder that can be written to",
            received=error.strerror or str(error),
            remedy="free space, or choose another folder with --out",
        ) from error
    finally:
        if scratch.parent.is_dir():  # (where it is a file, even asking for the scratch file raises)
            scratch.unlink(missing_ok=True)


def save_json(path: Path, content: Any) -> None:
    """Write JSON, one key a line, in a stable order."""
    write_atomically(path, (json.dumps(content, indent=2, sort_keys=True) + "\n").encode())


def save(state: Mapping[str, Tensor], path: Path | str) -> None:
    """Write tensors by name as safetensors; convolution weights in plain OIHW order.

    Raises:
        DataError: the file system refuses; a file that was there before is untouched.
    """
    arrays = {name: np.ascontiguousarray(value.numpy()) for name, value in state.items()}
    write_atomically(Path(path), safetensors.save(arrays))


def load(path: Path | str, device: str | Backend = "cpu") -> dict[str, Tensor]:
    """Read what `save` wrote, or any other program that writes safetensors.

    Raises:
        DataError: the file is missing, damaged, of another kind, or holds a dtype dlcore has not.
    """
    try:
        parts = deserialize(Path(path).read_bytes())  # type: ignore[no-untyped-call]
        return {name: _read(part, device) for name, part in parts}
    except (OSError, SafetensorError, KeyError) as error:
        unknown = isinstance(error, KeyError)
        raise DataError(
            str(path),
            expected="a safetensors file with dtypes " + ", ".join(DTYPES),
            received=f"dtype {error}" if unknown else str(error),
            remedy="check the path, or save the weights again",
        ) from error


def _read(part: Mapping[str, Any], device: str | Backend) -> Tensor:
    values = np.frombuffer(part["data"], DTYPES[part["dtype"]])
    return tensor(values.reshape(part["shape"]), device=device)
