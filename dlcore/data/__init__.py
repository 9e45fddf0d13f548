"""Data sets, loaders and transforms."""

from dlcore.data.cells import Table, read_table
from dlcore.data.cifar import load_cifar10, load_cifar100
from dlcore.data.dataset import ArrayDataset, Dataset, Samples, Subset
from dlcore.data.digits import load_digits
from dlcore.data.folder import ImageFolder, find_splits
from dlcore.data.idx import read_idx
from dlcore.data.image import list_images, open_image
from dlcore.data.loader import Batch, DataLoader
from dlcore.data.mnist import load_fashion_mnist, load_mnist
from dlcore.data.named import DATASETS, load
from dlcore.data.normalize import Normalize
from dlcore.data.table import Columns
from dlcore.data.transforms import Compose, RandomCrop, RandomHorizontalFlip, Transform

__all__ = [
    "DATASETS",
    "ArrayDataset",
    "Batch",
    "Columns",
    "Compose",
    "DataLoader",
    "Dataset",
    "ImageFolder",
    "Normalize",
    "RandomCrop",
    "RandomHorizontalFlip",
    "Samples",
    "Subset",
    "Table",
    "Transform",
    "find_splits",
    "list_images",
    "load",
    "load_cifar10",
    "load_cifar100",
    "load_digits",
    "load_fashion_mnist",
    "load_mnist",
    "open_image",
    "read_idx",
    "read_table",
]
