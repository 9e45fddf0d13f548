"""The bundled 8x8 handwritten digits: a real data set that needs no download.

Source: Alpaydin and Kaynak, Optical Recognition of Handwritten Digits, UCI Machine Learning
Repository (1998), CC BY 4.0. `digits.md`, beside this file, tells the whole story.
"""

from __future__ import annotations

from importlib import resources
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dlcore.backend.interface.checks import require_option
from dlcore.data.root import SPLITS, Part, Split


def load_digits(split: Split) -> Part:
    """Images and labels of one part of the data set: 1,437 for training, 360 for testing.

    The parts are fixed: each holds the ten digits in equal shares, to within one image.

    Shapes: images uint8 (N, 1, 8, 8) with values 0 to 16, labels int64 (N,).

    Raises:
        OptionError: `split` is neither "train" nor "test".

    >>> images, labels = load_digits("test")
    >>> images.shape, labels.shape
    ((360, 1, 8, 8), (360,))
    """
    require_option("load_digits", "split", split, SPLITS)
    with (
        resources.files("dlcore.data").joinpath("digits.npz").open("rb") as file,
        np.load(file, allow_pickle=False) as archive,
    ):
        images, labels = archive["images"], archive["labels"]
    chosen = _test_mask(labels) == (split == "test")
    return images[chosen, np.newaxis], labels[chosen].astype(np.int64)


def _test_mask(labels: NDArray[Any]) -> NDArray[np.bool_]:
    """True for every fifth image of the list sorted by label, which takes equal shares of each."""
    mask = np.zeros(len(labels), dtype=np.bool_)
    mask[np.argsort(labels, kind="stable")[::5]] = True
    return mask
