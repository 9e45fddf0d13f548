"""What a training run shows: a bar where somebody looks, a line for each epoch."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import click

from dlcore.data.loader import Batch
from dlcore.train.callback import Callback, Results

if TYPE_CHECKING:
    from tqdm import tqdm

    from dlcore.train.trainer import Trainer

FORMS = {"accuracy": "{:.2%}", "rmse": "{:.4g}"}
"""How headline metrics are printed; what isn't here, with four digits."""


class Progress(Callback):
    """Images per second and the time left of the epoch, on a terminal; then the epoch's results.

    Args:
        epochs: of the whole run.
    """

    def __init__(self, epochs: int) -> None:
        self.epochs = epochs
        self._bar: tqdm[Any] | None = None
        self._unit = ""

    def on_epoch_start(self, trainer: Trainer) -> None:
        assert trainer.loader is not None
        self._unit = "images" if len(trainer.loader.dataset.shape) == 3 else "rows"
        if sys.stderr is None or not sys.stderr.isatty():  # (None where it was closed)
            return
        from tqdm import tqdm

        done = trainer.loader.batch * trainer.loader.batch_size
        total = len(trainer.loader.dataset)
        title = f"epoch {trainer.epoch + 1}/{self.epochs}"
        self._bar = tqdm(desc=title, initial=done, total=total, unit=f" {self._unit}", leave=False)

    def on_step_end(self, trainer: Trainer, batch: Batch) -> None:
        if self._bar is not None:
            self._bar.update(len(batch.targets))

    def on_epoch_end(self, trainer: Trainer, results: Results) -> None:
        if self._bar is not None:
            self._bar.close()
            self._bar = None
        rate = trainer.timing["samples"] / trainer.timing["seconds"]
        parts = [f"epoch {trainer.epoch}/{self.epochs}"]
        for split, result in results.items():
            shown = (f"{name} {FORMS.get(name, '{:.4f}').format(v)}" for name, v in _some(result))
            parts.append(f"{split}: {', '.join(shown)}")
        click.echo("  ".join([*parts, f"{rate:,.0f} {self._unit}/s"]))


def _some(result: dict[str, Any]) -> list[tuple[str, Any]]:
    """The loss and the headline metric."""
    return [(name, value) for name, value in result.items() if value is not None][:2]
