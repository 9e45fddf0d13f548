"""Damaged files of every kind: either they load whole and in range, or one error names the file."""

import dataclasses
import gzip
import io
import resource
import time

import numpy as np
import pytest
from PIL import Image

from dlcore.data import cifar
from dlcore.data.cells import read_table
from dlcore.data.cifar import load_cifar10
from dlcore.data.image import image_size, open_image
from dlcore.data.mnist import load_mnist
from dlcore.data.table import Columns
from dlcore.errors import DataError
from tests.data.cifar_writer import archive, batch, binary, pickled
from tests.data.idx_writer import idx_bytes

COUNT = 12
PIXELS, LABELS = batch(10, COUNT)
IMAGES = PIXELS[:, :784].reshape(COUNT, 28, 28)
TEXT = "".join(f'{i},"{"ab"[i % 2]} ; {i}",{i / 7}\n' for i in range(30))


def picture(suffix, **options):
    file = io.BytesIO()
    pixels = np.random.default_rng(0).integers(0, 256, (24, 20, 3), np.uint8)
    Image.fromarray(pixels).save(file, suffix, **options)
    return file.getvalue()


def read_mnist(root):
    images, labels = load_mnist("test", root)
    assert images.shape[1:] == (1, 28, 28)
    assert images.shape[0] == len(labels)
    assert not labels.size or labels.max() < 10


def read_cifar(root):
    images, labels = load_cifar10("test", root)
    assert images.shape == (COUNT, 3, 32, 32)
    assert 0 <= labels.min() <= labels.max() < 10


def read_csv(root):
    table = read_table(root / "table.csv")
    assert len({len(cells) for cells in table.cells.values()}) == 1
    assert all(cell for cells in table.cells.values() for cell in cells)
    columns = Columns.fit(table, next(reversed(table.cells)), np.arange(len(table)))
    assert np.isfinite(columns.inputs(table)).all()
    assert np.isfinite(columns.targets(table)).all()


def read_image(root):
    image_size(root / "image")
    pixels = open_image(root / "image", None, 3)
    assert pixels.shape[0] == 3
    assert pixels.dtype == np.uint8
    assert open_image(root / "image", (8, 8), 1).shape == (1, 8, 8)


IDX = {
    "t10k-images-idx3-ubyte": idx_bytes(IMAGES),
    "t10k-labels-idx1-ubyte": idx_bytes(LABELS),
}
CIFAR = "cifar-10-batches-bin/test_batch.bin"
# Kind: the files, the one that is damaged, and its reader.
KINDS = {
    "idx images": (IDX, "t10k-images-idx3-ubyte", read_mnist),
    "idx labels": (IDX, "t10k-labels-idx1-ubyte", read_mnist),
    "idx gzipped": (
        {name: gzip.compress(content) for name, content in IDX.items()},
        "t10k-images-idx3-ubyte",
        read_mnist,
    ),
    "cifar binary": ({CIFAR: binary(PIXELS, LABELS)}, CIFAR, read_cifar),
    "cifar pickle": (
        {"cifar-10-batches-py/test_batch": pickled(PIXELS, LABELS)},
        "cifar-10-batches-py/test_batch",
        read_cifar,
    ),
    "cifar archive": (
        {"cifar-10-binary.tar.gz": archive({CIFAR: binary(PIXELS, LABELS)})},
        "cifar-10-binary.tar.gz",
        read_cifar,
    ),
    "csv": ({"table.csv": f"number,word,value\n{TEXT}".encode()}, "table.csv", read_csv),
} | {
    f"image {kind}": ({"image": picture(kind)}, "image", read_image)
    for kind in ("JPEG", "PNG", "GIF", "BMP", "TIFF", "WEBP", "PPM")
}
# The share of damaged files that has to be refused; a checksum finds nearly every damage.
REFUSED = {"idx gzipped": 0.9, "cifar archive": 0.9}


def mutate(content, rng):
    """One to three changes, in the first bytes as often as anywhere."""
    damaged = bytearray(content)
    for _ in range(rng.integers(1, 4)):
        size = len(damaged)
        start = int(rng.integers(0, (min(size, 100) if rng.random() < 0.5 else size) + 1))
        length = int(rng.integers(1, 9))
        match rng.integers(0, 6):
            case 0:  # flip
                for place in range(start, min(start + length, size)):
                    damaged[place] ^= 1 << int(rng.integers(0, 8))
            case 1:
                damaged[start : start + length] = rng.bytes(length)
            case 2:
                damaged[start : start + length] = bytes([rng.choice([0, 255])]) * length
            case 3:
                damaged[start:start] = rng.bytes(length)
            case 4:
                del damaged[start : start + length]
            case 5:
                del damaged[start:]
    return bytes(damaged)


@pytest.fixture(autouse=True)
def small(monkeypatch):
    release = dataclasses.replace(cifar.CIFAR10, records={"train": COUNT, "test": COUNT})
    monkeypatch.setattr(cifar, "CIFAR10", release)


def check(root, kind, count, seed=0):
    files, name, read = KINDS[kind]
    for other, content in files.items():
        (root / other).parent.mkdir(exist_ok=True)
        (root / other).write_bytes(content)
    read(root)
    rng = np.random.default_rng([seed, *kind.encode()])
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    refused = named = 0
    for _ in range(count):
        (root / name).write_bytes(mutate(files[name], rng))
        start = time.perf_counter()
        try:
            read(root)
        except DataError as error:
            refused += 1
            named += str(root) in str(error)
        assert time.perf_counter() - start < 5
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - memory
    assert grown < 500_000, f"{grown} KB"
    assert named == refused
    return refused / count


@pytest.mark.parametrize("kind", KINDS)
def test_damage_is_refused_or_harmless(tmp_path, kind):
    assert check(tmp_path, kind, 15) > REFUSED.get(kind, 0.2)


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
def test_much_damage_is_refused_or_harmless(tmp_path, kind):
    assert check(tmp_path, kind, 2000, seed=1) > REFUSED.get(kind, 0.2)
