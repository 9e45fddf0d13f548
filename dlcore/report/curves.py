"""Learning curves: loss and the headline metric of every split over the epochs, as a picture."""

from __future__ import annotations

import json
from math import isfinite, nan
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dlcore.errors import DataError
from dlcore.report.picture import COLORS, require_picture, write_picture

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

HEADLINES = ("accuracy", "rmse")
"""The metrics that may stand beside the loss: the first one that the file has."""

TITLES = {"loss": "Loss", "accuracy": "Accuracy", "rmse": "Root mean squared error"}

# By split, then by metric: the epochs and what was measured there.
Curves = dict[str, dict[str, tuple[list[int], list[float]]]]


def learning_curves(source: Path, target: Path) -> Path:
    """Draw loss and accuracy (or rmse) of every split over the epochs.

    The same data gives the same bytes, with the same version of matplotlib.

    Args:
        source: a run folder, or its metrics.jsonl: for each line an object with epoch, split, loss
            and metrics.
        target: where the picture goes, .png (1500 x 600 pixels) or .svg.

    Returns: the target.

    Raises:
        OptionError: another suffix, or matplotlib isn't installed.
        DataError: the file of metrics is missing, empty or damaged, or the target can't be written.
    """
    require_picture("learning_curves", target)
    path = source / "metrics.jsonl" if source.is_dir() else source
    curves = _read(path)
    return write_picture("learning_curves", target, (10, 4), lambda figure: _draw(figure, curves))


def _read(path: Path) -> Curves:
    """Every number by split and metric."""
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise _damaged(str(path), "a text file", str(error)) from error
    if not lines:
        raise _damaged(str(path), "a line for each epoch and split", "an empty file")
    curves: Curves = {}
    for number, line in enumerate(lines, 1):
        place = f"{path}, line {number}"
        entry = _entry(place, line)
        metrics = curves.setdefault(entry.pop("split"), {})
        epoch = entry.pop("epoch")
        for name in ("loss", *HEADLINES):
            if name not in entry:
                continue
            epochs, values = metrics.setdefault(name, ([], []))
            if epochs and epoch <= epochs[-1]:
                raise _damaged(place, f"an epoch after {epochs[-1]}", f"epoch {epoch}")
            epochs.append(epoch)
            values.append(entry[name])
    return curves


def _entry(place: str, line: str) -> dict[str, Any]:
    """One line: epoch (int), split (text), loss and headlines (NaN where nothing finite came)."""
    try:
        entry = json.loads(line)
    except json.JSONDecodeError as error:
        raise _damaged(place, "JSON", f"{line[:40]!r} ({error.msg})") from error
    if not isinstance(entry, dict):
        raise _damaged(place, "an object", line[:40])
    for name, kind, words in (("epoch", int, "an integer"), ("split", str, "a text")):
        if type(entry.get(name)) is not kind:
            raise _damaged(place, f"{name}: {words}", repr(entry.get(name)))
    if "loss" not in entry:
        raise _damaged(place, "a loss", "none")
    for name in ("loss", *HEADLINES):
        value = entry.get(name)
        if not (value is None or type(value) in (int, float)):
            raise _damaged(place, f"{name}: a number or null", repr(value))
        if name in entry:
            entry[name] = value if value is not None and isfinite(value) else nan
    return entry


def _damaged(place: str, expected: str, received: str) -> DataError:
    return DataError(
        place, expected=expected, received=received, remedy="name a run folder that is whole"
    )


def _draw(figure: Figure, curves: Curves) -> None:
    """The loss on the left; the headline metric, if there is one, on the right."""
    headlines = [name for name in HEADLINES if any(name in split for split in curves.values())]
    names = ["loss", *headlines[:1]]
    panels = figure.subplots(1, len(names), squeeze=False)[0]
    for axes, name in zip(panels, names, strict=True):
        _panel(axes, curves, name)
    # Every split has a loss, so that panel knows all names.
    figure.legend(*panels[0].get_legend_handles_labels(), loc="outside upper right", ncols=6)


def _panel(axes: Axes, curves: Curves, name: str) -> None:
    from matplotlib.ticker import MaxNLocator, PercentFormatter

    for place, (split, metrics) in enumerate(curves.items()):
        if name in metrics:
            epochs, values = metrics[name]
            # A single epoch has no line, only its marker; many would crowd, so theirs are as
            # wide as the line.
            size = 5 if len(epochs) <= 50 else 1.5
            color = COLORS[place % len(COLORS)]
            axes.plot(epochs, values, marker="o", markersize=size, color=color, label=split)
    axes.set_title(TITLES[name])
    axes.set_xlabel("epoch")
    axes.xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))
    if name == "accuracy":
        axes.yaxis.set_major_formatter(PercentFormatter(1.0))
