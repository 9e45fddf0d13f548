"""Folders of images: labels by folder, damage reported by name, the same samples for any reader."""

import warnings
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import numpy as np
import pytest
from PIL import Image

from dlcore.data import folder as module
from dlcore.data.folder import ImageFolder, find_splits
from dlcore.errors import DataError, OptionError


def save(path, value=0, size=(4, 6), **options):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(np.full((*size, 3), value, np.uint8)).save(path, **options)


def truncate(path):
    """The header of a photograph, and a third of its pixels."""
    noise = np.random.default_rng(0).integers(0, 256, (64, 64, 3), np.uint8)
    Image.fromarray(noise).save(path)
    path.write_bytes(path.read_bytes()[:3000])


@pytest.fixture
def root(tmp_path):
    for value, name in enumerate(["cat/b.png", "cat/a.PNG", "cat/more/c.bmp", "dog/d.ppm"]):
        save(tmp_path / name, value)
    return tmp_path


def values(samples):
    return samples.inputs[:, 0, 0, 0].tolist()


def test_labels_and_order(root):
    dataset = ImageFolder(root)
    assert dataset.classes == ("cat", "dog")
    assert dataset.targets.dtype == np.int64
    assert dataset.targets.tolist() == [0, 0, 0, 1]
    assert [path.name for path in dataset.paths] == ["a.PNG", "b.png", "c.bmp", "d.ppm"]
    samples = dataset.read(np.array([3, 1, 1]))
    assert samples.numbers.tolist() == [3, 1, 1]
    assert samples.targets.tolist() == [1, 0, 0]
    assert values(samples) == [3, 0, 0]
    assert (samples.inputs.dtype, samples.inputs.shape) == (np.uint8, (3, 3, 4, 6))
    assert dataset.shape == (3, 4, 6)
    assert dataset[0][1] == 0


def test_size_and_channels(root):
    save(root / "dog" / "large.png", 9, (40, 60))
    dataset = ImageFolder(root, (8, 5), 1)
    assert dataset.shape == (1, 8, 5)
    assert values(dataset.read(np.arange(5))) == [1, 0, 2, 3, 9]
    with pytest.raises(
        DataError, match=r"large\.png: expected 4 x 6 .*received 40 x 60; give a size"
    ):
        ImageFolder(root)
    with pytest.raises(OptionError, match="ImageFolder"):
        ImageFolder(root, (8, 5), 4)


def test_damaged_files_are_reported_by_name(root):
    (root / "cat" / "empty.jpg").write_bytes(b"")
    (root / "cat" / "text.png").write_text("no image")
    (root / "cat" / "notes.txt").write_text("no image")
    (root / "cat" / "gone.png").symlink_to("nowhere.png")
    (root / "cat" / ".hidden.png").write_text("no image")
    save(root / "stray.png")
    truncate(root / "dog" / "half.png")
    lines = []
    dataset = ImageFolder(root, (4, 6), report=lines.append)
    assert len(dataset) == 5
    found = [line.split(":")[0].removeprefix(f"left out {root}/") for line in lines]
    assert found == ["stray.png", "cat/empty.jpg", "cat/gone.png", "cat/notes.txt", "cat/text.png"]
    for _ in range(2):
        samples = dataset.read(np.array([0, 4, 3]))
        assert samples.numbers.tolist() == [0, 3]
        assert values(samples) == [1, 3]
    assert len(lines) == 6
    assert "half.png: expected a whole image" in lines[5]
    assert dataset.read(np.array([4])).inputs.shape == (0, 3, 4, 6)
    with pytest.raises(DataError, match="sample 4, which is damaged"):
        dataset[4]


def test_reports_are_warnings_by_default(root):
    (root / "cat" / "text.png").write_text("no image")
    with pytest.warns(UserWarning, match=r"left out .*text\.png"):
        ImageFolder(root)


@pytest.mark.parametrize("cache_bytes", [0, 1 << 20])
def test_images_are_decoded_once_if_they_find_room(root, monkeypatch, cache_bytes):
    dataset = ImageFolder(root, cache_bytes=cache_bytes)
    calls = []
    monkeypatch.setattr(
        module, "open_image", lambda *arguments: calls.append(1) or np.zeros(dataset.shape)
    )
    for _ in range(3):
        dataset.read(np.arange(4))
    assert len(calls) == (4 if cache_bytes else 12)


