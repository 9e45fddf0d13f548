"""Files that are whole or not there: written beside their place, flushed, then renamed."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load, save

from dlcore.errors import DataError
from dlcore.tensors import Tensor, tensor


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
        scratch.unlink(missing_ok=True)
        raise DataError(
            str(path),
            expected="a folder that can be written to",
            received=error.strerror or str(error),
            remedy="free space, or choose another folder with --out",
        ) from error


def save_json(path: Path, content: Any) -> None:
    """Write JSON, one key a line, in a stable order."""
    write_atomically(path, (json.dumps(content, indent=2, sort_keys=True) + "\n").encode())


def save_weights(path: Path, state: Mapping[str, Tensor]) -> None:
    """Write tensors by name as safetensors; convolution weights in plain OIHW order."""
    arrays = {name: np.ascontiguousarray(value.numpy()) for name, value in state.items()}
    write_atomically(path, save(arrays))


def load_weights(path: Path) -> dict[str, Tensor]:
    """Read what `save_weights` wrote.

    Raises:
        DataError: the file is missing, damaged or of another kind.
    """
    try:
        arrays = load(path.read_bytes())
    except (OSError, SafetensorError) as error:
        raise DataError(
            str(path),
            expected="a safetensors file",
            received=str(error),
            remedy="check the path, or save the weights again",
        ) from error
    return {name: tensor(array) for name, array in arrays.items()}
