"""Data sets, loaders and transforms."""

from dlcore.data.dataset import ArrayDataset, Dataset, Samples, Subset
from dlcore.data.digits import load_digits
from dlcore.data.idx import read_idx
from dlcore.data.loader import Batch, DataLoader
from dlcore.data.mnist import load_mnist
from dlcore.data.sources import DATASETS, load

__all__ = [
    "DATASETS",
    "ArrayDataset",
    "Batch",
    "DataLoader",
    "Dataset",
    "Samples",
    "Subset",
    "load",
    "load_digits",
    "load_mnist",
    "read_idx",
]
