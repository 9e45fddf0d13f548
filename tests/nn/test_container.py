"""Containers: what lists and dicts of modules can do, and how they look."""

import pytest

import dlcore as dl
from dlcore import nn
from dlcore.errors import OptionError
from dlcore.nn import (
    Linear,
    ModuleDict,
    ModuleList,
    ParameterDict,
    ParameterList,
    ReLU,
    Sequential,
    Tanh,
)
from dlcore.nn.module import Parameter


def kinds(container):
    return [(name, type(module).__name__) for name, module in container.named_children()]


@pytest.mark.parametrize("make", [Sequential, lambda *parts: ModuleList(parts)])
def test_lists_are_edited_and_numbered_anew(make):
    container = make(ReLU(), Tanh())
    container.insert(0, Linear(2, 2))
    assert kinds(container) == [("0", "Linear"), ("1", "ReLU"), ("2", "Tanh")]
    container[-1] = ReLU()
    assert isinstance(container.pop(0), Linear)
    container += [Tanh()]
    assert kinds(container) == [("0", "ReLU"), ("1", "ReLU"), ("2", "Tanh")]
    del container[:2]
    container.extend(container)
    assert kinds(container) == [("0", "Tanh"), ("1", "Tanh")]
    assert kinds(container + ModuleList([ReLU()]))[-1] == ("2", "ReLU")
    assert len(container) == 2


def test_slices_are_containers_that_share_modules():
    model = Sequential(Linear(2, 2), ReLU(), Tanh())
    head = model[1:]
    assert type(head) is Sequential
    assert kinds(head) == [("1", "ReLU"), ("2", "Tanh")]
    assert head[0] is model[1]
    assert kinds(ModuleList(model)[1:]) == [("0", "ReLU"), ("1", "Tanh")]


def test_sequential_takes_names():
    model = Sequential({"up": Linear(2, 2), "act": ReLU()})
    assert list(model.state_dict()) == ["up.weight", "up.bias"]
    assert model(dl.ones((1, 2))).shape == (1, 2)


def test_dict_of_modules():
    parts = ModuleDict({"a": ReLU(), "b": Tanh()})
    parts["a"] = Linear(2, 2)
    assert parts.keys() == list(parts) == ["a", "b"]
    assert [type(module) for _, module in parts.items()] == [Linear, Tanh]
    assert isinstance(parts.pop("b"), Tanh)
    assert "b" not in parts
    assert len(parts) == 1
    with pytest.raises(OptionError, match="'forward'"):
        parts["forward"] = ReLU()
    parts.clear()
    assert not list(parts)


def test_dict_of_parameters():
    parts = ParameterDict({"a": Parameter(dl.ones(1))})
    parts["b"] = Parameter(dl.zeros(2))
    assert list(parts.state_dict()) == parts.keys() == ["a", "b"]
    assert parts.get("c") is None
    assert parts.get("a") is parts.values()[0]
    assert parts.pop("b").shape == (2,)
    assert len(list(parts.parameters())) == 1
    with pytest.raises(OptionError, match="ParameterDict: expected a name that no attribute has"):
        parts["training"] = Parameter(dl.ones(1))


def test_list_of_parameters_is_edited():
    parts = ParameterList([Parameter(dl.ones(1)), Parameter(dl.zeros(2))])
    parts[-1] = Parameter(dl.zeros(3))
    parts += [Parameter(dl.zeros(4))]
    assert [part.shape for part in parts] == [(1,), (3,), (4,)]
    assert [part.shape for part in parts[1:]] == [(3,), (4,)]


def test_list_of_parameters():
    parts = ParameterList([Parameter(dl.ones(1))]).append(Parameter(dl.zeros(2)))
    assert [p.shape for p in parts] == [(1,), (2,)]
    assert parts[1] is list(parts.parameters())[1]
    assert list(parts.state_dict()) == ["0", "1"]


@pytest.mark.peer
def test_lists_look_as_in_pytorch():
    torch = pytest.importorskip("torch", reason="PyTorch is an optional peer")

    def made(nn):
        pairs = [nn.Sequential(nn.Linear(2, 2), nn.ReLU()) for _ in range(3)]
        return nn.Sequential(
            nn.ModuleList([*pairs, nn.ReLU()]), nn.ModuleList(), nn.ModuleList(pairs)
        )

    assert repr(made(nn)) == repr(made(torch.nn))
