"""Writes dlcore/data/digits.npz from scikit-learn's copy of the digits; run once, kept as a record.

pip install scikit-learn && python ci/make_digits.py
"""

from pathlib import Path

import numpy as np
from sklearn.datasets import load_digits

TARGET = Path(__file__).parents[1] / "dlcore" / "data" / "digits.npz"

source = load_digits()
images = source.images.astype(np.uint8)
assert (images == source.images).all(), "values are integers from 0 to 16"
# savez dates every member 1980-01-01, so the same arrays give the same bytes.
np.savez_compressed(TARGET, images=images, labels=source.target.astype(np.uint8))
print(f"{TARGET}: {len(images)} images, {TARGET.stat().st_size} bytes")
