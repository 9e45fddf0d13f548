"""Who is measured: dlcore, and PyTorch where it is installed. Cases are written once for both."""

from importlib import import_module

import numpy as np
import pytest


def pytest_addoption(parser):
    parser.addoption("--device", default="cpu", help="of dlcore")


class Rival:
    """A framework: its names are PyTorch's, so `library` is used the same way.

    Images are channels-last in memory, where both are at their best.
    """

    def __init__(self, name, device):
        self.package = pytest.importorskip("torch") if name == "torch" else import_module("dlcore")
        self.functional = import_module(f"{self.package.__name__}.nn.functional")
        self.optim = import_module(f"{self.package.__name__}.optim")
        self.options = {} if name == "torch" else {"device": device}
        self.generator = np.random.default_rng(0)

    def normal(self, *shape, grad=False):
        values = self.generator.standard_normal(shape, np.float32)
        if len(shape) == 4:
            values = np.ascontiguousarray(values.transpose(0, 2, 3, 1)).transpose(0, 3, 1, 2)
        return self._tensor(values).requires_grad_(grad)

    def integers(self, high, *shape):
        return self._tensor(self.generator.integers(0, high, shape))

    def _tensor(self, values):
        if self.options:
            return self.package.tensor(values, **self.options)
        return self.package.from_numpy(values)  # keeps the order in memory

    def forward(self, function):
        """The function without a graph."""

        def run():
            with self.package.no_grad():
                return function()

        return run

    def with_gradients(self, function, *leaves):
        """The function, then the gradients of the leaves."""
        dy = self.normal(*function().shape)
        return lambda: self.package.autograd.grad(function(), leaves, dy)


@pytest.fixture(params=["dlcore", "torch"])
def rival(request):
    return Rival(request.param, request.config.getoption("device"))
