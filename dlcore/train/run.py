"""A run: a model, its data and its options, trained into a folder.

| file                | content                                                         |
|---------------------|-----------------------------------------------------------------|
| config.json         | what was asked for, and the recipe that filled the rest         |
| metrics.jsonl       | for each epoch and split: epoch, step, split, loss, accuracy    |
| timing.jsonl        | for each epoch: seconds, images per second                      |
| weights.safetensors | parameters and buffers after the last epoch                     |
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from math import cos, pi
from pathlib import Path
from time import perf_counter
from typing import Any

from dlcore import random
from dlcore.backend import get_backend
from dlcore.backend.meta import MetaBackend
from dlcore.data.loader import Batch, DataLoader
from dlcore.data.sources import load
from dlcore.errors import DataError, DeviceError, OptionError
from dlcore.files import save, save_json
from dlcore.models.registry import entry
from dlcore.ops.loss import cross_entropy
from dlcore.optim.schedule import LambdaLR
from dlcore.optim.sgd import SGD
from dlcore.precision import Precision
from dlcore.train.trainer import Metrics, Trainer

Progress = Callable[[Iterable[Batch], str], Iterable[Batch]]


@dataclass(frozen=True)
class RunOptions:
    """What a run depends on; `RunOptions.of` takes from the model's recipe what isn't given.

    Attributes:
        model, data: registered names.
        epochs, batch_size, lr, momentum, weight_decay: of SGD.
        precision: "fp32", "tf32", "fp16" or "bf16".
        device: "auto", "cpu", "cuda", ...
        seed: of all random numbers.
        recorded: whether steps are recorded and replayed.
        data_dir: where the data's files are.
    """

    model: str
    data: str
    epochs: int
    batch_size: int
    lr: float
    momentum: float | None
    weight_decay: float
    optimizer: str = "sgd"
    schedule: str = "cosine"
    augment: tuple[str, ...] = ()
    precision: Precision = "fp32"
    device: str = "auto"
    seed: int = 0
    recorded: bool = True
    data_dir: Path | None = None

    @classmethod
    def of(cls, model: str, data: str, **given: Any) -> RunOptions:
        """The model's recipe, with what is given (and not None) in its place.

        Raises:
            OptionError: an unknown model, or a number out of range.
        """
        chosen = asdict(entry(model).recipe(data))
        chosen |= {name: value for name, value in given.items() if value is not None}
        for name in ("epochs", "batch_size"):
            if chosen[name] < 1:
                raise OptionError(
                    "train",
                    expected=f"{name} of at least 1",
                    received=str(chosen[name]),
                    remedy="give a larger one, or leave it to the recipe",
                )
        return cls(model, data, **chosen)


def train(
    options: RunOptions, out: Path, progress: Progress, report: Callable[[str], None]
) -> Metrics:
    """Train as the options say and leave a run folder.

    Args:
        options: what to train, on what, how.
        out: a folder that is empty or not there yet.
        progress: wraps the batches of an epoch, to show how far it is.
        report: takes a line of text for each epoch.

    Returns: the metrics on the test split after the last epoch.

    Raises:
        OptionError, DataError, DeviceError: options, data, folder or device that don't serve.
    """
    backend = get_backend(options.device)
    if isinstance(backend, MetaBackend):
        raise DeviceError(
            "train",
            expected="a device that computes",
            received=f"device {options.device!r}",
            remedy="use --device cpu",
        )
    splits = {name: load(options.data, name, options.data_dir) for name in ("train", "test")}
    trained, tested = splits["train"], splits["test"]
    random.manual_seed(options.seed)
    model = entry(options.model).build(trained.shape, len(trained.classes), backend)
    batches = DataLoader(trained, options.batch_size, shuffle=True, device=backend)
    test_batches = DataLoader(tested, 500, device=backend)
    optimizer = SGD(
        model.parameters(),
        lr=options.lr,
        momentum=options.momentum or 0.0,
        weight_decay=options.weight_decay,
    )
    schedule = LambdaLR(optimizer, rise_and_cosine(options.epochs * len(batches)))
    trainer = Trainer(
        model, cross_entropy, optimizer, schedule, options.precision, options.recorded
    )
    # Nothing is written before all options are known to serve.
    folder = _new_folder(out)
    save_json(folder / "config.json", _as_json(options))
    report(f"{options.model} on {options.data}, {options.precision}, device {backend.device}")
    metrics, timing = folder / "metrics.jsonl", folder / "timing.jsonl"
    for epoch in range(1, options.epochs + 1):
        start = perf_counter()
        fitted = trainer.train_epoch(progress(batches, f"epoch {epoch}/{options.epochs}"))
        seconds = perf_counter() - start
        result = trainer.evaluate(test_batches)
        step = epoch * len(batches)
        _append(metrics, {"epoch": epoch, "step": step, "split": "train", **_named(fitted)})
        _append(metrics, {"epoch": epoch, "step": step, "split": "test", **_named(result)})
        rate = fitted.samples / seconds
        _append(timing, {"epoch": epoch, "seconds": seconds, "images_per_second": rate})
        save(model.state_dict(), folder / "weights.safetensors")
        report(
            f"epoch {epoch}/{options.epochs}  train loss {fitted.loss:.4f}  "
            f"test loss {result.loss:.4f}  test accuracy {result.accuracy:.2%}  "
            f"{rate:,.0f} images/s"
        )
    report(f"run saved in {folder}")
    return result


def rise_and_cosine(steps: int) -> Callable[[int], float]:
    """Factor of the learning rate: up in a line over the first tenth, then a cosine to zero."""
    rise = max(steps // 10, 1)

    def factor(done: int) -> float:
        if done < rise:
            return (done + 1) / (rise + 1)
        return (1 + cos(pi * min((done - rise) / max(steps - rise, 1), 1.0))) / 2

    return factor


def _new_folder(out: Path) -> Path:
    try:
        out.mkdir(parents=True, exist_ok=True)
        taken = any(out.iterdir())
    except OSError as error:
        raise DataError(
            str(out),
            expected="a folder for the run",
            received=error.strerror or str(error),
            remedy="choose another with --out",
        ) from error
    if taken:
        raise DataError(
            str(out),
            expected="an empty folder for the run",
            received="a folder with files in it",
            remedy="choose another with --out, or remove it",
        )
    return out


def _append(path: Path, entry: dict[str, Any]) -> None:
    with path.open("a") as file:
        file.write(json.dumps(entry) + "\n")


def _named(metrics: Metrics) -> dict[str, Any]:
    return {"loss": metrics.loss, "accuracy": metrics.accuracy}


def _as_json(options: RunOptions) -> dict[str, Any]:
    content = asdict(options)
    del content["data_dir"]  # a path of this machine says nothing about the run
    return content
