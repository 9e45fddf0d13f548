"""Data sets, loaders and transforms."""

from dlcore.data.dataset import ArrayDataset, Dataset, Samples, Subset
from dlcore.data.digits import load_digits
from dlcore.data.idx import read_idx
from dlcore.data.loader import Batch, DataLoader
from dlcore.data.mnist import load_mnist
from dlcore.data.named import DATASETS, load
from dlcore.data.normalize import Normalize
from dlcore.data.transforms import Compose, RandomCrop, RandomHorizontalFlip, Transform

__all__ = [
    "DATASETS",
    "ArrayDataset",
    "Batch",
    "Compose",
    "DataLoader",
    "Dataset",
    "Normalize",
    "RandomCrop",
    "RandomHorizontalFlip",
    "Samples",
    "Subset",
    "Transform",
    "load",
    "load_digits",
    "load_mnist",
    "read_idx",
]
