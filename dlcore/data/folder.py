"""A folder of images as a data set: one folder a class."""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable, Sequence
from pathlib import Path
from threading import Lock

import numpy as np
from numpy.typing import NDArray

from dlcore.data.dataset import Dataset, Numbers, Samples
from dlcore.data.image import (
    EXTENSIONS,
    image_size,
    list_names,
    open_image,
    require_form,
    walk,
)
from dlcore.errors import DataError

TRAIN = ("train", "training")
TEST = ("test",)
VALIDATION = ("val", "valid", "validation")
UNREAD, READY, DAMAGED = range(3)


class ImageFolder(Dataset):
    """Images in `root`/CLASS, or in folders below; labels follow the classes' names in order.

    An unreadable image is reported and left out: what its header shows, when the folder is
    scanned, and what only decoding shows, by the first `read` that meets it. Hidden files are no
    part of the data set. Decoded images are kept for the next epoch if all of them find room.

    Args:
        root: the folder.
        size: (H, W) that `open_image` scales to; None where all images have one size.
        channels: 1 for grey, 3 for colour.
        classes: those of the training part, for a test part; None takes the folders' names.
        report: takes a line for each file left out; None makes it a warning.
        cache_bytes: room for decoded images.

    Attributes:
        paths: of the images, by number.
        shape: (C, H, W); the images are uint8.

    Raises:
        DataError: the folder is missing or can't be read; fewer than two classes, a class without
            images, or one that is not among `classes`; images of several sizes and no `size`.
        OptionError: another number of channels, or a size that no image has.
    """

    def __init__(
        self,
        root: str | Path,
        size: tuple[int, int] | None = None,
        channels: int = 3,
        classes: Sequence[str] | None = None,
        report: Callable[[str], None] | None = None,
        cache_bytes: int = 2 << 30,
    ) -> None:
        require_form("ImageFolder", size, channels)
        root = Path(root)
        self._report = _warn if report is None else report
        folders = _class_folders(root, self._report)
        self.classes = _class_names(root, folders, classes)
        self.paths: list[Path] = []
        labels: list[int] = []
        sizes: list[tuple[int, int]] = []
        for folder in folders:
            label = self.classes.index(folder.name)
            for path in walk(folder, root):
                found = self._size_of(path)
                if found is not None:
                    self.paths.append(path)
                    labels.append(label)
                    sizes.append(found)
        self.targets = np.array(labels, np.int64)
        present = set(labels)
        empty = [name for label, name in enumerate(self.classes) if label not in present]
        if not labels or (empty and classes is None):
            place = root / empty[0] if labels else root
            raise _error(place, "a readable image in it", "none", "add some or remove the folder")
        self.shape = (channels, *(size or _common_size(self.paths, sizes)))
        shape = (len(self), *self.shape)
        # Memory that is never written to is never taken.
        self._cache = np.empty(shape, np.uint8) if math.prod(shape) <= cache_bytes else None
        self._state = np.full(len(self), UNREAD, np.uint8)
        self._lock = Lock()

    def read(self, numbers: Numbers) -> Samples:
        read = [(number, self._image(number)) for number in numbers.tolist()]
        images = [image for _, image in read if image is not None]
        kept = np.array([number for number, image in read if image is not None], np.int64)
        inputs = np.stack(images) if images else np.empty((0, *self.shape), np.uint8)
        return Samples(kept, inputs, self.targets[kept])

    def _image(self, number: int) -> NDArray[np.uint8] | None:
        """Two threads may both decode an image; they write the same bytes to the same place."""
        if self._state[number] == DAMAGED:
            return None
        if self._cache is not None and self._state[number] == READY:
            kept: NDArray[np.uint8] = self._cache[number]
            return kept
        _, height, width = self.shape
        try:
            image = open_image(self.paths[number], (height, width), self.shape[0])
        except DataError as error:
            with self._lock:
                first = self._state[number] != DAMAGED
                self._state[number] = DAMAGED
            if first:
                self._report(f"left out {error}")
            return None
        if self._cache is not None:
            self._cache[number] = image
            self._state[number] = READY
        return image

    def _size_of(self, path: Path) -> tuple[int, int] | None:
        if path.suffix.lower() not in EXTENSIONS:
            self._report(f"left out {path}: no extension of an image file")
            return None
        try:
            return image_size(path)
        except DataError as error:
            self._report(f"left out {error}")
            return None


def find_splits(root: str | Path) -> dict[str, Path]:
    """The parts of a data set that are folders of its folder.

    "train" is the folder train or training, "test" the folder test; val, valid or validation is
    "validation", and where there is no test folder it is "test". Case doesn't matter. A folder
    counts if it holds folders, the classes. Without a training part all is one: {"all": root}.

    Raises:
        DataError: the folder is missing or can't be read.
    """
    root = Path(root)
    folders = {
        name.lower(): root / name
        for name in list_names(root)
        if (root / name).is_dir() and _folders_in(root / name)
    }

    def first(names: Sequence[str]) -> Path | None:
        return next((folders[name] for name in names if name in folders), None)

    train, test, held_out = first(TRAIN), first(TEST), first(VALIDATION)
    if train is None:
        return {"all": root}
    parts = {"train": train, "test": test or held_out, "validation": held_out if test else None}
    return {name: folder for name, folder in parts.items() if folder}


def _folders_in(folder: Path) -> list[Path]:
    return [folder / name for name in list_names(folder) if (folder / name).is_dir()]


def _class_folders(root: Path, report: Callable[[str], None]) -> list[Path]:
    folders = _folders_in(root)
    if not folders:
        raise _error(
            root, "a folder for each class", "no folder in it", "sort the images into some"
        )
    for name in list_names(root):
        if Path(name).suffix.lower() in EXTENSIONS and root / name not in folders:
            report(f"left out {root / name}: in no class's folder")
    return folders


def _class_names(
    root: Path, folders: Sequence[Path], classes: Sequence[str] | None
) -> tuple[str, ...]:
    names = tuple(folder.name for folder in folders)
    if classes is None:
        if len(names) < 2:
            raise _error(root, "two or more class folders", f"only {names[0]}", "add the others")
        return names
    unknown = [name for name in names if name not in classes]
    if unknown:
        raise _error(
            root,
            f"folders of the classes {', '.join(classes)}",
            ", ".join(unknown),
            "remove it, or train with this class",
        )
    return tuple(classes)


def _common_size(paths: Sequence[Path], sizes: Sequence[tuple[int, int]]) -> tuple[int, int]:
    for path, (height, width) in zip(paths, sizes, strict=True):
        if (height, width) != sizes[0]:
            raise _error(
                path,
                f"{sizes[0][0]} x {sizes[0][1]} pixels, the height and width of {paths[0]}",
                f"{height} x {width}",
                "give a size that all images are scaled to",
            )
    return sizes[0]


def _error(path: Path, expected: str, received: str, remedy: str) -> DataError:
    return DataError(str(path), expected=expected, received=received, remedy=remedy)


def _warn(line: str) -> None:
    warnings.warn(line, stacklevel=2)