@pytest.mark.parametrize("cache_bytes", [0, 1 << 30])
def test_threads_read_the_same(tmp_path, cache_bytes):
    for value in range(200):
        save(tmp_path / "ab"[value % 2] / f"{value:03}.png", value)
    truncate(tmp_path / "a" / "half.png")
    lines = []
    dataset = ImageFolder(tmp_path, (4, 6), report=lines.append, cache_bytes=cache_bytes)
    alone = ImageFolder(tmp_path, (4, 6), report=lambda line: None).read(np.arange(201))
    with ThreadPoolExecutor(8) as pool:
        together = list(pool.map(dataset.read, [np.arange(201)] * 8))
    for samples in together:
        for one, other in zip(samples, alone, strict=True):
            np.testing.assert_array_equal(one, other)
    assert len(lines) == 1


def test_damage_that_two_threads_meet_is_reported_once(root, monkeypatch):
    together = Barrier(2)

    def meet(path, size, channels):
        together.wait(10)
        raise DataError(str(path), expected="an image", received="none", remedy="remove it")

    monkeypatch.setattr(module, "open_image", meet)
    lines = []
    dataset = ImageFolder(root, report=lines.append)
    with ThreadPoolExecutor(2) as pool:
        found = list(pool.map(dataset.read, [np.array([0])] * 2))
    assert [len(samples.numbers) for samples in found] == [0, 0]
    assert len(lines) == 1


def test_classes_of_the_training_part(root):
    for path in (root / "cat").glob("**/*.*"):
        path.unlink()
    dataset = ImageFolder(root, classes=("bird", "cat", "dog"))
    assert dataset.targets.tolist() == [2]
    assert dataset.classes == ("bird", "cat", "dog")
    with pytest.raises(DataError, match=r"the classes bird, cat, received dog; .*train with this"):
        ImageFolder(root, classes=("bird", "cat"))


def test_folders_without_classes(root, tmp_path_factory):
    empty = tmp_path_factory.mktemp("empty")
    with pytest.raises(DataError, match="a folder for each class, received no folder in it"):
        ImageFolder(empty)
    with pytest.raises(DataError, match="No such file"):
        ImageFolder(empty / "missing")
    (empty / "one").mkdir()
    with pytest.raises(DataError, match="two or more class folders, received only one"):
        ImageFolder(empty)
    (empty / "two").mkdir()
    save(empty / "one" / "image.png")
    with pytest.raises(DataError, match=r"two: expected a readable image in it, received none"):
        ImageFolder(empty)
    (empty / "one" / "image.png").unlink()
    with pytest.raises(DataError, match=r"empty\d+: expected a readable image in it"):
        ImageFolder(empty, classes=("one", "two"))


def test_folders_that_cannot_be_read(root, monkeypatch):
    listdir = module.list_names.__globals__["os"].listdir

    def refuse(folder):
        if str(folder).endswith("dog"):
            raise PermissionError(13, "Permission denied")
        return listdir(folder)

    monkeypatch.setattr("os.listdir", refuse)
    with pytest.raises(DataError, match=r"dog: .*received Permission denied"):
        ImageFolder(root)


def test_links_are_followed_but_not_in_circles(root, tmp_path_factory):
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    save(elsewhere / "bird.png", 7)
    (root / "bird").symlink_to(elsewhere)
    (root / "cat" / "up").symlink_to(root)
    (root / "cat" / "self").symlink_to(root / "cat")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        dataset = ImageFolder(root)
    assert dataset.classes == ("bird", "cat", "dog")
    assert dataset.targets.tolist() == [0, 1, 1, 1, 2]


@pytest.mark.parametrize(
    ("folders", "expected"),
    [
        (["train", "test"], {"train": "train", "test": "test"}),
        (["Training", "val"], {"train": "Training", "test": "val"}),
        (["train", "valid", "test"], {"train": "train", "test": "test", "validation": "valid"}),
        (["train"], {"train": "train"}),
        (["test", "validation"], {"all": "."}),
        (["cat", "dog"], {"all": "."}),
    ],
)
def test_splits(tmp_path, folders, expected):
    for name in folders:
        (tmp_path / name / "class").mkdir(parents=True)
    assert find_splits(tmp_path) == {name: tmp_path / path for name, path in expected.items()}


def test_a_class_may_be_called_train(tmp_path):
    save(tmp_path / "train" / "locomotive.png")
    save(tmp_path / "tram" / "tram.png")
    assert find_splits(tmp_path) == {"all": tmp_path}
