"""What a tensor is: dtypes, values on the host, exchange with NumPy and DLPack."""

import copy
import pickle
import subprocess
import sys
from pathlib import Path

import ml_dtypes
import numpy as np
import pytest

import dlcore as dl
from dlcore import api
from dlcore.errors import DeviceError, DtypeError, GraphError, ShapeError


@pytest.mark.parametrize(
    ("data", "dtype"),
    [
        (1.5, "float32"),
        (1, "int64"),
        (True, "bool"),
        ([[1.0, 2.0]], "float32"),
        (np.float64(1.0), "float64"),
        (np.zeros(2, np.float64), "float64"),
        (np.zeros(2, np.int8), "int8"),
        ([np.float64(1.0)], "float64"),
        ([[np.zeros(2)], [np.ones(2)]], "float64"),
        ([np.float32(1.0), 2.0], "float32"),
        (np.zeros(2, ml_dtypes.bfloat16), "bfloat16"),
        (dl.float16.type(1.0), "float16"),
    ],
    ids=str,
)
def test_dtype_of_data(data, dtype):
    assert dl.tensor(data).dtype.name == dtype


def test_dtype_by_name_and_by_object():
    for name in ("float64", "float32", "float16", "bfloat16", "uint8", "int64", "bool"):
        assert (
            dl.tensor([0, 1], dtype=name).dtype == dl.tensor([0, 1], dtype=getattr(dl, name)).dtype
        )


@pytest.mark.parametrize("bad", [np.zeros(2, np.complex64), "text", [None]], ids=str)
def test_values_that_are_no_numbers(bad):
    with pytest.raises(DtypeError, match="numbers"):
        dl.tensor(bad)


@pytest.mark.parametrize(
    ("make", "error", "text"),
    [
        (
            lambda: dl.tensor([[1, 2], [3]]),
            ShapeError,
            "tensor: expected nested lists of one length",
        ),
        (lambda: dl.tensor([1], dtype="x"), DtypeError, "tensor: expected dtype .* dtype x"),
        (lambda: dl.tensor("text", dtype=dl.float32), DtypeError, "numbers"),
        (
            lambda: dl.ones(2).size(9),
            ShapeError,
            "size: expected an axis from -1 to 0, received axis 9",
        ),
        (
            lambda: dl.tensor(1).size(0),
            ShapeError,
            "size: expected a tensor with at least one axis",
        ),
        (lambda: dl.ones(2).stride(9), ShapeError, "stride: expected an axis from -1 to 0"),
        (lambda: dl.ones(2).copy_(1), DtypeError, "copy_: expected tensors, received int"),
        (lambda: dl.tensor(1, device=None), DeviceError, "expected a name: .* received None"),
    ],
)
def test_refused(make, error, text):
    with pytest.raises(error, match=text):
        make()


def test_tensor_copies_and_from_numpy_shares():
    values = np.array([1.0, 2.0], np.float32)
    copied, shared = dl.tensor(values), dl.from_numpy(values)
    values[0] = 9.0
    assert copied.tolist() == [1.0, 2.0]
    assert shared.tolist() == [9.0, 2.0]


def test_numpy_speaks_both_ways():
    x = dl.tensor([1.0, 2.0])
    np.testing.assert_array_equal(np.asarray(x), [1.0, 2.0])
    assert isinstance(np.float32(2.0) * x, dl.Tensor)
    with pytest.raises(DtypeError, match=r"dl\.tensor"):
        np.ones(2, np.float32) + x


def test_dlpack_both_ways():
    x = dl.tensor([[1.0, 2.0], [3.0, 4.0]])
    np.testing.assert_array_equal(np.from_dlpack(x), x.numpy())
    np.testing.assert_array_equal(dl.from_dlpack(x.numpy()).numpy(), x.numpy())
    with pytest.raises(DtypeError, match="float32"):
        np.from_dlpack(dl.tensor([1.0], dtype="bfloat16"))


