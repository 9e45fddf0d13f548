"""Modules: the tree of parts, modes, paths, hooks and state."""

import copy
import subprocess
import sys

import numpy as np
import pytest

import dlcore as dl
from dlcore import nn, optim
from dlcore.errors import DtypeError, OptionError, ShapeError
from dlcore.nn.module import Buffer, Module, Parameter


class Scale(Module):
    """x * weight, with a buffer that counts nothing."""

    def __init__(self, size=2):
        self.weight = Parameter(dl.ones(size))
        self.offset = None
        self.seen = Buffer(dl.zeros(1))
        self.scratch = Buffer(dl.zeros(1), persistent=False)

    def forward(self, x):
        return x * self.weight


class Net(Module):
    def __init__(self):
        self.body = nn.Sequential(Scale(), Scale())
        self.head = Scale()

    def forward(self, x):
        return self.head(self.body(x))


def test_tree_is_found_in_order_of_assignment():
    net = Net()
    assert [path for path, _ in net.named_modules()] == ["", "body", "body.0", "body.1", "head"]
    assert [path for path, _ in net.named_parameters()] == [
        "body.0.weight",
        "body.1.weight",
        "head.weight",
    ]
    assert len(list(net.buffers())) == 6


def test_shared_parts_are_counted_once():
    net = Net()
    net.head = net.body[0]
    assert len(list(net.parameters())) == 2
    assert len(list(net.modules())) == 4


def test_replaced_part_is_gone():
    net = Net()
    net.head = None
    assert [path for path, _ in net.named_parameters()] == ["body.0.weight", "body.1.weight"]


def test_train_and_eval_reach_everything():
    net = Net().eval()
    assert not any(module.training for module in net.modules())
    assert all(module.training for module in net.train().modules())


def test_errors_carry_the_path():
    net = Net()
    net.body = nn.Sequential(Scale(), Scale(3))
    with pytest.raises(ShapeError, match=r"^body\.1: mul"):
        net(dl.ones(2))
    with pytest.raises(ShapeError, match=r"^Scale: mul"):
        Scale(3)(dl.ones(2))


def test_graph_nodes_know_their_module():
    assert Net()(dl.ones(2)).node.path == "head"


def test_shared_module_keeps_its_first_path():
    first, second = Net(), Net()
    first(dl.ones(2))
    second.body = nn.Sequential(first.head)
    second(dl.ones(2))
    assert first.head._path == "head"


def test_hooks_see_and_replace():
    scale, seen = Scale(), []
    remove = scale.register_forward_hook(lambda module, inputs, output: seen.append(inputs))
    replace = scale.register_forward_hook(lambda module, inputs, output: output * 10)
    before = scale.register_forward_pre_hook(lambda module, inputs: (inputs[0] + 1,))
    assert scale(dl.ones(2)).tolist() == [20.0, 20.0]
    assert seen[0][0].tolist() == [2.0, 2.0]
    for undo in (remove, replace, before):
        undo()
    assert scale(dl.ones(2)).tolist() == [1.0, 1.0]
    assert len(seen) == 1


def test_state_round_trip():
    net, other = Net(), Net()
    net.body[0].weight.detach().fill_(3.0)
    state = net.state_dict()
    assert "head.seen" in state
    assert "head.scratch" not in state
    other.load_state_dict(state)
    assert other.body[0].weight.tolist() == [3.0, 3.0]


def test_state_that_does_not_fit_changes_nothing():
    net = Net()
    state = {name: value * 5.0 for name, value in net.state_dict().items()}
    misshaped = {**state, "body.0.weight": dl.ones(3)}
    for strict in (True, False):
        with pytest.raises(ShapeError, match=r"body\.0\.weight \(2,\).*body\.0\.weight \(3,\)"):
            net.load_state_dict(misshaped, strict)
    for broken in (state, misshaped):
        del broken["head.weight"]
        broken["tail.weight"] = dl.ones(2)
    with pytest.raises(
        OptionError, match=r"network; missing: head\.weight, received unexpected: tail\.weight;"
    ):
        net.load_state_dict(state)
    with pytest.raises(ShapeError) as caught:
        net.load_state_dict(misshaped)
    assert "missing: head.weight; body.0.weight (2,)" in str(caught.value)
    assert "unexpected: tail.weight; body.0.weight (3,)" in str(caught.value)
    with pytest.raises(OptionError, match=r"head\.weight of type int"):
        net.load_state_dict({**net.state_dict(), "head.weight": 7})
    assert all(parameter.tolist() == [1.0, 1.0] for parameter in net.parameters())
    net.load_state_dict(state, strict=False)
    assert net.body[0].weight.tolist() == [5.0, 5.0]
    assert net.head.weight.tolist() == [1.0, 1.0]


