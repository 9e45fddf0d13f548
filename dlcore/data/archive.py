"""Files out of a .tar.gz, in memory: nothing is extracted, and nothing swells without a limit."""

from __future__ import annotations

import gzip
import tarfile
import zlib
from collections.abc import Collection
from pathlib import Path

from dlcore.data.root import unreadable
from dlcore.errors import DataError

CHUNK = 1 << 20


def read_members(path: Path, wanted: Collection[str], limit: int) -> dict[str, bytes]:
    """The contents of some files of a .tar.gz, by their names there.

    Args:
        wanted: the names; one that isn't in the archive isn't in the result either.
        limit: bytes that the whole archive may decompress to.

    Raises:
        DataError: the archive can't be read, is damaged, or too large.
    """
    found: dict[str, bytes] = {}
    try:
        with _Limited(path, limit) as stream:
            with tarfile.open(fileobj=stream, mode="r|", bufsize=CHUNK) as archive:
                for member in archive:
                    if member.name in wanted and (file := archive.extractfile(member)):
                        if member.size > limit:  # a sparse file has holes that no byte announces
                            raise _damaged(path, f"{member.name} of {member.size} bytes")
                        found[member.name] = file.read()
            while stream.read(CHUNK):  # to the end, where gzip compares its checksum
                pass
    except DataError:
        raise
    except (tarfile.TarError, gzip.BadGzipFile, EOFError, zlib.error, ValueError) as error:
        raise _damaged(path, str(error)) from error
    except OSError as error:
        raise unreadable(path, error) from error
    return found


class _Limited(gzip.GzipFile):
    """Decompresses until it has given more bytes than the limit."""

    def __init__(self, path: Path, limit: int) -> None:
        super().__init__(path, "rb")
        self.path, self.limit = path, limit
        self.given = 0

    def read(self, size: int | None = -1) -> bytes:
        piece = super().read(size)
        self.given += len(piece)
        if self.given > self.limit:
            raise _damaged(self.path, f"more than {self.limit} bytes inside")
        return piece


def _damaged(path: Path, received: str) -> DataError:
    return DataError(
        str(path),
        expected="a whole .tar.gz archive of the data set",
        received=received,
        remedy="download the file again",
    )
