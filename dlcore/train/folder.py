"""A run's folder, and the callbacks that write into it.

| file                | content                                                                |
|---------------------|------------------------------------------------------------------------|
| config.json         | what was asked for, and the recipe that filled the rest                |
| metrics.jsonl       | for each epoch and split: epoch, step, split, loss, accuracy, ...      |
| timing.jsonl        | for each epoch: seconds, images per second, share of waiting for data  |
| checkpoints/        | `last` and `best`, see `dlcore/train/checkpoint.py`                    |
| weights.safetensors | parameters and buffers at the end                                      |
| curves.png          | loss and metrics by epoch, where matplotlib is installed               |
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from dlcore.data.loader import Batch
from dlcore.errors import DataError
from dlcore.files import save, write_atomically
from dlcore.train.callback import Best, Callback, Results
from dlcore.train.checkpoint import Checkpoint, clean, save_checkpoint
from dlcore.train.trainer import Trainer


class RunFolder:
    """The paths of a run.

    Args:
        path: of the folder.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.config = path / "config.json"
        self.metrics = path / "metrics.jsonl"
        self.timing = path / "timing.jsonl"
        self.checkpoints = path / "checkpoints"
        self.weights = path / "weights.safetensors"
        self.curves = path / "curves.png"

    def create(self) -> None:
        """Make the folder, which must hold no files yet.

        Raises:
            DataError: it holds files, or the file system refuses.
        """
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            taken = not all(map(_is_remnant, self.path.iterdir()))
            if not taken:
                self.checkpoints.mkdir(exist_ok=True)
        except OSError as error:
            raise _unwritable(self.path, error) from error
        if taken:
            raise DataError(
                str(self.path),
                expected="an empty folder for the run",
                received="a folder with files in it",
                remedy="choose another with --out, remove it, or go on with --resume",
            )

    def require(self) -> None:
        """Refuse a folder that holds no run.

        Raises:
            DataError: there is no config.json in it.
        """
        if not self.config.is_file():
            raise DataError(
                str(self.path),
                expected="the folder of a run, with a config.json in it",
                received="no such folder" if not self.path.is_dir() else "none in it",
                remedy="name the folder that `dlcore train` has made",
            )


class Record(Callback):
    """Writes metrics.jsonl and timing.jsonl; a resume cuts them back to the checkpoint.

    The times of an epoch that was resumed in the middle are those of the rest.

    Args:
        folder: of the run.
    """

    def __init__(self, folder: RunFolder) -> None:
        self.files = {"metrics": folder.metrics, "timing": folder.timing}
        self.lines = dict.fromkeys(self.files, 0)

    def on_epoch_end(self, trainer: Trainer, results: Results) -> None:
        place = {"epoch": trainer.epoch, "step": trainer.step}
        for split, result in results.items():
            self._append("metrics", {**place, "split": split, **_plain(result)})
        seconds = trainer.timing["seconds"]
        timing = {
            "epoch": trainer.epoch,
            "seconds": seconds,
            "images_per_second": trainer.timing["samples"] / seconds,
            "waiting": trainer.timing["waiting"] / seconds,
        }
        self._append("timing", timing)

    def state_dict(self) -> dict[str, Any]:
        return dict(self.lines)

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        for name, path in self.files.items():
            _cut(path, state[name])
            self.lines[name] = state[name]

    @staticmethod
    def restart(callbacks: Sequence[Callback]) -> None:
        """Empty the files, where a run starts again that had no checkpoint yet."""
        for callback in callbacks:
            if isinstance(callback, Record):
                callback.load_state_dict(callback.state_dict())

    def _append(self, name: str, entry: Mapping[str, Any]) -> None:
        path = self.files[name]
        try:
            with path.open("a") as file:
                file.write(json.dumps(entry) + "\n")
                file.flush()
                os.fsync(file.fileno())
        except OSError as error:
            raise _unwritable(path, error) from error
        self.lines[name] += 1


class Checkpoints(Callback):
    """Keeps the last and the best checkpoint, and the weights at the end.

    It has to be the last of the callbacks, as it saves what the others remember.

    Args:
        folder: of the run.
        description: of the run, saved with the trainer's state.
        every: steps between two checkpoints; None for one at the end of each epoch only.
        best: which metric of the evaluated split decides.
    """

    def __init__(
        self,
        folder: RunFolder,
        description: Mapping[str, Any],
        every: int | None = None,
        best: Best | None = None,
    ) -> None:
        self.folder, self.description = folder, dict(description)
        self.every, self.best = every, best or Best()

    def on_fit_start(self, trainer: Trainer) -> None:
        clean(self.folder.checkpoints)

    def on_step_end(self, trainer: Trainer, batch: Batch) -> None:
        if self.every is not None and trainer.step % self.every == 0:
            self._save(trainer, ["last"])

    def on_epoch_end(self, trainer: Trainer, results: Results) -> None:
        # "last" is written last: a run that is killed before it comes here again, and one that is
        # killed after it has its "best".
        self._save(trainer, ["best", "last"] if self.best.improved(results) else ["last"])

    def on_fit_end(self, trainer: Trainer, results: Results) -> None:
        save(trainer.model.state_dict(), self.folder.weights)

    def state_dict(self) -> dict[str, Any]:
        return {"best": self.best.value}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        self.best.value = state["best"]

    def _save(self, trainer: Trainer, names: list[str]) -> None:
        state, tensors = trainer.checkpoint()
        whole = Checkpoint({"run": self.description, "trainer": state}, tensors)
        save_checkpoint(self.folder.checkpoints, names, whole)


def _is_remnant(path: Path) -> bool:
    """Whether it is what a run leaves that was killed before it kept anything."""
    if path.name == "checkpoints" and path.is_dir():
        return not any(path.iterdir())
    return path.name == ".config.json.partial"


def _plain(result: Mapping[str, Any]) -> dict[str, Any]:
    """The single numbers of a result: no tables, no names."""
    return {name: value for name, value in result.items() if isinstance(value, int | float)}


def _cut(path: Path, lines: int) -> None:
    """Keep the first lines of a file.

    Raises:
        DataError: it has fewer.
    """
    content = path.read_bytes().splitlines(keepends=True) if path.exists() else []
    whole = [line for line in content if line.endswith(b"\n")]
    if len(whole) < lines:
        raise DataError(
            str(path),
            expected=f"at least {lines} lines, as many as the checkpoint counts",
            received=f"{len(whole)}",
            remedy="put the file back, or train again",
        )
    if len(content) != lines:
        write_atomically(path, b"".join(content[:lines]))


def _unwritable(path: Path, error: OSError) -> DataError:
    return DataError(
        str(path),
        expected="a place that can be written to",
        received=error.strerror or str(error),
        remedy="free space, or choose another folder with --out",
    )
