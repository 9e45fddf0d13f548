"""Where a run's data comes from: a name, a folder of images, or a CSV table; and its parts."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from os.path import isdir
from pathlib import Path
from typing import cast

import numpy as np

from dlcore.backend.base import HostArray
from dlcore.backend.interface.checks import require_option
from dlcore.data.cells import Table, read_table
from dlcore.data.dataset import ArrayDataset, Dataset, Numbers, Subset
from dlcore.data.folder import ImageFolder, find_splits
from dlcore.data.image import image_size, list_images
from dlcore.data.named import DATASETS, load
from dlcore.data.preparation import Preparation
from dlcore.data.table import TASKS, Columns, Task
from dlcore.errors import DataError, OptionError
from dlcore.random import permutation

Report = Callable[[str], None]
"""Takes a line of text for the user."""
TEST_SHARE = 0.2
"""Of data that comes without a test part."""


@dataclass(frozen=True)
class Splits:
    """The parts of a run's data.

    Attributes:
        parts: "train", then "validation" if there is one, then "test".
        columns: of a table, fitted on "train"; None for images.
    """

    parts: Mapping[str, Dataset]
    columns: Columns | None = None


def open_data(
    data: str,
    *,
    folder: Path | None = None,
    size: tuple[int, int] | None = None,
    otherwise: tuple[int, int] | None = None,
    target: str | None = None,
    task: str | None = None,
    validation: float = 0.0,
    report: Report = lambda line: None,
) -> Splits:
    """The data of a run. What comes without a test part gives up a fifth of its samples for one.

    Samples are held out by the random seed, in equal shares of all classes.

    Args:
        data: one of `DATASETS`, a folder of images, or a CSV file.
        folder: where the files of a registered data set are.
        size: height and width of a folder's images.
        otherwise: the same where `size` isn't given and the images differ.
        target, task: of a table.
        validation: share of the training data held out.
        report: takes a line for each unreadable file.

    Raises:
        OptionError: no data set has this name. DataError: files missing or damaged.
    """
    path, columns = Path(data), None
    if data in DATASETS:
        parts: dict[str, Dataset] = {
            "train": load(data, "train", folder),
            "test": load(data, "test", folder),
        }
    elif isdir(data):  # (the Path of no text would be the working folder)
        parts = _images(path, size, otherwise, report)
    elif path.is_file():
        parts, columns = _rows(path, target, task, validation)
    else:
        raise _unknown(data)
    if columns is None and (target is not None or task is not None):
        raise OptionError(
            "data",
            expected="a table where a target or a task is named",
            received=repr(data),
            remedy="leave --target and --task out",
        )
    return Splits(_cut(parts, validation), columns)


def open_other(
    data: str, preparation: Preparation, *, folder: Path | None = None, report: Report
) -> Splits:
    """Data that a trained network is measured on; without parts, all of it is "test".

    Args:
        data, folder, report: as for `open_data`.
        preparation: of the network.

    Raises:
        OptionError: no data set has this name. DataError: files missing or damaged, or samples or
            classes that are not those of the network.
    """
    path, columns = Path(data), preparation.columns
    parts: dict[str, Dataset]
    if columns is not None:
        parts = {"test": _dataset(read_table(path), columns)}
    elif data in DATASETS:
        parts = {"train": load(data, "train", folder), "test": load(data, "test", folder)}
    elif isdir(data):
        channels, *size = preparation.shape
        parts = {
            "test" if name == "all" else name: ImageFolder(
                place, (size[0], size[1]), channels, preparation.classes, report
            )
            for name, place in find_splits(path).items()
        }
    else:
        raise _unknown(data)
    for part in parts.values():
        if (part.shape, part.classes) != (preparation.shape, preparation.classes):
            raise DataError(
                f"data {data}",
                expected=f"samples of shape {preparation.shape} "
                f"of the classes {', '.join(preparation.classes)}",
                received=f"shape {part.shape} and classes {', '.join(part.classes)}",
                remedy="measure the network on data like those it was trained on",
            )
    return Splits(parts, columns)


def _unknown(data: str) -> OptionError:
    return OptionError(
        "data",
        expected=f"one of {', '.join(sorted(DATASETS))}, a folder of images or a CSV file",
        received=repr(data),
        remedy="check the name or the path",
    )


def hold_out(
    numbers: Numbers, labels: HostArray | None, share: float, purpose: str
) -> tuple[Numbers, Numbers]:
    """Those of some samples that stay, and those held out.

    Args:
        numbers: of the samples.
        labels: of the same samples: classes are held out in equal shares; None for no classes.
        share: held out of them, one sample at least.
        purpose: decides which ones, with the random seed.

    Raises:
        DataError: there are too few samples.
    """
    count = len(numbers)
    wanted = max(round(count * share), 1)
    if wanted >= count:
        raise DataError(
            "data set",
            expected=f"enough samples to hold {share:.0%} out",
            received=f"{count}",
            remedy="add samples",
        )
    mixed = permutation(count, purpose, 0)
    if labels is not None:
        mixed = mixed[np.argsort(labels[mixed], kind="stable")]
    held = np.zeros(count, np.bool_)
    held[mixed[(2 * np.arange(wanted) + 1) * count // (2 * wanted)]] = True
    return numbers[~held], numbers[held]


def _cut(parts: Mapping[str, Dataset], validation: float) -> dict[str, Dataset]:
    """Parts in order, with a test and a validation part held out where they are wanted."""
    made = dict(parts)
    for name, share in (("test", TEST_SHARE), ("validation", validation)):
        if name in made or not share:
            continue
        training = made["train"]
        labels = training.targets if training.classes else None
        rest, held = hold_out(np.arange(len(training)), labels, share, f"{name} split")
        made |= {"train": Subset(training, rest), name: Subset(training, held)}
    return {name: made[name] for name in ("train", "validation", "test") if name in made}


def _images(
    root: Path, size: tuple[int, int] | None, otherwise: tuple[int, int] | None, report: Report
) -> dict[str, Dataset]:
    """A folder's parts; size and classes are those of the training part."""
    folders = find_splits(root)
    place = folders.pop("train") if "train" in folders else folders.pop("all", root)
    if size is None and otherwise is not None and _sizes_differ(place):
        size = otherwise
    training = ImageFolder(place, size, report=report)
    channels, height, width = training.shape
    return {
        "train": training,
        **{
            name: ImageFolder(path, (height, width), channels, training.classes, report)
            for name, path in folders.items()
        },
    }


