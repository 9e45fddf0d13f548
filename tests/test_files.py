"""Files: whole or not there, readable by others, refused with words when damaged."""

import errno
import os

import numpy as np
import pytest
from safetensors.numpy import load_file

import dlcore as dl
from dlcore.errors import DataError
from dlcore.files import load, save, write_atomically
from dlcore.models import build


@pytest.mark.parametrize("dtype", ["float64", "float32", "float16", "bfloat16", "int64", "bool"])
def test_round_trip(tmp_path, dtype):
    x = dl.tensor(np.arange(24).reshape(2, 3, 2, 2).astype(np.float32), dtype=dtype)
    dl.save({"x": x, "none": dl.zeros(0), "scalar": x[1, 2, 1, 1]}, tmp_path / "file")
    loaded = dl.load(tmp_path / "file")
    assert loaded["x"].dtype == x.dtype
    assert loaded["x"].tolist() == x.tolist()
    assert loaded["none"].shape == (0,)
    assert loaded["scalar"].shape == ()


def test_weights_are_plain_in_files(tmp_path):
    """Channels last in memory, OIHW for everybody else."""
    weight = build("lenet5").features[3].weight
    save({"weight": weight.detach()}, tmp_path / "file")
    np.testing.assert_array_equal(load_file(tmp_path / "file")["weight"], weight.detach().numpy())


def test_a_full_disk_leaves_the_old_file_and_nothing_else(tmp_path, monkeypatch):
    def refuse(descriptor):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    path = tmp_path / "file"
    write_atomically(path, b"old")
    monkeypatch.setattr(os, "fsync", refuse)
    with pytest.raises(DataError, match=r"file: .*No space left.*--out"):
        write_atomically(path, b"new")
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_an_interrupted_write_leaves_the_old_file_and_nothing_else(tmp_path, monkeypatch):
    def interrupt(descriptor):
        raise KeyboardInterrupt

    path = tmp_path / "file"
    write_atomically(path, b"old")
    monkeypatch.setattr(os, "fsync", interrupt)
    with pytest.raises(KeyboardInterrupt):
        write_atomically(path, b"new")
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("parent", ["missing", "taken"])
def test_a_folder_that_is_none_is_one_clear_error(tmp_path, parent):
    (tmp_path / "taken").write_text("a file")
    with pytest.raises(DataError, match="--out"):
        write_atomically(tmp_path / parent / "file", b"x")


def test_a_file_system_that_may_only_be_read_is_one_clear_error(tmp_path, monkeypatch):
    """It refuses to remove a file even where there is none."""

    def refuse(*arguments, **options):
        raise OSError(errno.EROFS, os.strerror(errno.EROFS))

    monkeypatch.setattr("pathlib.Path.open", refuse)
    monkeypatch.setattr("pathlib.Path.unlink", refuse)
    with pytest.raises(DataError, match=r"Read-only file system; .* --out"):
        write_atomically(tmp_path / "file", b"")


def test_damaged_weights_are_refused(tmp_path):
    path = tmp_path / "weights.safetensors"
    save(build("lenet5").state_dict(), path)
    path.write_bytes(path.read_bytes()[:100])
    with pytest.raises(DataError, match="safetensors"):
        load(path)
