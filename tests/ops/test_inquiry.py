"""What tensors and dtypes are."""

import numpy as np
import pytest

import dlcore as dl
from dlcore.errors import DeviceError, DtypeError

X = dl.zeros(2, 3, 4, dtype=dl.float16)


def test_tensors():
    assert dl.is_tensor(X)
    assert not dl.is_tensor(np.zeros(2))
    assert dl.is_floating_point(X)
    assert not dl.is_floating_point(X.long())
    assert dl.numel(X) == X.nelement() == 24
    assert (X.itemsize, X.nbytes) == (2, 48)
    assert X.stride() == (12, 4, 1)
    assert X.transpose(0, 2).stride() == (1, 4, 12)
    assert X.stride(-1) == 1
    assert X.is_contiguous()
    assert not X.transpose(0, 1).is_contiguous()
    assert X[:1].transpose(0, 1).is_contiguous() is False or X[:1, :1].is_contiguous()
    assert X.type(dl.int32).dtype == dl.int32


def test_devices():
    assert X.cpu() is X
    for device in (None, 1, "cuda:0"):
        with pytest.raises(DeviceError, match=r"cuda.*use device='cpu'"):
            X.cuda(device)


def test_dtypes():
    assert dl.get_default_dtype() == dl.float32
    assert dl.result_type(X, dl.zeros(2)) == dl.float32
    assert dl.result_type(X.int(), 1.5) == dl.float32
    assert dl.result_type(1, 2) == dl.int64
    with pytest.raises(DtypeError, match=r"bfloat16, float16.*int8; use finfo for floats"):
        dl.finfo(dl.int8)
    with pytest.raises(DtypeError, match="float32; use"):
        dl.iinfo(dl.float32)


@pytest.mark.peer
@pytest.mark.parametrize("name", ["bfloat16", "float16", "float32", "float64"])
def test_limits_as_pytorch(name):
    torch = pytest.importorskip("torch")
    ours, theirs = dl.finfo(getattr(dl, name)), torch.finfo(getattr(torch, name))
    for limit in ("bits", "eps", "max", "min", "tiny", "smallest_normal"):
        assert getattr(ours, limit) == getattr(theirs, limit)
    ours, theirs = dl.iinfo(dl.uint8), torch.iinfo(torch.uint8)
    assert (ours.bits, ours.max, ours.min) == (theirs.bits, theirs.max, theirs.min)