def test_long_lists_of_names_are_cut_short():
    net = nn.Sequential(*[Scale() for _ in range(30)])
    with pytest.raises(OptionError) as caught:
        net.load_state_dict({})
    assert "3.seen ... and 52 more" in str(caught.value)
    assert "received a state without them" in str(caught.value)


def test_numpy_arrays_are_loaded():
    scale = Scale()
    scale.load_state_dict({"weight": np.full(2, 4.0), "seen": np.zeros(1)})
    assert scale.weight.tolist() == [4.0, 4.0]


def test_to_moves_and_converts_in_place():
    net = Net()
    weight = net.head.weight
    net.to(dl.float64)
    assert weight.dtype == dl.float64
    net.to("numpy")
    assert weight.device == "numpy"
    assert net(dl.ones(2, dtype=dl.float64, device="numpy")).dtype == dl.float64


def test_zero_grad_and_freezing():
    net = Net()
    net(dl.ones(2)).sum().backward()
    assert net.head.weight.grad is not None
    net.zero_grad()
    assert net.head.weight.grad is None
    net.body.requires_grad_(False)
    net(dl.ones(2)).sum().backward()
    assert net.body[0].weight.grad is None
    assert net.head.weight.grad is not None


def test_repr_shows_the_tree():
    assert repr(nn.Sequential(nn.Sequential())) == "Sequential(\n  (0): Sequential()\n)"


def test_module_list_and_sequential_are_lists():
    parts = nn.ModuleList([Scale(), Scale()]).append(Scale())
    assert len(parts) == 3
    assert parts[-1] is list(parts)[2]
    assert len(nn.Sequential(Scale()).append(Scale())) == 2


def test_apply_goes_bottom_up():
    seen = []
    Net().apply(lambda module: seen.append(type(module).__name__))
    assert seen == ["Scale", "Scale", "Sequential", "Scale", "Net"]


def test_a_module_without_forward_says_so():
    with pytest.raises(NotImplementedError, match="Module has no forward"):
        Module()(np.ones(1))


def test_deep_copy_is_independent():
    model = Net()
    model.head = model.body[0]  # shared, as it must be in the copy
    optim.SGD(model.parameters(), lr=1.0)
    twin = copy.deepcopy(model)
    assert twin.head is twin.body[0]
    assert isinstance(twin.head.weight, Parameter)
    assert not twin.head.scratch.persistent
    optimizer = optim.SGD(twin.parameters(), lr=1.0)
    twin(dl.ones(2)).sum().backward()
    optimizer.step()
    assert model.head.weight.tolist() == [1.0, 1.0]
    assert twin.head.weight.tolist() != [1.0, 1.0]
    assert model.head.weight.grad is None


def test_shared_parts_are_saved_under_every_name():
    model = Net()
    model.again = model.head
    assert [name for name in model.state_dict() if "." in name][-4:] == [
        "head.weight",
        "head.seen",
        "again.weight",
        "again.seen",
    ]
    model.load_state_dict({**model.state_dict(), "again.weight": dl.zeros(2)})
    assert model.head.weight.tolist() == [0.0, 0.0]


def test_parameters_become_no_integers():
    with pytest.raises(DtypeError, match=r"Net\.to: expected a device, or a dtype"):
        Net().to(dl.int64)


