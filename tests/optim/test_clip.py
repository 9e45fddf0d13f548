"""Gradients within bounds: values, PyTorch's, loss scaling, recorded steps."""

import numpy as np
import pytest

import dlcore as dl
from dlcore import nn
from dlcore.errors import DataError, OptionError
from dlcore.nn.module import Parameter
from dlcore.optim import SGD, GradScaler, clip_grad_norm_, clip_grad_value_
from tests.optim.kinds import loss_of, parameters

NORMS = [1.0, 2.0, 3.0, float("inf")]


def with_gradient(*values, dtype="float32"):
    parameter = Parameter(dl.zeros(len(values), dtype=dtype))
    parameter.grad = dl.tensor(values, dtype=dtype)
    return parameter


def test_one_factor_for_all():
    a, b, none = with_gradient(3.0, 0.0), with_gradient(4.0), Parameter(dl.ones(2))
    norm = clip_grad_norm_([a, none, b], 1.0)
    assert (norm.shape, norm.item()) == ((), 5.0)
    np.testing.assert_allclose(a.grad.tolist() + b.grad.tolist(), [0.6, 0.0, 0.8], rtol=1e-6)
    assert none.grad is None


def test_what_is_added_to_the_norm():
    tiny = with_gradient(1e-6)
    clip_grad_norm_(tiny, 1e-6)
    np.testing.assert_allclose(tiny.grad.tolist(), [0.5e-6], rtol=1e-6)


def test_small_gradients_stay_the_same_bits():
    a = with_gradient(0.3, -0.1)
    before = a.grad.tolist()
    assert clip_grad_norm_(a, 1.0).item() == pytest.approx(0.1**0.5)
    assert a.grad.tolist() == before


def test_values_between_bounds():
    a = with_gradient(3.0, -0.25, -7.0)
    clip_grad_value_([a], 0.5)
    assert a.grad.tolist() == [0.5, -0.25, -0.5]


def test_nothing_to_clip():
    assert clip_grad_norm_([Parameter(dl.ones(2))], 1.0).item() == 0.0


@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
def test_norm_of_16_bit_gradients_does_not_overflow(dtype):
    a = with_gradient(60000.0, 60000.0, dtype=dtype)
    norm = clip_grad_norm_([a, with_gradient(0.0)], 1.0)
    np.testing.assert_allclose(norm.item(), 60000.0 * 2**0.5, rtol=1e-2)
    np.testing.assert_allclose(a.grad.float().tolist(), [0.5**0.5] * 2, rtol=1e-2)
    assert str(a.grad.dtype) == dtype


def test_networks_have_the_same_functions():
    assert nn.utils.clip_grad_norm_ is clip_grad_norm_
    assert nn.utils.clip_grad_value_ is clip_grad_value_


@pytest.mark.parametrize("poison", [float("nan"), float("inf")])
def test_nonfinite_norm_is_refused_on_demand(poison):
    a = with_gradient(1.0, poison)
    with pytest.raises(DataError, match="finite gradients"):
        clip_grad_norm_([a], 1.0, error_if_nonfinite=True)
    np.testing.assert_array_equal(a.grad.tolist(), [1.0, poison])
    assert not np.isfinite(clip_grad_norm_([a], 1.0).item())


def test_negative_bounds_are_refused():
    for clip in (clip_grad_norm_, clip_grad_value_):
        with pytest.raises(OptionError, match=">= 0"):
            clip([with_gradient(1.0)], -1.0)


@pytest.mark.parametrize("clip", [clip_grad_norm_, clip_grad_value_])
def test_recorded_steps_are_the_eager_ones(clip):
    """With loss scaling, a step that is skipped among them."""

    def scenario(prepare):
        params = parameters()
        optimizer = SGD(params, lr=0.1, momentum=0.9)
        scaler = GradScaler(init_scale=8.0, growth_interval=2)

        def step(factor):
            optimizer.zero_grad()
            scaler.scale(loss_of(params) * factor).backward()
            scaler.unscale_(optimizer)
            norm = clip(params, 0.5)
            scaler.step(optimizer)
            scaler.update()
            return norm

        step, norms = prepare(step), []
        for number in range(6):
            norm = step(dl.tensor(float("inf") if number == 3 else 1.0))
            norms.append(None if norm is None else norm.item())
        assert not getattr(step, "eager", None)
        values = [p.detach().numpy() for p in params]
        assert all(np.isfinite(value).all() for value in values)
        return norms, [value.tobytes() for value in values]

    assert scenario(dl.compile) == scenario(lambda step: step)


def test_clipping_recorded_alone_follows_the_gradients():
    a = Parameter(dl.ones(2))
    clip = dl.compile(lambda: clip_grad_norm_([a], 1.0))
    for gradient in (dl.tensor([3.0, 4.0]), dl.tensor([6.0, 8.0]), None, dl.tensor([0.0, 2.0])):
        a.grad = gradient
        expected = 0.0 if gradient is None else (gradient * gradient).sum().item() ** 0.5
        assert clip().item() == expected
        if gradient is not None:
            np.testing.assert_allclose((a.grad * a.grad).sum().item(), 1.0, rtol=1e-5)


@pytest.mark.peer
@pytest.mark.parametrize(("dtype", "tolerance"), [("float64", 1e-12), ("float32", 1e-6)])
@pytest.mark.parametrize("order", [*NORMS, 0.5])
@pytest.mark.parametrize("bound", [0.1, 1e4])
def test_norms_follow_pytorch(order, bound, dtype, tolerance):
    torch = pytest.importorskip("torch", reason="PyTorch is an optional peer")
    ours = parameters(dtype)
    loss_of(ours).backward()
    theirs = [torch.tensor(p.detach().numpy().copy(), requires_grad=True) for p in ours]
    for mine, their in zip(ours, theirs, strict=True):
        their.grad = torch.tensor(mine.grad.numpy().copy())
    norm = clip_grad_norm_(ours, bound, order)
    expected = torch.nn.utils.clip_grad_norm_(theirs, bound, order)
    np.testing.assert_allclose(norm.item(), expected.item(), rtol=tolerance)
    for mine, their in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(mine.grad.numpy(), their.grad.numpy(), rtol=10 * tolerance)
