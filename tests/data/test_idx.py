import gzip

import numpy as np
import pytest

from dlcore.data.idx import read_idx
from dlcore.errors import DataError
from tests.data.idx_writer import CODES, idx_bytes, write_idx

# By hand, byte by byte: two rows of three signed 16-bit values.
SHORTS = bytes.fromhex("00 00 0b 02  00 00 00 02  00 00 00 03  0001 0002 0003 ffff fffe 7fff")


def test_reads_a_file_written_by_hand(tmp_path):
    path = tmp_path / "shorts"
    path.write_bytes(SHORTS)
    array = read_idx(path)
    assert array.dtype == np.int16
    assert array.dtype.isnative
    assert array.flags.writeable
    assert array.tolist() == [[1, 2, 3], [-1, -2, 32767]]


@pytest.mark.parametrize("name", ["values", "values.gz"])
@pytest.mark.parametrize("dtype", CODES)
def test_every_dtype_plain_and_gzipped(tmp_path, dtype, name):
    rng = np.random.default_rng(0)
    written = (rng.normal(size=(4, 3, 2)) * 50).astype(dtype)
    read = read_idx(str(write_idx(tmp_path / name, written)))
    assert read.dtype == written.dtype
    np.testing.assert_array_equal(read, written)


def test_no_rows(tmp_path):
    assert read_idx(write_idx(tmp_path / "none", np.zeros((0, 5), np.uint8))).shape == (0, 5)


def test_unpacked_file_that_kept_its_gz_name(tmp_path):
    path = tmp_path / "shorts.gz"
    path.write_bytes(SHORTS)
    assert read_idx(path).shape == (2, 3)


WHOLE = idx_bytes(np.arange(6, dtype=np.uint8).reshape(2, 3))
GZIPPED = gzip.compress(WHOLE)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "expected an idx header of 4 bytes or more, received 0 bytes"),
        (b"PK\x03\x04", "starts with bytes 00 00, received 50 4b"),
        (b"\0\0\x0a" + WHOLE[3:], "0x0e, received 0x0a"),
        (b"\0\0\x08\0", "expected 1 to 64 dimensions, received 0"),
        (b"\0\0\x08\x41" + bytes([0, 0, 0, 1]) * 65 + b"\0", "64 dimensions, received 65"),
        (WHOLE[:9], "expected a header of 12 bytes for 2 dimensions, received a file of 9"),
        (WHOLE[:-1], "expected 6 bytes of data for 2 x 3 values of 1 bytes, received 5 bytes"),
        (WHOLE + b"\0", "expected 6 bytes of data for 2 x 3 values of 1 bytes, received 7 bytes"),
        (b"\0\0\x0e\x02" + b"\xff" * 8, "received 0 bytes"),
        (GZIPPED[:-9], "expected a whole gzip file, received a damaged one"),
        (GZIPPED[:-8] + b"\0" * 8, "received a damaged one .CRC check failed"),
        (GZIPPED[:10] + b"\xff" * 20, "expected a whole gzip file, received a damaged one"),
        (b"\0\0\x08\x03" + b"\0\0\0\0" + b"\xff" * 8, "expected sizes of an array, received 0 x"),
        (gzip.compress(WHOLE + bytes(1 << 24)), "6 bytes of data .*, received [0-9]{3,7} bytes"),
        (GZIPPED + b"tail", "expected a whole gzip file, received a damaged one"),
    ],
)
def test_damaged_files_are_refused_by_name(tmp_path, content, message):
    path = tmp_path / "broken-idx3-ubyte"
    path.write_bytes(content)
    with pytest.raises(DataError, match=rf"broken-idx3-ubyte: .*{message}.*; download"):
        read_idx(path)


def test_a_folder_is_no_file(tmp_path):
    with pytest.raises(DataError, match="Is a directory"):
        read_idx(tmp_path)
