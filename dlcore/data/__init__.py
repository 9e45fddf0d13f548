"""Data sets, loaders and transforms."""

from dlcore.data.dataset import DATASETS, ArrayDataset, load
from dlcore.data.digits import load_digits
from dlcore.data.idx import read_idx
from dlcore.data.loader import Batch, DataLoader
from dlcore.data.mnist import load_mnist

__all__ = [
    "DATASETS",
    "ArrayDataset",
    "Batch",
    "DataLoader",
    "load",
    "load_digits",
    "load_mnist",
    "read_idx",
]
