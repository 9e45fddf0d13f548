"""Checkpoints: whole or not there, refused when damaged, the same bytes for the same state."""

import errno
import json
import os
import random

import numpy as np
import pytest

import dlcore as dl
from dlcore.errors import DataError
from dlcore.train import checkpoint as module
from dlcore.train.checkpoint import (
    Checkpoint,
    clean,
    has_checkpoint,
    load_checkpoint,
    save_checkpoint,
)


def made(value=1.0):
    tensors = {"w": dl.full((3, 2), value), "h": dl.tensor([1.5], dtype="bfloat16")}
    return Checkpoint({"step": 7, "lr": 0.1 + 0.2, "names": ["ä", None]}, tensors)


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def test_round_trip(tmp_path):
    assert not has_checkpoint(tmp_path, "last")
    save_checkpoint(tmp_path, ["last", "best"], made())
    state, tensors = load_checkpoint(tmp_path, "best")
    assert state == made().state
    for name, value in made().tensors.items():
        assert tensors[name].dtype == value.dtype
        assert tensors[name].tolist() == value.tolist()
    assert len(names(tmp_path)) == 3  # both names share their tensors


def test_a_missing_one_is_missing(tmp_path):
    with pytest.raises(DataError, match="expected a checkpoint, received No such file") as refused:
        load_checkpoint(tmp_path, "last")
    assert str(refused.value).count("expected") == 1


def test_the_old_tensors_go_when_nobody_names_them(tmp_path):
    save_checkpoint(tmp_path, ["last", "best"], made(1.0))
    save_checkpoint(tmp_path, ["last"], made(2.0))
    assert len(names(tmp_path)) == 4
    save_checkpoint(tmp_path, ["last", "best"], made(3.0))
    assert len(names(tmp_path)) == 3
    assert load_checkpoint(tmp_path, "last").tensors["w"].tolist()[0] == [3.0, 3.0]


def test_leftovers_of_a_killed_process_are_removed(tmp_path):
    save_checkpoint(tmp_path, ["last"], made())
    before = names(tmp_path)
    (tmp_path / ".last.json.partial").write_text("{")
    (tmp_path / "0000.safetensors").write_text("old")
    clean(tmp_path)
    assert names(tmp_path) == before


@pytest.mark.parametrize("refusal", [1, 2, 3, 4])
def test_a_full_disk_keeps_the_checkpoint(tmp_path, monkeypatch, refusal):
    """At whichever flush the disk is full."""
    save_checkpoint(tmp_path, ["last"], made(1.0))
    calls, flush = iter(range(1, 100)), os.fsync

    def refuse(descriptor):
        if next(calls) == refusal:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        flush(descriptor)

    monkeypatch.setattr(os, "fsync", refuse)
    with pytest.raises(DataError, match="No space left"):
        save_checkpoint(tmp_path, ["last"], made(2.0))
    monkeypatch.undo()
    assert load_checkpoint(tmp_path, "last").tensors["w"].tolist()[0][0] in (1.0, 2.0)
    clean(tmp_path)
    assert len(names(tmp_path)) == 2


def test_newer_format_is_refused(tmp_path):
    save_checkpoint(tmp_path, ["last"], made())
    path = tmp_path / "last.json"
    content = json.loads(path.read_text())
    path.write_text(json.dumps({**content, "format": module.FORMAT + 1}))
    with pytest.raises(DataError, match=r"last\.json.*newer dlcore.*upgrade"):
        load_checkpoint(tmp_path, "last")


def damaged(content, generator):
    """A copy with one thing wrong."""
    content = bytearray(content)
    kind = generator.choice(["flip", "cut", "insert", "zero", "swap"])
    place = generator.randrange(len(content))
    if kind == "flip":
        content[place] ^= 1 << generator.randrange(8)
    elif kind == "cut":
        del content[place:]
    elif kind == "insert":
        content[place:place] = bytes(generator.randrange(256) for _ in range(3))
    elif kind == "zero":
        content[place : place + 8] = bytes(len(content[place : place + 8]))
    else:
        other = generator.randrange(len(content))
        content[place], content[other] = content[other], content[place]
    return bytes(content)


@pytest.mark.parametrize("count", [150, pytest.param(2000, marks=pytest.mark.slow)])
def test_damage_is_never_loaded(tmp_path, count):
    """A damaged file is refused, or means the same: white space in JSON may change."""
    save_checkpoint(tmp_path, ["last"], made())
    files = {path: path.read_bytes() for path in tmp_path.iterdir()}
    generator = random.Random(0)
    refused = 0
    for number in range(count):
        path = sorted(files)[number % len(files)]
        changed = damaged(files[path], generator)
        path.write_bytes(changed)
        try:
            state, tensors = load_checkpoint(tmp_path, "last")
        except DataError:
            refused += 1
        else:
            assert state == made().state
            np.testing.assert_array_equal(tensors["w"].numpy(), made().tensors["w"].numpy())
        path.write_bytes(files[path])
    assert refused > 0.9 * count


def test_tensors_of_another_checkpoint_are_refused(tmp_path):
    save_checkpoint(tmp_path, ["last"], made(1.0))
    (old,) = tmp_path.glob("*.safetensors")
    content = old.read_bytes()
    save_checkpoint(tmp_path, ["last"], made(2.0))
    (new,) = tmp_path.glob("*.safetensors")
    new.write_bytes(content)
    with pytest.raises(DataError, match="SHA-256"):
        load_checkpoint(tmp_path, "last")


def test_a_checkpoint_that_is_replaced_while_it_is_read(tmp_path, monkeypatch):
    save_checkpoint(tmp_path, ["last"], made(1.0))
    read = module._read_json

    def read_late(path):
        content = read(path)
        monkeypatch.setattr(module, "_read_json", read)  # (the saving reads, too)
        save_checkpoint(tmp_path, ["last"], made(2.0))
        return content

    monkeypatch.setattr(module, "_read_json", read_late)
    assert load_checkpoint(tmp_path, "last").tensors["w"].tolist()[0] == [2.0, 2.0]


def test_missing_files_are_named(tmp_path):
    with pytest.raises(DataError, match=r"last\.json"):
        load_checkpoint(tmp_path, "last")
    save_checkpoint(tmp_path, ["last"], made())
    (tensors,) = tmp_path.glob("*.safetensors")
    tensors.unlink()
    with pytest.raises(DataError, match=tensors.name):
        load_checkpoint(tmp_path, "last")
