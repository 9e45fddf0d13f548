"""`dlcore data`: downloads into the folder where the reader looks."""

from hashlib import sha256

import numpy as np

from dlcore.data import download, load_mnist
from dlcore.data.transfer import Source
from tests.cli.command import here
from tests.data.idx_writer import idx_bytes


def test_a_download_is_found_by_its_reader(tmp_path, capsys, monkeypatch):
    arrays = {
        f"{stem}-{kind}-ubyte": np.ones(shape, np.uint8)
        for stem in ("train", "t10k")
        for kind, shape in (("images-idx3", (4, 28, 28)), ("labels-idx1", (4,)))
    }
    sources = []
    for name, array in arrays.items():
        content = idx_bytes(array)
        (tmp_path / name).write_bytes(content)
        url = (tmp_path / name).as_uri()
        sources.append(Source(name, (url,), sha256(content).hexdigest(), len(content)))
    monkeypatch.setitem(download.DOWNLOADS, "mnist", sources)
    done = here(capsys, "data", "mnist", "--data-dir", tmp_path / "data")
    assert (done.code, len(done.stdout.splitlines())) == (0, 4)
    images, labels = load_mnist("test", tmp_path / "data")
    assert images.shape == (4, 1, 28, 28)
    assert labels.tolist() == [1] * 4


def test_without_a_name_all_are_listed(capsys):
    listed = here(capsys, "data").stdout
    assert all(name in listed for name in ("mnist", "fashion-mnist", "cifar10", "cifar100"))


def test_errors_are_one_line(tmp_path, capsys, monkeypatch):
    assert "cifar10" in here(capsys, "data", "letters", "--data-dir", tmp_path).stderr
    monkeypatch.delenv("DLCORE_DATA", raising=False)
    assert "--data-dir" in here(capsys, "data", "mnist").stderr
