"""What a training run shows while it runs."""

import os

import pytest

from tests.cli.test_train import SMALL, small


@pytest.mark.skipif(os.name != "posix", reason="closes a descriptor")
def test_without_standard_error(tmp_path):
    process = small(
        "train", *SMALL, "--epochs", 1, "--out", tmp_path / "run", preexec_fn=lambda: os.close(2)
    )
    output, _ = process.communicate(timeout=120)
    assert process.returncode == 0
    assert "epoch 1/1" in output
