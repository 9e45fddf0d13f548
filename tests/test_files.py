"""Files: whole or not there, readable by others, refused with words when damaged."""

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
    dl.save({"x": x, "none": dl.zeros(0)}, tmp_path / "file")
    loaded = dl.load(tmp_path / "file")
    assert loaded["x"].dtype == x.dtype
    assert loaded["x"].tolist() == x.tolist()
    assert loaded["none"].shape == (0,)


def test_weights_are_plain_in_files(tmp_path):
    """Channels last in memory, OIHW for everybody else."""
    weight = build("lenet5").features[3].weight
    save({"weight": weight.detach()}, tmp_path / "file")
    np.testing.assert_array_equal(load_file(tmp_path / "file")["weight"], weight.detach().numpy())


def test_atomic_write_leaves_the_old_file_when_it_fails(tmp_path):
    path = tmp_path / "file"
    write_atomically(path, b"old")
    with pytest.raises(TypeError):
        write_atomically(path, "not bytes")
    assert path.read_bytes() == b"old"


def test_read_only_folder_is_one_clear_error(tmp_path, monkeypatch):
    with pytest.raises(DataError, match="--out"):
        write_atomically(tmp_path / "missing" / "file", b"x")


def test_damaged_weights_are_refused(tmp_path):
    path = tmp_path / "weights.safetensors"
    save(build("lenet5").state_dict(), path)
    path.write_bytes(path.read_bytes()[:100])
    with pytest.raises(DataError, match="safetensors"):
        load(path)
