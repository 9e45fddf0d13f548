"""A trained network on data: measured against known targets, or asked for answers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from dlcore import random
from dlcore.autograd import no_grad
from dlcore.backend.base import HostArray
from dlcore.data.image import list_images
from dlcore.data.sources import Report, open_other
from dlcore.errors import DataError
from dlcore.ops.softmax import softmax
from dlcore.precision import at_precision
from dlcore.tensors import Tensor
from dlcore.train.folder import RunFolder
from dlcore.train.network import Network, read_options
from dlcore.train.run import loader_of, open_splits
from dlcore.train.tally import Tally

AT_ONCE = 64
"""Images in a batch of predictions."""


class Answer(NamedTuple):
    """What a network says of one image, or one row of a table.

    Attributes:
        source: the file, and the row of a table, whose header is row 1.
        value: the class, or the number in the target's units.
        probabilities: by class, the most likely first; empty for numbers.
    """

    source: str
    value: str | float
    probabilities: dict[str, float]


def evaluate(
    network: Network,
    run: Path,
    split: str,
    report: Report,
    *,
    data: str | None = None,
    data_dir: Path | None = None,
) -> dict[str, Any]:
    """Loss and all metrics on a part of the data.

    Args:
        network: as `read_network` gives it, with the options that shall be in force.
        run: its folder, which knows where the data is.
        split: "train", "validation" or "test".
        report: takes a line for each unreadable file.
        data, data_dir: of the same kind as the run's data, in its place.

    Raises:
        OptionError: the data has no such part. DataError: it doesn't fit the network.
    """
    if data is not None:
        splits = open_other(data, network.preparation, folder=data_dir, report=report)
    else:
        own = read_options(RunFolder(run))
        own = own if data_dir is None else replace(own, data_dir=str(data_dir))
        random.manual_seed(own.seed)  # holds the same samples out as the training did
        splits = open_splits(own, report)

    def forward(inputs: Tensor, targets: Tensor) -> tuple[Tensor, Tensor]:
        with at_precision(network.options.precision, network.backend):
            outputs = network.model(inputs)
            return network.task.loss(outputs, targets), outputs

    tally = Tally([network.task.evaluation], network.backend)
    return tally.of(loader_of(network, splits, split), forward)


def predict(network: Network, paths: Sequence[Path], report: Report) -> Iterator[Answer]:
    """The network's answers, in order.

    Args:
        network: as `read_network` gives it.
        paths: image files and folders of them, or tables.
        report: takes a line for each image that can't be read.

    Raises:
        DataError: a path leads nowhere, or a table can't be read.
    """
    columns = network.preparation.columns
    if columns is not None:
        for path in paths:
            inputs = network.preparation.read(path)
            sources = [f"{path}:{row + 2}" for row in range(len(inputs))]
            yield from _answers(network, sources, inputs)
        return
    files = [file for path in paths for file in list_images(path)]
    for start in range(0, len(files), AT_ONCE):
        read: dict[str, HostArray] = {}
        for file in files[start : start + AT_ONCE]:
            try:
                read[str(file)] = network.preparation.read(file)
            except DataError as error:
                report(str(error))
        if read:
            yield from _answers(network, [*read], np.concatenate([*read.values()]))


def _answers(network: Network, sources: Sequence[str], inputs: HostArray) -> Iterator[Answer]:
    backend, preparation = network.backend, network.preparation
    with no_grad(), at_precision(network.options.precision, backend):
        outputs = network.model(Tensor(backend.upload(inputs), backend)).float()
        shares = softmax(outputs, 1).numpy() if preparation.classes else None
    if shares is None:
        assert preparation.columns is not None
        for source, value in zip(
            sources, preparation.columns.unscale(outputs.numpy()[:, 0]), strict=True
        ):
            yield Answer(source, float(value), {})
        return
    for source, row in zip(sources, shares, strict=True):
        order = (-row).argsort(kind="stable")
        ranked = {preparation.classes[label]: float(row[label]) for label in order}
        yield Answer(source, preparation.classes[order[0]], ranked)
