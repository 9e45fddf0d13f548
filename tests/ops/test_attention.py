"""Attention: what it refuses, masks, dropout, against PyTorch at random."""

import numpy as np
import pytest

import dlcore as dl
from dlcore.errors import DeviceError, DtypeError, OptionError, ShapeError
from dlcore.nn.functional import scaled_dot_product_attention as attention


def ones(*shape, dtype="float32", **options):
    return dl.tensor(np.ones(shape), dtype, **options)


NAME = "scaled_dot_product_attention: "
REFUSED = [
    (
        lambda: attention(ones(2, 3), ones(4, 5), ones(4, 3)),
        ShapeError,
        "expected query ... L E, key ... S E and value ... S V, received shapes (2, 3), (4, 5) and "
        "(4, 3); keys have the features of queries",
    ),
    (lambda: attention(ones(2, 3), ones(4, 3), ones(5, 3)), ShapeError, "and there are as many as"),
    (lambda: attention(ones(3), ones(4, 3), ones(4, 3)), ShapeError, "received shapes (3,), "),
    (
        lambda: attention(ones(2, 3), ones(4, 3), ones(4, 3), ones(2, 4), is_causal=True),
        OptionError,
        "expected attn_mask or is_causal, received both",
    ),
    (
        lambda: attention(ones(2, 3), ones(4, 3), ones(4, 3), ones(2, 4, dtype="int64")),
        DtypeError,
        "expected an attn_mask of dtype bool or float32, received int64",
    ),
    (
        lambda: attention(ones(2, 3), ones(4, 3), ones(4, 3, dtype="float64")),
        DtypeError,
        "expected one dtype for query, key, value",
    ),
    (
        lambda: attention(ones(2, 3), ones(4, 3), ones(4, 3, device="meta")),
        DeviceError,
        "expected all tensors on one device",
    ),
]


@pytest.mark.parametrize(("call", "error", "text"), REFUSED)
def test_refuses(call, error, text):
    with pytest.raises(error) as caught:
        call()
    assert NAME in str(caught.value)
    assert text in str(caught.value)


def test_dropout_drops_weights():
    """Every key has weight 1 / 64, and half of them are dropped: sums of values 1 scatter."""
    values = attention(ones(50, 4), ones(64, 4), ones(64, 1), dropout_p=0.5).numpy()
    assert 0.7 < values.mean() < 1.3
    assert values.std() > 0.05
    assert np.all(values * 32 == np.round(values * 32))  # each weight is 0 or 2 / 64


def test_a_query_that_sees_nothing():
    query = dl.tensor(np.ones((2, 3)), requires_grad=True)
    mask = dl.tensor([[True, True], [False, False]])
    y = attention(query, ones(2, 3, dtype="float64"), ones(2, 1, dtype="float64"), mask)
    assert y.tolist() == [[1.0], [0.0]]
    y.sum().backward()
    assert np.isfinite(query.grad.numpy()).all()


def test_autocast():
    with dl.autocast("bfloat16"):
        y = attention(ones(2, 3), ones(4, 3), ones(4, 3), ones(2, 4))
    assert y.dtype == dl.bfloat16


@pytest.mark.peer
@pytest.mark.parametrize("seed", range(60))
def test_random_masks_as_pytorch(seed):
    torch = pytest.importorskip("torch")
    generator = np.random.default_rng(seed)
    queries, keys, features, width = (int(size) for size in generator.integers(1, 6, 4))
    lead = [int(size) for size in generator.integers(1, 4, generator.integers(0, 3))]
    shapes = [(queries, features), (keys, features), (keys, width)]
    arrays = [generator.standard_normal((*lead, *shape)) for shape in shapes]
    mask, options = None, {}
    kind = generator.integers(4)
    if kind == 0:
        options["is_causal"] = True
    elif kind > 1:
        mask = generator.random((*lead[1:], queries, keys)) < 0.6
        if kind == 3:
            mask = np.where(mask, generator.standard_normal(mask.shape), -np.inf)
    if generator.random() < 0.5:
        options["scale"] = float(generator.random())
    ours = [dl.tensor(array, requires_grad=True) for array in arrays]
    theirs = [torch.tensor(array, requires_grad=True) for array in arrays]
    y = attention(*ours, None if mask is None else dl.tensor(mask), **options)
    expected = torch.nn.functional.scaled_dot_product_attention(
        *theirs, None if mask is None else torch.tensor(mask), **options
    )
    np.testing.assert_allclose(y.detach().numpy(), expected.detach().numpy(), atol=1e-12)
    dy = generator.standard_normal(y.shape)
    y.backward(dl.tensor(dy))
    expected.backward(torch.tensor(dy))
    for one, other in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(one.grad.numpy(), other.grad.numpy(), atol=1e-12)
