"""CIFAR-10 and CIFAR-100: photographs of 32 x 32 pixels, from any of the published files.

Source: A. Krizhevsky, Learning Multiple Layers of Features from Tiny Images (2009); its web page
describes the two versions. The binary one is records of label bytes and 3072 bytes of pixels, the
planes red, green and blue; CIFAR-100's records begin with the label of one of 20 groups. The
Python one holds the same numbers in pickled dicts.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from dlcore.backend.interface.checks import require_option
from dlcore.data.archive import read_members
from dlcore.data.dataset import check_labels
from dlcore.data.pickled import read_pickle
from dlcore.data.root import SPLITS, VARIABLE, Part, Split, data_root, get_it, read_file
from dlcore.errors import DataError

SHAPE = (3, 32, 32)
PIXELS = 3 * 32 * 32
ARCHIVE_LIMIT = 1 << 29  # bytes; the published archives hold fewer than 190 million

_CIFAR10_NAMES = "airplane automobile bird cat deer dog frog horse ship truck"
_CIFAR100_NAMES = """
apple aquarium_fish baby bear beaver bed bee beetle bicycle bottle bowl boy bridge bus butterfly
camel can castle caterpillar cattle chair chimpanzee clock cloud cockroach couch crab crocodile
cup dinosaur dolphin elephant flatfish forest fox girl hamster house kangaroo keyboard lamp
lawn_mower leopard lion lizard lobster man maple_tree motorcycle mountain mouse mushroom
oak_tree orange orchid otter palm_tree pear pickup_truck pine_tree plain plate poppy porcupine
possum rabbit raccoon ray road rocket rose sea seal shark shrew skunk skyscraper snail snake
spider squirrel streetcar sunflower sweet_pepper table tank telephone television tiger tractor
train trout tulip turtle wardrobe whale willow_tree wolf woman worm
"""
CIFAR10_CLASSES = tuple(_CIFAR10_NAMES.split())
CIFAR100_CLASSES = tuple(_CIFAR100_NAMES.split())


@dataclass(frozen=True)
class Release:
    """What distinguishes the two data sets.

    Attributes:
        name: of the data set.
        stem: what folders and archives begin with.
        folders: of the binary and the Python version, as they lie in the archives.
        files: of each part, without .bin.
        records: images in a file of each part.
        label_bytes: before the pixels of a record; the last one is the label.
        label_key: of the labels in a pickled dict.
        classes: their names.
    """

    name: str
    stem: str
    folders: tuple[str, str]
    files: dict[str, tuple[str, ...]]
    records: dict[str, int]
    label_bytes: int
    label_key: str
    classes: tuple[str, ...]


CIFAR10 = Release(
    name="cifar10",
    stem="cifar-10",
    folders=("cifar-10-batches-bin", "cifar-10-batches-py"),
    files={"train": tuple(f"data_batch_{i}" for i in range(1, 6)), "test": ("test_batch",)},
    records={"train": 10_000, "test": 10_000},
    label_bytes=1,
    label_key="labels",
    classes=CIFAR10_CLASSES,
)
CIFAR100 = Release(
    name="cifar100",
    stem="cifar-100",
    folders=("cifar-100-binary", "cifar-100-python"),
    files={"train": ("train",), "test": ("test",)},
    records={"train": 50_000, "test": 10_000},
    label_bytes=2,
    label_key="fine_labels",
    classes=CIFAR100_CLASSES,
)


def load_cifar10(split: Split, root: str | Path | None = None) -> Part:
    """Images and labels of one part of CIFAR-10: 50,000 for training, 10,000 for testing.

    In `root`, or else `root/cifar10`, is looked for the folder cifar-10-batches-bin, then
    cifar-10-batches-py, then the archive cifar-10-binary.tar.gz, then cifar-10-python.tar.gz;
    archives are read as they are. Without `root` it is the folder that DLCORE_DATA names.
    The classes are CIFAR10_CLASSES.

    Shapes: images uint8 (N, 3, 32, 32) with values 0 to 255, labels int64 (N,) from 0 to 9.

    Raises:
        OptionError: `split` is neither "train" nor "test".
        DataError: a file is missing, damaged, or not what its name says.
    """
    require_option("load_cifar10", "split", split, SPLITS)
    return _load(CIFAR10, split, data_root(CIFAR10.name, root))


def load_cifar100(split: Split, root: str | Path | None = None) -> Part:
    """Images and labels of one part of CIFAR-100: 50,000 for training, 10,000 for testing.

    As `load_cifar10`, with the names cifar-100-binary, cifar-100-python and .tar.gz of these, and
    `root/cifar100`. The labels are the fine ones, from 0 to 99; the classes are CIFAR100_CLASSES.
    """
    require_option("load_cifar100", "split", split, SPLITS)
    return _load(CIFAR100, split, data_root(CIFAR100.name, root))


def _load(release: Release, split: Split, root: Path) -> Part:
    images, labels = [], []
    for source, content, binary in _contents(release, split, root):
        decode = _decode_binary if binary else _decode_pickle
        batch = decode(release, release.records[split], source, content)
        check_labels(source, batch[1], release.classes)
        images.append(batch[0])
        labels.append(batch[1])
    return np.concatenate(images), np.concatenate(labels)


def _contents(release: Release, split: Split, root: Path) -> Iterator[tuple[str, bytes, bool]]:
    """Name, content and version (is it the binary one?) of each file of a part."""
    versions = list(zip(release.folders, (".bin", ""), ("binary", "python"), strict=True))
    places = (root, root / release.name)
    for place in places:
        for folder, suffix, _ in versions:
            if (place / folder).is_dir():
                for name in release.files[split]:
                    path = place / folder / f"{name}{suffix}"
                    yield str(path), read_file(path), bool(suffix)
                return
        for folder, suffix, version in versions:
            archive = place / f"{release.stem}-{version}.tar.gz"
            if archive.is_file():
                names = [f"{folder}/{name}{suffix}" for name in release.files[split]]
                members = read_members(archive, names, ARCHIVE_LIMIT)
                for name in names:
                    if name not in members:
                        raise _error(str(archive), f"a member {name}", "none")
                    yield f"{archive}: {name}", members.pop(name), bool(suffix)
                return
    raise DataError(
        release.name,
        expected=f"a folder {' or '.join(release.folders)}, or the archive of one",
        received=f"none in {' nor in '.join(map(str, places))}",
        remedy=f"name another folder by root or {VARIABLE}; {get_it(release.name)}",
    )


def _decode_binary(release: Release, count: int, source: str, content: bytes) -> Part:
    size = release.label_bytes + PIXELS
    if len(content) != count * size:
        raise _error(source, f"{count} records of {size} bytes", f"{len(content)} bytes")
    records = np.frombuffer(content, np.uint8).reshape(count, size)
    images = records[:, release.label_bytes :].reshape(count, *SHAPE)
    return images, records[:, release.label_bytes - 1].astype(np.int64)


def _decode_pickle(release: Release, count: int, source: str, content: bytes) -> Part:
    try:
        batch = read_pickle(content)
    except ValueError as error:
        raise _error(source, "the pickled dict of a batch", str(error)) from error
    pixels, labels = batch.get("data"), batch.get(release.label_key)
    if not isinstance(pixels, np.ndarray) or pixels.shape != (count, PIXELS):
        raise _error(source, f"data: uint8 ({count}, {PIXELS})", _kind(pixels))
    if not isinstance(labels, list) or len(labels) != count or {*map(type, labels)} - {int}:
        raise _error(source, f"{release.label_key}: a list of {count} integers", _kind(labels))
    return pixels.reshape(count, *SHAPE), np.array(labels, np.int64)


def _kind(value: Any) -> str:
    if isinstance(value, np.ndarray):
        return f"{value.dtype} {value.shape}"
    return f"{type(value).__name__} of {len(value)}" if hasattr(value, "__len__") else repr(value)


def _error(source: str, expected: str, received: str) -> DataError:
    return DataError(
        source, expected=expected, received=received, remedy="download the data set again"
    )
