"""The graph: how gradients add up, what backward keeps and frees, and what it refuses."""

import gc
import weakref

import numpy as np
import pytest

import dlcore as dl
from dlcore.autograd import grad, is_grad_enabled, set_grad_enabled, shared
from dlcore.errors import DtypeError, GraphError, ShapeError, StaleError
from dlcore.scope import scope


def leaf(*values):
    return dl.tensor(list(values), requires_grad=True)


def test_gradients_of_a_shared_leaf_add_up():
    x = leaf(2.0, 3.0)
    (x * x + x).sum().backward()
    np.testing.assert_array_equal(x.grad.numpy(), [5.0, 7.0])


def test_two_backward_passes_accumulate():
    x = leaf(2.0)
    (x * 3).backward(dl.tensor([1.0]))
    (x * 4).backward(dl.tensor([1.0]))
    assert x.grad.numpy() == [7.0]


def test_diamond_is_walked_once_per_operation():
    """Many paths through one node cost one visit, not one each: 2^200 paths end in time."""
    x = leaf(1.0)
    y = x
    for _ in range(200):
        y = y * 0.5 + y * 0.5
    y.sum().backward()
    assert x.grad.numpy() == [1.0]


def test_deep_graph_needs_no_recursion():
    x = leaf(1.0)
    y = x
    for _ in range(20_000):
        y = y + 1
    y.sum().backward()
    assert x.grad.numpy() == [1.0]


def test_gradient_memory_is_the_leafs_own():
    """`add` hands one array to both inputs; their gradients must not share it."""
    a, b = leaf(1.0), leaf(1.0)
    (a + b).sum().backward()
    a.grad.mul_(10.0)
    assert b.grad.numpy() == [1.0]


def test_graph_is_freed_unless_retained():
    x = leaf(2.0)
    y = (x * x).sum()
    y.backward(retain_graph=True)
    y.backward()
    assert x.grad.numpy() == [8.0]
    with pytest.raises(GraphError, match="retain_graph=True"):
        y.backward()


def test_memory_of_intermediate_results_is_let_go():
    """Addition needs none of its operands: the graph must not hold them."""
    x = leaf(*map(float, range(10)))
    middle = x + 1.0
    ghost = weakref.ref(middle)
    result = (middle + 2.0).sum()
    del middle
    gc.collect()
    assert ghost() is None
    result.backward()
    assert x.grad is not None


def test_no_grad_and_enable_grad():
    x = leaf(1.0)
    with dl.no_grad():
        assert not (x * 2).requires_grad
        with dl.enable_grad():
            assert (x * 2).requires_grad
    assert dl.is_grad_enabled()

    @dl.no_grad()
    def double(value):
        return value * 2

    assert not double(x).requires_grad
    assert (x * 2).requires_grad


def test_detach_shares_memory_and_leaves_the_graph():
    x = leaf(1.0)
    y = (x * 2).detach()
    assert not y.requires_grad
    y.zero_()
    assert y.numpy() == [0.0]


def test_stale_tensor_names_path_operation_and_remedy():
    x, w = dl.tensor([1.0, 2.0]), leaf(3.0, 4.0)
    with scope("features.0"):
        y = x * w
    x.add_(1.0)
    with pytest.raises(StaleError) as caught:
        y.sum().backward()
    text = str(caught.value)
    assert text.startswith("features.0: backward of mul")
    assert "version 0" in text
    assert "version 1" in text
    assert ".clone()" in text


def test_stale_through_a_view():
    x, w = dl.tensor([[1.0, 2.0]]), leaf(3.0, 4.0)
    y = (x * w).sum()
    x[0].add_(1.0)
    with pytest.raises(StaleError):
        y.backward()


def test_writing_what_no_rule_reads_is_fine():
    x, w = dl.tensor([1.0]), leaf(3.0)
    y = (x + w).sum()
    x.add_(1.0)
    y.backward()
    assert w.grad.numpy() == [1.0]


def test_hook_on_a_leaf_changes_its_gradient():
    x = leaf(1.0)
    remove = x.register_hook(lambda gradient: gradient * 10)
    (x * 2).sum().backward()
    assert x.grad.numpy() == [20.0]
    remove()
    x.grad = None
    (x * 2).sum().backward()
    assert x.grad.numpy() == [2.0]


