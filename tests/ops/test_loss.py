"""Losses: what they refuse, what happens at the edges, against PyTorch."""

import numpy as np
import pytest

import dlcore as dl
from dlcore.errors import DeviceError, DtypeError, IndexRangeError, OptionError, ShapeError
from dlcore.nn import functional


def zeros(*shape, dtype="float32", **options):
    return dl.tensor(np.zeros(shape), dtype, **options)


def labels(*values, **options):
    return dl.tensor(np.array(values), **options)


LABELLED = {"cross_entropy": functional.cross_entropy, "nll_loss": functional.nll_loss}
SAME_SHAPE = {
    name: getattr(functional, name)
    for name in (
        "mse_loss",
        "l1_loss",
        "huber_loss",
        "smooth_l1_loss",
        "kl_div",
        "binary_cross_entropy",
        "binary_cross_entropy_with_logits",
        "hinge_embedding_loss",
    )
}
REFUSED = [
    (
        lambda loss: loss(zeros(2, 3), labels(0, 3)),
        IndexRangeError,
        "{}: expected labels from 0 to 2, or ignore_index -100, received label 3 at position (1,); "
        "check the labels",
    ),
    (lambda loss: loss(zeros(2, 3), labels(-1, 0)), IndexRangeError, "label -1 at position (0,)"),
    (
        lambda loss: loss(zeros(1, 2, 2), labels([0, 7])),
        IndexRangeError,
        "received label 7 at position (0, 1)",
    ),
    (
        lambda loss: loss(zeros(2, 3), labels(0, 1, 2)),
        ShapeError,
        "{}: expected labels of shape (2,) for an input of shape (2, 3), received labels of shape "
        "(3,)",
    ),
    (
        lambda loss: loss(zeros(2, 3, 4), labels(0, 1)),
        ShapeError,
        "{}: expected labels of shape (2, 4) for an input of shape (2, 3, 4)",
    ),
    (
        lambda loss: loss(zeros(0, 0), dl.tensor(np.zeros(0, np.int64))),
        ShapeError,
        "{}: expected an input of shape N C or N C D1 D2 ... with at least one class",
    ),
    (
        lambda loss: loss(zeros(2, 3), labels(0.0, 1.0)),
        DtypeError,
        "{}: expected class labels of dtype int64, received a target of shape (2,) and dtype "
        "float64; convert it with .long()",
    ),
    (
        lambda loss: loss(dl.tensor([[1, 2]]), labels(0)),
        DtypeError,
        "{}: expected input of dtype bfloat16, float16, float32 or float64",
    ),
    (
        lambda loss: loss(zeros(2, 3), labels(0, 1), zeros(2)),
        ShapeError,
        "{}: expected a weight for each of 3 classes, received weight of shape (2,)",
    ),
    (
        lambda loss: loss(zeros(2, 3), labels(0, 1), zeros(3, dtype="float64")),
        DtypeError,
        "{}: expected weight of dtype float32",
    ),
    (
        lambda loss: loss(zeros(2, 3), labels(0, 1), reduction="average"),
        OptionError,
        "{}: expected reduction to be one of mean, none, sum, received 'average'",
    ),
    (
        lambda loss: loss(zeros(2, 3), labels(0, 1, device="meta")),
        DeviceError,
        "{}: expected all tensors on one device",
    ),
]


@pytest.mark.parametrize("name", LABELLED)
@pytest.mark.parametrize(("call", "error", "text"), REFUSED)
def test_labels_are_refused(name, call, error, text):
    with pytest.raises(error) as caught:
        call(LABELLED[name])
    assert text.format(name) in str(caught.value)


