"""Both versions of both data sets, as folders and as archives; whatever is wrong is named."""

import dataclasses
import io
import pickle
import tarfile

import numpy as np
import pytest

from dlcore.data import cifar
from dlcore.data.cifar import CIFAR10_CLASSES, CIFAR100_CLASSES, load_cifar10, load_cifar100
from dlcore.errors import DataError, OptionError
from tests.data.cifar_writer import archive, batch, binary, pickled

COUNT = 20
LOADERS = {10: load_cifar10, 100: load_cifar100}
RELEASES = {10: cifar.CIFAR10, 100: cifar.CIFAR100}
WRITERS = {"binary": (binary, ".bin"), "python": (pickled, "")}


@pytest.fixture(autouse=True)
def small(monkeypatch):
    """The published files hold 10,000 images or more; these hold 20."""
    monkeypatch.delenv("DLCORE_DATA", raising=False)
    for name in ("CIFAR10", "CIFAR100"):
        release = dataclasses.replace(getattr(cifar, name), records={"train": COUNT, "test": COUNT})
        monkeypatch.setattr(cifar, name, release)


def members(classes, version):
    """The files of a release by their names in the archive, and what loading it should give."""
    release, (write, suffix) = RELEASES[classes], WRITERS[version]
    folder = release.folders[list(WRITERS).index(version)]
    files, parts = {f"{folder}/readme.html": b"<html>"}, {}
    for split, names in release.files.items():
        batches = [batch(classes, COUNT, len(files) + i) for i in range(len(names))]
        for name, (pixels, labels) in zip(names, batches, strict=True):
            files[f"{folder}/{name}{suffix}"] = write(pixels, labels, classes)
        parts[split] = [np.concatenate(items) for items in zip(*batches, strict=True)]
    return files, parts


def write(root, classes, version, packed, **changes):
    files, parts = members(classes, version)
    files |= {name: content for name, content in changes.items() if name in files}
    root.mkdir(exist_ok=True)
    if packed:
        (root / f"{RELEASES[classes].stem}-{version}.tar.gz").write_bytes(archive(files))
    else:
        for name, content in files.items():
            (root / name).parent.mkdir(exist_ok=True)
            (root / name).write_bytes(content)
    return parts


@pytest.mark.parametrize("place", [".", "cifar{classes}"])
@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("version", ["binary", "python"])
@pytest.mark.parametrize("classes", [10, 100])
def test_every_published_form(tmp_path, classes, version, packed, place):
    parts = write(tmp_path / place.format(classes=classes), classes, version, packed)
    for split, (pixels, expected) in parts.items():
        images, labels = LOADERS[classes](split, tmp_path)
        assert (images.dtype, images.shape) == (np.uint8, (len(pixels), 3, 32, 32))
        assert labels.dtype == np.int64
        np.testing.assert_array_equal(images.reshape(len(pixels), -1), pixels)
        np.testing.assert_array_equal(labels, expected)


def test_planes_are_channels_and_rows_come_before_columns(tmp_path):
    pixels = np.arange(3072, dtype=np.uint16).astype(np.uint8)[None].repeat(COUNT, 0)
    content = binary(pixels, np.zeros(COUNT, np.uint8))
    write(tmp_path, 10, "binary", False, **{"cifar-10-batches-bin/test_batch.bin": content})
    image = load_cifar10("test", tmp_path)[0][0]
    assert (image[0, 0, 1], image[0, 1, 0], image[1, 0, 0]) == (1, 32, 1024 % 256)


def test_environment_names_the_folder(tmp_path, monkeypatch):
    with pytest.raises(DataError, match="dlcore data cifar10 --data-dir"):
        load_cifar10("test")
    write(tmp_path, 10, "binary", False)
    monkeypatch.setenv("DLCORE_DATA", str(tmp_path))
    assert len(load_cifar10("train")[0]) == 5 * COUNT


def test_nothing_there(tmp_path):
    with pytest.raises(DataError, match=r"cifar-100-binary.*none in .*dlcore data cifar100"):
        load_cifar100("test", tmp_path)
    with pytest.raises(OptionError, match="received 'val'"):
        load_cifar100("val", tmp_path)


def test_names_of_the_classes():
    assert (len(CIFAR10_CLASSES), len(set(CIFAR100_CLASSES))) == (10, 100)
    assert list(CIFAR100_CLASSES) == sorted(CIFAR100_CLASSES)  # as in the published meta file


PIXELS, LABELS = batch(10, COUNT)
TEN = LABELS.copy()
TEN[3] = 10
WHOLE = pickled(PIXELS, LABELS)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (binary(PIXELS, LABELS)[:-1], "20 records of 3073 bytes, received 61459 bytes"),
        (binary(PIXELS, LABELS) + b"0", "20 records of 3073 bytes, received 61461 bytes"),
        (binary(PIXELS[1:], LABELS[1:]), "20 records of 3073 bytes, received 58387 bytes"),
        (binary(PIXELS, TEN), "labels from 0 to 9, received label 10 at sample 3"),
        (b"", "received 0 bytes"),
    ],
)
@pytest.mark.parametrize("packed", [False, True])
def test_damaged_binary_files(tmp_path, packed, content, message):
    write(tmp_path, 10, "binary", packed, **{"cifar-10-batches-bin/test_batch.bin": content})
    with pytest.raises(DataError, match=rf"cifar-10-batches-bin/test_batch\.bin: .*{message}"):
        load_cifar10("test", tmp_path)


