"""Every layer that computes: from PyTorch's state, the same output in training and evaluation."""

import numpy as np
import pytest

import dlcore as dl
from dlcore import nn
from dlcore.cli.catalogue import Thing
from dlcore.cli.samples import OPTIONS, sample, usual_options

CONTAINERS = {"Module", "ModuleDict", "ModuleList", "ParameterDict", "ParameterList", "Sequential"}
NAMES = [name for name in nn.__all__ if isinstance(getattr(nn, name), type)]
LAYERS = [
    name for name in NAMES if issubclass(getattr(nn, name), nn.Module) and name not in CONTAINERS
]
SIGNED = {"CosineEmbeddingLoss", "HingeEmbeddingLoss", "MarginRankingLoss", "SoftMarginLoss"}
RANDOM = {"AlphaDropout", "Dropout", "Dropout1d", "Dropout2d", "RReLU"}  # in training


def values(name, tensor, generator):
    """Probabilities, so that they fit every loss; labels in range, places that differ."""
    if name.startswith("MaxUnpool") and tensor.dtype == np.int64:
        size = int(np.prod(tensor.shape[2:]))
        return np.broadcast_to(generator.permutation(size), (4, 4, size)).reshape(tensor.shape)
    if tensor.dtype == np.int64:
        return generator.integers(0, 4, tensor.shape)
    return generator.uniform(0.1, 0.9, tensor.shape).astype(np.float32)


@pytest.mark.peer
@pytest.mark.filterwarnings("ignore:reduction. 'mean' divides")  # KLDivLoss means it
@pytest.mark.parametrize("training", [False, True])
@pytest.mark.parametrize("name", LAYERS)
def test_output(name, training):
    torch = pytest.importorskip("torch")
    if training and name in RANDOM:
        return
    layer = getattr(nn, name)
    given = sample(Thing(name, "layer", layer)).given
    options = {**next(usual_options(layer)), **OPTIONS.get(name, {})}
    ours, theirs = layer(**options).train(training), getattr(torch.nn, name)(**options)
    ours.load_state_dict(theirs.train(training).state_dict())
    generator = np.random.default_rng(2)
    inputs = [values(name, tensor, generator) for tensor in given]
    if name in SIGNED:  # targets are 1 and -1
        inputs[-1] = np.sign(inputs[-1] - 0.5)
    found = ours(*map(dl.tensor, inputs)).detach().numpy()
    expected = theirs(*map(torch.tensor, inputs)).detach().numpy()
    np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-5 * abs(expected).max())