@pytest.mark.parametrize("name", SAME_SHAPE)
def test_shapes_must_agree(name):
    with pytest.raises(ShapeError) as caught:
        SAME_SHAPE[name](zeros(3, 1), zeros(3))
    text = f"{name}: expected a target of input's shape (3, 1), received shape (3,); reshape one"
    assert text in str(caught.value)
    with pytest.raises(OptionError, match=f"{name}: expected reduction to be one of"):
        SAME_SHAPE[name](zeros(3), zeros(3), reduction="average")
    with pytest.raises(DtypeError, match=f"{name}: expected input of dtype"):
        SAME_SHAPE[name](labels(1, 2), labels(1, 2))


OPTIONS = [
    (
        lambda: functional.cross_entropy(zeros(2, 3), labels(0, 1), label_smoothing=1.5),
        OptionError,
        "cross_entropy: expected label_smoothing between 0 and 1, received 1.5",
    ),
    (
        lambda: functional.cross_entropy(zeros(2, 3), zeros(2, 3), ignore_index=1),
        OptionError,
        "cross_entropy: expected no ignore_index for class probabilities",
    ),
    (
        lambda: functional.cross_entropy(zeros(2, 3), zeros(2, 3, dtype="int64")),
        DtypeError,
        "cross_entropy: expected class probabilities, or labels without the axis of classes",
    ),
    (
        lambda: functional.cross_entropy(zeros(2, 3), zeros(2, 3), zeros(4)),
        ShapeError,
        "cross_entropy: expected a weight for each of 3 classes, received weight of shape (4,)",
    ),
    (
        lambda: functional.huber_loss(zeros(2), zeros(2), delta=0),
        OptionError,
        "huber_loss: expected a positive delta, received delta=0",
    ),
    (
        lambda: functional.smooth_l1_loss(zeros(2), zeros(2), beta=-1),
        OptionError,
        "smooth_l1_loss: expected a beta of at least 0, received beta=-1",
    ),
]


@pytest.mark.parametrize(("call", "error", "text"), OPTIONS)
def test_options_are_refused(call, error, text):
    with pytest.raises(error) as caught:
        call()
    assert text in str(caught.value)


def test_only_ignored_samples():
    """0 / 0, as in PyTorch; but the gradient stays 0 for a sum."""
    x = dl.tensor([[1.0, 2.0]], requires_grad=True)
    assert np.isnan(functional.cross_entropy(x, labels(-100)).item())
    functional.cross_entropy(x, labels(-100), reduction="sum").backward()
    assert x.grad.tolist() == [[0.0, 0.0]]


def test_half_logits_give_exact_losses():
    """The logits are 16 bits wide, the arithmetic isn't: under autocast so is the loss."""
    x = dl.tensor(np.random.default_rng(0).standard_normal((8, 10)), "float16")
    target = dl.tensor(np.arange(8))
    exact = functional.cross_entropy(dl.tensor(x.numpy().astype("float32")), target)
    assert functional.cross_entropy(x, target).dtype == dl.float16
    with dl.autocast("float16"):
        loss = functional.cross_entropy(x, target)
    assert (loss.dtype, loss.item()) == (dl.float32, exact.item())


@pytest.mark.parametrize("name", [*SAME_SHAPE, "cosine_similarity"])
def test_autocast_computes_losses_in_fp32(name):
    x = dl.tensor(np.full((2, 4096), 0.5), "float16")
    with dl.autocast("float16"):
        loss = getattr(functional, name)(x, x)
    assert loss.dtype == dl.float32
    assert np.isfinite(loss.numpy()).all()


def test_saturated_probabilities():
    """PyTorch's finite loss and gradient where a sigmoid has reached 0 or 1."""
    x = dl.tensor([0.0, 0.0, 1.0, 1.0], requires_grad=True)
    loss = functional.binary_cross_entropy(x, dl.tensor([0.0, 1.0, 1.0, 0.0]), reduction="none")
    assert loss.tolist() == [0, 100, 0, 100]
    loss.sum().backward()
    np.testing.assert_allclose(x.grad.numpy(), [0, -1e12, 0, 1e12], rtol=1e-6)