def test_hook_in_the_middle_and_retained_gradient():
    x = leaf(1.0)
    y = x * 2
    y.retain_grad()
    seen = []
    y.register_hook(lambda gradient: seen.append(gradient.numpy().copy()))
    (y * 3).sum().backward()
    assert seen == [np.array([3.0])]
    assert y.grad.numpy() == [3.0]
    assert x.grad.numpy() == [6.0]


def test_hook_needs_a_gradient():
    with pytest.raises(GraphError, match="requires_grad_"):
        dl.tensor([1.0]).register_hook(lambda gradient: None)


def test_grad_returns_and_touches_nothing():
    x, other = leaf(3.0), leaf(1.0)
    y = x * x
    z = (y * other).sum()
    by_x, by_y, by_none = grad(z, [x, y, leaf(0.0)])
    assert by_x.numpy() == [6.0]
    assert by_y.numpy() == [1.0]
    assert by_none is None
    assert x.grad is None
    assert other.grad is None


def test_shared_rules_compute_once():
    calls = []
    rules = shared(lambda dy: calls.append(1) or (dy, dy))
    dy = np.ones(2)
    assert rules[0](dy) is dy
    assert rules[1](dy) is dy
    assert len(calls) == 1


@pytest.mark.parametrize(
    ("act", "error", "words"),
    [
        (lambda: dl.tensor([1.0]).backward(), GraphError, "without a graph"),
        (lambda: (leaf(1.0, 2.0) * 2).backward(), GraphError, r"\.sum\(\)"),
        (lambda: leaf(1.0).sum().backward(create_graph=True), GraphError, "second derivatives"),
        (lambda: leaf(1.0, 2.0).backward(dl.tensor([1.0])), ShapeError, r"shape \(2,\)"),
        (lambda: dl.tensor([1]).requires_grad_(), DtypeError, r"\.float\(\)"),
        (lambda: leaf(1.0).numpy(), GraphError, r"\.detach\(\)"),
        (lambda: (leaf(1.0) * 2).requires_grad_(False), GraphError, r"\.detach\(\)"),
    ],
    ids=["no graph", "no gradient", "create_graph", "shape", "integer", "numpy", "not a leaf"],
)
def test_refusals_say_how_to_go_on(act, error, words):
    with pytest.raises(error, match=words):
        act()


def test_hook_of_a_leaf_sees_the_whole_gradient():
    x = leaf(1.0)
    seen = []
    x.register_hook(lambda dx: seen.append(dx.tolist()))
    (x * 2 + x * 3 + x).sum().backward()
    assert seen == [[6.0]]


def test_hooks_run_for_the_gradients_that_are_returned():
    x, y = leaf(1.0), leaf(1.0)
    x.register_hook(lambda dx: dx * 3)
    y.register_hook(lambda dx: pytest.fail("nobody asked for it"))
    (dx,) = grad((x * y * 2).sum(), x)
    assert dx.tolist() == [6.0]


def test_hook_is_removed_through_its_handle():
    x = leaf(1.0)
    handle = x.register_hook(lambda dx: dx * 3)
    handle.remove()
    handle.remove()
    x.sum().backward()
    assert x.grad.tolist() == [1.0]


def test_hook_that_returns_another_shape_is_refused():
    x = leaf(1.0, 2.0)
    x.register_hook(lambda dx: dx.sum())
    with pytest.raises(ShapeError, match=r"hook: expected None.*\(2,\).*received shape \(\)"):
        x.sum().backward()


def test_retained_gradient_is_the_one_that_hooks_left():
    x = leaf(1.0)
    y = x * 2
    y.retain_grad()
    y.register_hook(lambda dy: dy * 3)
    y.sum().backward()
    assert y.grad.tolist() == [3.0]


def test_retaining_makes_no_cycle():
    gc.disable()
    try:
        y = leaf(1.0) * 2
        y.retain_grad()
        y.sum().backward()
        alive = weakref.ref(y)
        del y
        assert alive() is None
    finally:
        gc.enable()


def test_set_grad_enabled_holds_from_the_call_on():
    set_grad_enabled(False)
    try:
        assert not is_grad_enabled()
    finally:
        set_grad_enabled(True)
    with set_grad_enabled(False):
        assert not is_grad_enabled()
    assert is_grad_enabled()
    assert set_grad_enabled(False)(is_grad_enabled)() is False
    assert is_grad_enabled()


def test_gradient_on_another_device_is_refused():
    with pytest.raises(ShapeError, match=r"on 'cpu', received .* on 'meta'"):
        (leaf(1.0) * 2).backward(dl.ones(1, device="meta"))