def _sizes_differ(root: Path) -> bool:
    """Whether a hundred images from all over a folder have several sizes."""
    paths = list_images(root)
    sizes = set()
    for path in paths[:: max(len(paths) // 100, 1)]:
        with suppress(DataError):  # the scan reports it
            sizes.add(image_size(path))
    return len(sizes) > 1


def _rows(
    path: Path, target: str | None, task: str | None, validation: float
) -> tuple[dict[str, Dataset], Columns]:
    """A table's parts; its columns are fitted on the training rows."""
    if task is not None:
        require_option("data", "task", task, TASKS)
    table = read_table(path)
    if target is None:
        raise OptionError(
            "data",
            expected=f"the column of {path.name} to predict",
            received="none",
            remedy=f"name one with --target: {', '.join(table.cells)}",
        )
    parts: dict[str, Numbers] = {"train": np.arange(len(table))}
    for name, share in (("test", TEST_SHARE), ("validation", validation)):
        if share:
            parts["train"], parts[name] = hold_out(parts["train"], None, share, f"{name} split")
    columns = Columns.fit(table, target, parts["train"], cast(Task | None, task))
    whole = _dataset(table, columns)
    return {name: Subset(whole, parts[name]) for name in parts}, columns


def _dataset(table: Table, columns: Columns) -> Dataset:
    return ArrayDataset(columns.inputs(table), columns.targets(table), columns.classes)