def test_large_logits_do_not_overflow():
    x = dl.tensor([[1e4, -1e4]], requires_grad=True)
    loss = functional.cross_entropy(x, labels(1))
    loss.backward()
    assert loss.item() == 2e4
    assert x.grad.tolist() == [[1.0, -1.0]]
    logits = dl.tensor([1e4, -1e4])
    assert functional.binary_cross_entropy_with_logits(logits, dl.tensor([1.0, 0.0])).item() == 0


def test_angle_of_nothing():
    x = dl.tensor([[0.0, 0.0]], requires_grad=True)
    y = functional.cosine_similarity(x, dl.tensor([[3.0, 4.0]]))
    y.sum().backward()
    assert y.tolist() == [0.0]
    assert np.isfinite(x.grad.numpy()).all()


def test_angle_of_long_vectors_in_half_precision():
    """Their squares are larger than float16's largest number."""
    x = dl.tensor([[300.0, 400.0], [0.0, 0.0]], dtype=dl.float16, requires_grad=True)
    y = functional.cosine_similarity(x, dl.tensor([[400.0, 300.0]], dtype=dl.float16))
    y.sum().backward()
    assert y.dtype == dl.float16
    assert y.tolist() == [float(np.float16(0.96)), 0.0]
    assert x.grad[0].isfinite().all()


def test_gradient_of_a_variance_below_eps():
    """It is that of eps, d (log v + 9 / v) / 2 / dv, as in PyTorch: a variance can grow back."""
    var = dl.tensor([0.01, 2.0], requires_grad=True)
    mean, target = dl.tensor([1.0, 1.0]), dl.tensor([4.0, 4.0])
    functional.gaussian_nll_loss(mean, target, var, eps=0.5, reduction="sum").backward()
    expected = [(1 / v - 9 / v**2) / 2 for v in (0.5, 2.0)]
    np.testing.assert_allclose(var.grad.numpy(), expected, rtol=1e-6)


@pytest.mark.peer
@pytest.mark.parametrize("seed", range(300))
def test_random_cross_entropy_as_pytorch(seed):
    """Labels or probabilities, any rank, weights, smoothing, ignored samples, all reductions."""
    torch = pytest.importorskip("torch")
    generator = np.random.default_rng(seed)
    classes = int(generator.integers(1, 7))
    rest = [int(size) for size in generator.integers(1, 4, generator.integers(0, 3))]
    single = generator.random() < 0.1
    shape = (classes,) if single else (int(generator.integers(1, 6)), classes, *rest)
    places = () if single else (shape[0], *rest)
    x = generator.standard_normal(shape) * 3
    options = {"reduction": str(generator.choice(["none", "mean", "sum"]))}
    if generator.random() < 0.5:
        options["label_smoothing"] = float(generator.random())
    weight = generator.uniform(0.1, 2, classes) if generator.random() < 0.5 else None
    if generator.random() < 0.3:
        target = generator.dirichlet(np.ones(classes), places)
        target = np.moveaxis(target, -1, 0 if single else 1).copy()
    else:
        target = generator.integers(0, classes, places)
        if generator.random() < 0.5:
            options["ignore_index"] = int(generator.integers(-2, classes))
            ignored = generator.random(places) < 0.3
            target = np.where(ignored, options["ignore_index"], target)
    ours, theirs = dl.tensor(x, requires_grad=True), torch.tensor(x, requires_grad=True)
    loss = functional.cross_entropy(
        ours, dl.tensor(target), None if weight is None else dl.tensor(weight), **options
    )
    expected = torch.nn.functional.cross_entropy(
        theirs,
        torch.tensor(target),
        None if weight is None else torch.tensor(weight),
        **options,
    )
    assert loss.shape == tuple(expected.shape)
    np.testing.assert_allclose(loss.detach().numpy(), expected.detach().numpy(), atol=1e-12)
    dy = generator.standard_normal(loss.shape)
    loss.backward(dl.tensor(dy))
    expected.backward(torch.tensor(dy))
    np.testing.assert_allclose(ours.grad.numpy(), theirs.grad.numpy(), atol=1e-12)