def test_hooks_are_removed_through_their_handles():
    model = Net()
    before = model.register_forward_pre_hook(lambda module, inputs: pytest.fail("removed"))
    after = model.register_forward_hook(lambda module, inputs, output: pytest.fail("removed"))
    before.remove()
    after.remove()
    assert model(dl.ones(2)).tolist() == [1.0, 1.0]


def test_own_parts_prefixes_and_paths():
    model = Net()
    assert list(model.parameters(recurse=False)) == []
    names = [name for name, _ in model.head.named_parameters(prefix="top", recurse=False)]
    assert names == ["top.weight"]
    assert list(model.head.state_dict(prefix="top.")) == ["top.weight", "top.seen"]
    assert model.get_submodule("body.1") is model.body[1]
    assert model.get_parameter("head.weight") is model.head.weight
    assert model.get_buffer("head.seen") is model.head.seen
    with pytest.raises(OptionError, match=r"Net\.get_submodule: expected a path.*received 'tail'"):
        model.get_submodule("tail")


def test_loading_part_of_a_state_tells_what_was_missing():
    keys = Scale().load_state_dict({"weight": dl.zeros(2), "more": dl.zeros(1)}, strict=False)
    assert keys == (["seen"], ["more"])
    assert keys.missing_keys == ["seen"]


def test_conversions_by_name_keep_what_fits():
    model = Net()
    memory = model.head.weight.array
    assert model.float().cpu().to("cpu", dl.float32).head.weight.array is memory
    assert model.to(device="numpy", dtype=dl.float64).head.weight.dtype == dl.float64
    assert model.head.weight.device == "numpy"
    assert model.half().head.weight.dtype == dl.float16


def test_zero_grad_keeping_memory():
    model = Net()
    model(dl.ones(2)).sum().backward()
    model.zero_grad(set_to_none=False)
    assert model.head.weight.grad.tolist() == [0.0, 0.0]


def test_shared_parts_are_named_again_if_asked():
    model = Net()
    model.head = model.body[0]
    names = [path for path, _ in model.named_modules(remove_duplicate=False)]
    assert names == ["", "body", "body.0", "body.1", "head"]
    names = [path for path, _ in model.named_parameters(remove_duplicate=False)]
    assert names == ["body.0.weight", "body.1.weight", "head.weight"]
    assert len(list(model.named_buffers(remove_duplicate=False))) == 6
    known = {model.body[1]}
    assert len(list(model.named_modules(known, prefix="top"))) == 3
    assert len(known) == 4


def test_a_network_laid_out_on_meta_gets_its_memory():
    layer = nn.BatchNorm2d(3, device="meta")
    layer.weight.requires_grad_(False)
    layer.to_empty(device="cpu")
    assert {part.device for part in (*layer.parameters(), *layer.buffers())} == {"cpu"}
    assert not layer.weight.requires_grad
    layer.load_state_dict(nn.BatchNorm2d(3).state_dict())
    assert layer(dl.randn(2, 3, 4, 4)).shape == (2, 3, 4, 4)


def test_prepended_hooks_come_first():
    scale = Scale()
    scale.register_forward_hook(lambda module, inputs, output: output + 1)
    scale.register_forward_hook(lambda module, inputs, output: output * 10, prepend=True)
    assert scale(dl.ones(2)).tolist() == [11.0, 11.0]


def test_a_recorded_step_notices_new_hooks():
    scale = Scale()
    step = dl.compile(lambda: scale(dl.ones(2)))
    assert step().tolist() == step().tolist() == [1.0, 1.0]
    handle = scale.register_forward_hook(lambda module, inputs, output: output * 10)
    assert step().tolist() == [10.0, 10.0]
    handle.remove()
    assert step().tolist() == [1.0, 1.0]


METHODS = """
import dlcore.nn
from dlcore.tensors import Tensor
known = set(dir(Tensor))
import dlcore.api
print(*set(dir(Tensor)) - known)
"""


def test_forward_has_all_methods_of_tensors():
    """Whoever imports modules alone, as the command line does, can index and sort, too."""
    done = subprocess.run(
        [sys.executable, "-c", METHODS], capture_output=True, text=True, check=True
    )
    assert not done.stdout.split()
