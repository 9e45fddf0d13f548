"""Who fulfils the contract, both ways: nothing missing, nothing extra, signatures equal."""

import inspect
from typing import ClassVar

import pytest

from dlcore.backend import get_backend, interface
from dlcore.backend.interface import PRIMITIVES
from dlcore.backend.interface.array import Spec, float32
from dlcore.backend.numpy import NumpyBackend
from dlcore.errors import DeviceError, ShapeError
from dlcore.kernels.numpy import KERNELS

ENGINES = {"numpy": KERNELS}
POSITIONAL = inspect.Parameter.POSITIONAL_OR_KEYWORD
VARIABLE = inspect.Parameter.VAR_POSITIONAL
KEYWORD = inspect.Parameter.KEYWORD_ONLY


def names(signature, kind):
    return [name for name, parameter in signature.parameters.items() if parameter.kind is kind]


@pytest.mark.parametrize("engine", ENGINES)
def test_nothing_is_missing_or_extra(engine):
    assert set(ENGINES[engine]) == set(PRIMITIVES)


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("name", PRIMITIVES)
def test_kernel_takes_what_the_primitive_declares(engine, name):
    """The same arrays by the same names, then outputs, then exactly the same keywords."""
    declared = PRIMITIVES[name].signature
    kernel = inspect.signature(ENGINES[engine][name])
    arrays = names(declared, POSITIONAL)
    assert names(kernel, POSITIONAL)[: len(arrays)] == arrays
    assert set(names(kernel, KEYWORD)) == set(names(declared, KEYWORD))
    assert bool(names(declared, VARIABLE)) <= bool(names(kernel, VARIABLE))
    assert all(parameter.default is parameter.empty for parameter in kernel.parameters.values())


@pytest.mark.parametrize("name", PRIMITIVES)
def test_primitive_is_documented_where_its_stem_says(name):
    primitive = PRIMITIVES[name]
    assert primitive.__doc__
    kernel = KERNELS[name]
    assert kernel.__module__.rpartition(".")[2] == primitive.stem


def test_missing_kernel_raises_and_says_so():
    class Bare(NumpyBackend):
        kernels: ClassVar = {}

    with pytest.raises(DeviceError, match="fill: expected a device that has a kernel"):
        interface.fill(Bare("bare"), shape=(2,), dtype=float32, order=(0,), value=0.0)


def test_into_refuses_an_output_that_does_not_fit():
    backend = get_backend("numpy")
    output = backend.empty(Spec((3,), float32))
    with pytest.raises(ShapeError, match=r"expected an output of shape \(2,\)"):
        interface.fill.into(backend, output, shape=(2,), dtype=float32, order=(0,), value=0.0)
