"""Writes CIFAR's files for the tests, from the formats' description alone."""

import gzip
import io
import struct
import tarfile

import numpy as np


def batch(classes, count, seed=0):
    """Random pixels (N, 3072) and labels (N,)."""
    rng = np.random.default_rng(seed)
    return rng.integers(0, 256, (count, 3072), np.uint8), rng.integers(0, classes, count, np.uint8)


def binary(pixels, labels, classes=10):
    """Records of label and pixels; with 100 classes a group's label, here 7, comes first."""
    groups = [np.full((len(labels), 1), 7, np.uint8)] if classes == 100 else []
    return np.concatenate([*groups, labels[:, None], pixels], axis=1).tobytes()


def pickled(pixels, labels, classes=10):
    """The dict of a batch as Python 2 pickled it, protocol 2, instruction by instruction."""
    key = "labels" if classes == 10 else "fine_labels"
    array = (
        b"cnumpy.core.multiarray\n_reconstruct\nq\x06cnumpy\nndarray\nq\x07K\0\x85U\x01b\x87Rq\x08"
        + b"(K\x01M"
        + struct.pack("<H", len(pixels))
        + b"M\0\x0c\x86"
        + b"cnumpy\ndtype\nq\x09U\x02u1K\0K\x01\x87Rq\x0a"
        + b"(K\x03U\x01|NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\0tb\x89"
        + b"T"
        + struct.pack("<i", pixels.size)
        + pixels.tobytes()
        + b"q\x0btb"
    )
    numbers = b"".join(b"K" + bytes([label]) for label in labels)
    names = b"".join(
        b"U\x0aimage_%04dr" % i + struct.pack("<I", 300 + i) for i in range(len(labels))
    )
    return (
        b"\x80\x02}q\x01(U\x0bbatch_labelq\x02U\x15training batch 1 of 5q\x03"
        + b"U" + bytes([len(key)]) + key.encode() + b"q\x04]q\x05(" + numbers + b"eU\x04dataq\x0c"
        + array + b"U\x09filenamesq\x0d]q\x0e(" + names + b"eu."
    )  # fmt: skip


def archive(members):
    """A .tar.gz of files by name."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as tar:
        for name, content in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            tar.addfile(info, io.BytesIO(content))
    return gzip.compress(packed.getvalue(), 1)