class Malicious:
    def __reduce__(self):
        return (pytest.fail, ("a pickle was executed",))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "pickle exhausted"),
        (WHOLE[:-1], "pickle exhausted"),
        (WHOLE + b"more", "4 bytes behind the end"),
        (b"\x80\x02K\x01.", "int instead of a dict"),
        (b"\x80\x02R.", "make no sense"),
        (b"\x80\x02}e.", "make no sense"),
        (b"\x80\x02}K\x01K\x02s.", "make no sense"),
        (b"\x80\x02}}.", "2 values instead of one"),
        (b"\x80\x02h\x09.", "make no sense"),
        (b"\x80\x02cos\nsystem\nU\x04true\x85R.", "the name 'os system', which no data needs"),
        (pickle.dumps(Malicious(), 2), "which no data needs"),
        (pickle.dumps(Malicious(), 4), "the instruction FRAME, which no data needs"),
        (WHOLE.replace(b"u1K", b"O8K"), "an object that is no array of bytes"),
        (WHOLE.replace(b"M\0\x0c\x86", b"J\0\0\0\x7f\x86"), "61440 bytes for an array of shape"),
        (
            WHOLE.replace(b"\x06labels", b"\x06tables"),
            "labels: a list of 20 integers, received None",
        ),
        (pickled(PIXELS[1:], LABELS[1:]), r"uint8 \(20, 3072\), received uint8 \(19, 3072\)"),
        (pickled(PIXELS, LABELS[1:]), "a list of 20 integers, received list of 19"),
        (
            WHOLE.replace(b"(K" + LABELS[:1].tobytes(), b"(U\x01x"),
            "20 integers, received list of 20",
        ),
        (pickled(PIXELS, TEN), "labels from 0 to 9, received label 10 at sample 3"),
        (b"\x80\x02U\xffq\xff\xff\xff\xff.", "expected 255 bytes"),
        (b"\x80\x02}r\xff\xff\xff\xff.", "data: uint8"),  # the highest memo costs nothing
    ],
)
def test_damaged_pickles(tmp_path, content, message):
    write(tmp_path, 10, "python", True, **{"cifar-10-batches-py/test_batch": content})
    with pytest.raises(DataError, match=rf"tar\.gz: cifar-10-batches-py/test_batch: .*{message}"):
        load_cifar10("test", tmp_path)


@pytest.mark.parametrize("suffix", [".bin", ""])
def test_missing_batch_of_a_folder(tmp_path, suffix):
    version = "binary" if suffix else "python"
    write(tmp_path, 10, version, False)
    next(tmp_path.glob(f"*/data_batch_4{suffix}")).unlink()
    with pytest.raises(DataError, match=rf"data_batch_4{suffix}.*No such file"):
        load_cifar10("train", tmp_path)


def test_damaged_archives(tmp_path, monkeypatch):
    monkeypatch.setattr("dlcore.data.archive.CHUNK", 512)  # so that the checksum comes late
    path = tmp_path / "cifar-10-binary.tar.gz"
    files, _ = members(10, "binary")
    whole = archive(files)
    del files["cifar-10-batches-bin/data_batch_3.bin"]
    for content, message in [
        (b"", "received"),
        (b"no archive", "Not a gzipped file"),
        (whole[: len(whole) // 2], "ended before"),
        (whole[:-8] + bytes(8), "CRC check failed"),
        (archive(files), "a member cifar-10-batches-bin/data_batch_3.bin, received none"),
    ]:
        path.write_bytes(content)
        with pytest.raises(DataError, match=rf"cifar-10-binary\.tar\.gz: .*{message}"):
            load_cifar10("train", tmp_path)


def test_archives_that_swell(tmp_path, monkeypatch):
    monkeypatch.setattr(cifar, "ARCHIVE_LIMIT", 1 << 20)
    content = archive({"cifar-10-batches-bin/zeros": bytes(1 << 21)})
    (tmp_path / "cifar-10-binary.tar.gz").write_bytes(content)
    with pytest.raises(DataError, match="more than 1048576 bytes inside"):
        load_cifar10("train", tmp_path)


def test_sparse_members_that_swell(tmp_path):
    """A hole of 1 TiB takes a line in the header."""
    name = "cifar-10-batches-bin/test_batch.bin"
    info = tarfile.TarInfo(name)
    info.size = 512
    info.pax_headers = {
        "GNU.sparse.major": "1",
        "GNU.sparse.minor": "0",
        "GNU.sparse.name": name,
        "GNU.sparse.realsize": str(1 << 40),
    }
    with tarfile.open(
        tmp_path / "cifar-10-binary.tar.gz", "w:gz", format=tarfile.PAX_FORMAT
    ) as tar:
        tar.addfile(info, io.BytesIO(b"1\n0\n0\n".ljust(512, b"\0")))
    with pytest.raises(DataError, match=rf"{name} of {1 << 40} bytes"):
        load_cifar10("test", tmp_path)


def test_arrays_of_numpy_2(tmp_path):
    """A file that somebody read and pickled again with Python 2's protocol."""
    content = WHOLE.replace(b"numpy.core.", b"numpy._core.")
    write(tmp_path, 10, "python", False, **{"cifar-10-batches-py/test_batch": content})
    assert len(load_cifar10("test", tmp_path)[0]) == COUNT


def test_the_writer_writes_what_python_unpickles():
    data = pickle.loads(WHOLE, encoding="bytes")[b"data"]
    np.testing.assert_array_equal(data, PIXELS)
