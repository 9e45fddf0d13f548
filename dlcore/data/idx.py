"""Reads idx files, the format of MNIST: a header of big-endian integers, then one raw array.

    bytes 0 to 1     zero
    byte 2           code of the dtype, see DTYPES
    byte 3           number of dimensions D
    4 D bytes        the sizes, unsigned 32-bit
    the rest         the values, in C order, big-endian

Source: Y. LeCun, C. Cortes, C. Burges, The MNIST database, section "File formats".
"""

from __future__ import annotations

import gzip
import io
import math
import struct
import zlib
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dlcore.data.root import read_file
from dlcore.errors import DataError

DTYPES: dict[int, np.dtype[Any]] = {
    0x08: np.dtype(">u1"),
    0x09: np.dtype(">i1"),
    0x0B: np.dtype(">i2"),
    0x0C: np.dtype(">i4"),
    0x0D: np.dtype(">f4"),
    0x0E: np.dtype(">f8"),
}
GZIP_MAGIC = b"\x1f\x8b"
MAX_DIMENSIONS = 64  # of a NumPy array
CHUNK = 1 << 20


def read_idx(path: str | Path) -> NDArray[Any]:
    """The array in an idx file, plain or gzipped, in the machine's byte order.

    Raises:
        DataError: the file can't be read, is damaged, incomplete, or no idx file.
    """
    content = read_file(Path(path))
    # A browser may unpack a .gz and keep the name, so look inside.
    if content.startswith(GZIP_MAGIC):
        content = _unpack(content, path)
    dtype, shape = _header(content, path)
    offset = 4 + 4 * len(shape)
    expected, received = math.prod(shape) * dtype.itemsize, len(content) - offset
    if expected != received:
        raise _error(
            path,
            f"{expected} bytes of data for {_sizes(shape)} values of {dtype.itemsize} bytes",
            f"{received} bytes",
        )
    try:
        values = np.frombuffer(content, dtype, offset=offset).reshape(shape)
    except ValueError as error:  # no value at all, and yet sizes too large for an array
        raise _error(path, "sizes of an array", f"{_sizes(shape)} ({error})") from error
    return values.astype(dtype.newbyteorder("="))  # a copy: the buffer of bytes is read-only


def _unpack(content: bytes, path: str | Path) -> bytes:
    """Decompress; once there is more than the header announces, the rest stays packed."""
    try:
        with gzip.GzipFile(fileobj=io.BytesIO(content)) as file:
            unpacked = bytearray(file.read(4 + 4 * MAX_DIMENSIONS))
            dtype, shape = _header(bytes(unpacked), path)
            announced = 4 + 4 * len(shape) + math.prod(shape) * dtype.itemsize
            while len(unpacked) <= announced and (piece := file.read(CHUNK)):
                unpacked += piece
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise _error(path, "a whole gzip file", f"a damaged one ({error})") from error
    return bytes(unpacked)


def _sizes(shape: tuple[int, ...]) -> str:
    return " x ".join(map(str, shape))


def _header(content: bytes, path: str | Path) -> tuple[np.dtype[Any], tuple[int, ...]]:
    if len(content) < 4:
        raise _error(path, "an idx header of 4 bytes or more", f"{len(content)} bytes")
    zero, code, dimensions = struct.unpack_from(">HBB", content)
    if zero != 0:
        raise _error(path, "an idx file, which starts with bytes 00 00", content[:2].hex(" "))
    if code not in DTYPES:
        codes = ", ".join(f"0x{known:02x}" for known in DTYPES)
        raise _error(path, f"a dtype code of {codes}", f"0x{code:02x}")
    if not 1 <= dimensions <= MAX_DIMENSIONS:
        raise _error(path, f"1 to {MAX_DIMENSIONS} dimensions", f"{dimensions}")
    if len(content) < 4 + 4 * dimensions:
        raise _error(
            path,
            f"a header of {4 + 4 * dimensions} bytes for {dimensions} dimensions",
            f"a file of {len(content)} bytes",
        )
    return DTYPES[code], struct.unpack_from(f">{dimensions}I", content, 4)


def _error(path: str | Path, expected: str, received: str) -> DataError:
    return DataError(
        str(path), expected=expected, received=received, remedy="download the file again"
    )