def test_item_and_conversions():
    assert dl.tensor([2.5]).item() == 2.5
    assert float(dl.tensor(2.5)) == 2.5
    assert int(dl.tensor(2)) == 2
    assert bool(dl.tensor(True))
    assert [10, 20, 30][dl.tensor(1)] == 20
    with pytest.raises(ShapeError, match="one element"):
        dl.tensor([1.0, 2.0]).item()
    with pytest.raises(DtypeError, match="long"):
        [1, 2][dl.tensor(1.0)]


def test_shape_facts():
    x = dl.tensor(np.zeros((2, 3, 4), np.float32))
    assert (x.dim(), x.ndim, x.numel(), x.size(), x.size(1)) == (3, 3, 24, (2, 3, 4), 3)
    assert len(x) == 2
    assert [row.shape for row in x] == [(3, 4), (3, 4)]
    with pytest.raises(ShapeError, match="item"):
        len(dl.tensor(1.0))


def test_repr_tells_what_matters():
    assert repr(dl.tensor([1.0])) == "tensor([1.])"
    assert "dtype=float16" in repr(dl.tensor([1.0], dtype="float16"))
    assert "device='numpy'" in repr(dl.tensor([1.0], device="numpy"))
    assert "requires_grad=True" in repr(dl.tensor([1.0], requires_grad=True))
    assert "operation=mul" in repr(dl.tensor([1.0], requires_grad=True) * 2)
    assert "shape=(1,)" in repr(dl.tensor([1.0], device="meta"))


@pytest.mark.parametrize("device", ["cpu", "numpy", "auto"])
def test_devices_that_are_always_there(device):
    assert dl.tensor([1.0], device=device).tolist() == [1.0]


def test_meta_has_no_values():
    x = dl.tensor([1.0, 2.0], device="meta")
    assert (x + x).shape == (2,)
    with pytest.raises(DeviceError, match="meta"):
        x.numpy()


@pytest.mark.parametrize("device", ["cuda", "cuda:1"])
def test_cuda_is_refused_clearly(device):
    with pytest.raises(DeviceError, match="doctor"):
        dl.tensor([1.0], device=device)


def test_unknown_device():
    with pytest.raises(DeviceError, match="auto, cpu, cuda, meta, numpy"):
        dl.tensor([1.0], device="tpu")


def test_mixed_devices_name_both():
    with pytest.raises(DeviceError, match=r"'cpu'.*'numpy'.*\.to\('cpu'\)"):
        dl.tensor([1.0]) + dl.tensor([1.0], device="numpy")


def test_public_names_are_functions_whatever_is_imported_first():
    """No module of the package may stand where a public name belongs."""
    code = "from dlcore import nn; import dlcore as dl; dl.tensor([1.0]); dl.compile; dl.random.key"
    subprocess.run([sys.executable, "-c", code], check=True)
    modules = {path.stem for path in Path(dl.__file__).parent.iterdir()}
    assert not modules & set(api.__all__)


def test_deep_copy_has_memory_of_its_own_on_the_same_backend():
    x = dl.tensor([1.0, 2.0], requires_grad=True)
    x.register_hook(lambda dx: dx * 3)
    (x * 2).sum().backward()
    other, again = copy.deepcopy([x, x])
    assert other is again
    assert other.requires_grad
    assert other.backend is x.backend
    other.grad.zero_()
    with dl.no_grad():
        other.mul_(5.0)
    assert x.tolist() == [1.0, 2.0]
    assert x.grad.tolist() == [6.0, 6.0]
    with pytest.raises(GraphError, match="deepcopy: expected a leaf"):
        copy.deepcopy(x * 2)


def test_shallow_copy_shares_memory():
    x = dl.tensor([1.0])
    copy.copy(x).add_(1.0)
    assert x.tolist() == [2.0]
    assert x.version.count == 1


def test_pickle_is_refused():
    with pytest.raises(GraphError, match=r"dl\.save"):
        pickle.dumps(dl.ones(2))


def test_errors_survive_a_pickle():
    error = GraphError("a", expected="b", received="c", remedy="d")
    error.path = "features.0"
    assert str(pickle.loads(pickle.dumps(error))) == str(error)
