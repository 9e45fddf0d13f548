"""What tests of large networks share."""

import numpy as np
import pytest


@pytest.fixture
def quick_values(monkeypatch):
    """First values from NumPy's generator: the 100 million of VGG would take half a minute."""
    generator = np.random.default_rng(0)
    monkeypatch.setattr(
        "dlcore.nn.initialisers.host_normal",
        lambda shape, purpose: generator.standard_normal(shape, np.float32),
    )
