import os
from pathlib import Path

import numpy as np
import pytest

from dlcore.data.mnist import FASHION_MNIST_CLASSES, load_fashion_mnist, load_mnist
from dlcore.errors import DataError, OptionError
from tests.data.idx_writer import write_idx

IMAGES = np.random.default_rng(0).integers(0, 256, (20, 28, 28), dtype=np.uint8)
LABELS = (np.arange(20) % 10).astype(np.uint8)


@pytest.fixture(autouse=True)
def no_environment(monkeypatch):
    monkeypatch.delenv("DLCORE_DATA", raising=False)


def write_part(folder, images=IMAGES, labels=LABELS, stem="t10k", suffix=".gz"):
    folder.mkdir(parents=True, exist_ok=True)
    write_idx(folder / f"{stem}-images-idx3-ubyte{suffix}", images)
    write_idx(folder / f"{stem}-labels-idx1-ubyte{suffix}", labels)


@pytest.mark.parametrize("folder", [".", "mnist", "MNIST/raw"])
@pytest.mark.parametrize("suffix", ["", ".gz"])
def test_finds_the_files(tmp_path, monkeypatch, folder, suffix):
    write_part(tmp_path / folder, suffix=suffix)
    by_root = load_mnist("test", tmp_path)
    monkeypatch.setenv("DLCORE_DATA", str(tmp_path))
    by_environment = load_mnist("test")
    for images, labels in (by_root, by_environment):
        assert (images.dtype, images.shape) == (np.uint8, (20, 1, 28, 28))
        assert (labels.dtype, labels.shape) == (np.int64, (20,))
        np.testing.assert_array_equal(images[:, 0], IMAGES)
        np.testing.assert_array_equal(labels, LABELS)


def test_parts_are_different_files(tmp_path):
    write_part(tmp_path, stem="train")
    write_part(tmp_path, IMAGES[:7], LABELS[:7], stem="t10k")
    assert len(load_mnist("train", tmp_path)[0]) == 20
    assert len(load_mnist("test", tmp_path)[0]) == 7


def test_root_is_not_mixed_with_the_environment(tmp_path, monkeypatch):
    write_part(tmp_path / "elsewhere")
    monkeypatch.setenv("DLCORE_DATA", str(tmp_path / "elsewhere"))
    with pytest.raises(DataError, match="t10k-images-idx3-ubyte"):
        load_mnist("test", tmp_path)


@pytest.mark.parametrize("folder", [".", "fashion-mnist", "FashionMNIST/raw"])
def test_fashion_has_folders_of_its_own(tmp_path, folder):
    write_part(tmp_path, IMAGES[:7], LABELS[:7])
    write_part(tmp_path / folder)
    images, labels = load_fashion_mnist("test", tmp_path)
    np.testing.assert_array_equal(images[:, 0], IMAGES)
    np.testing.assert_array_equal(labels, LABELS)
    assert len(load_mnist("test", tmp_path)[0]) == (20 if folder == "." else 7)
    assert len(FASHION_MNIST_CLASSES) == 10


def test_images_and_labels_come_from_one_folder(tmp_path):
    write_part(tmp_path / "mnist")
    write_part(tmp_path)
    (tmp_path / "t10k-labels-idx1-ubyte.gz").unlink()
    with pytest.raises(DataError, match=r"t10k-labels-.*dlcore data mnist --data-dir"):
        load_mnist("test", tmp_path)


def test_unknown_split():
    with pytest.raises(OptionError, match="split to be one of test, train, received 'valid'"):
        load_mnist("valid")


def test_no_folder_named():
    with pytest.raises(DataError, match=r"received no root, and no DLCORE_DATA .*; pass root"):
        load_mnist("train")


def test_missing_file_says_where_it_was_looked_for(tmp_path):
    (tmp_path / "train-images-idx3-ubyte").mkdir()  # a folder of the same name is no file
    with pytest.raises(DataError) as raised:
        load_mnist("train", tmp_path)
    for word in ("train-images-idx3-ubyte.gz", str(tmp_path), str(tmp_path / "mnist"), "download"):
        assert word in str(raised.value)


@pytest.mark.parametrize(
    ("images", "labels", "message"),
    [
        (IMAGES[:, 1:], LABELS, r"images: uint8 \(N, 28, 28\), received uint8 \(20, 27, 28\)"),
        (IMAGES.astype(np.int16), LABELS, r"received int16 \(20, 28, 28\)"),
        (IMAGES, IMAGES, r"labels: uint8 \(N,\), received uint8 \(20, 28, 28\)"),
        (IMAGES, LABELS[1:], "20 labels, one for each image in t10k-images.*, received 19"),
        (IMAGES, LABELS + 1, "labels from 0 to 9, received label 10 at sample 9"),
    ],
)
def test_files_that_do_not_fit(tmp_path, images, labels, message):
    write_part(tmp_path, images, labels)
    with pytest.raises(DataError, match=message):
        load_mnist("test", tmp_path)


# Read before the fixture hides it.
REAL = os.environ.get("DLCORE_DATA")


@pytest.mark.skipif(REAL is None, reason="DLCORE_DATA names no folder with the MNIST files")
def test_the_real_files():
    for split, count, first in (("train", 60_000, [5, 0, 4, 1, 9]), ("test", 10_000, [7, 2, 1])):
        images, labels = load_mnist(split, Path(REAL))
        assert images.shape == (count, 1, 28, 28)
        assert labels[: len(first)].tolist() == first
        assert np.unique(labels).tolist() == list(range(10))
