"""`dlcore train`."""

from __future__ import annotations

import json
from collections.abc import Callable
from itertools import count
from pathlib import Path
from typing import Any

import click

from dlcore.cli.arguments import PATH, lengths, names
from dlcore.errors import OptionError

BY_RECIPE = "[the model's recipe]"


@click.command()
@click.option("--model", help="Which network; `dlcore models` lists them.  [lenet5]")
@click.option("--data", help="A data set's name, a folder of images, a CSV file.  [digits]")
@click.option("--data-dir", type=PATH, help="Where the files of named data are.  [$DLCORE_DATA]")
@click.option("--target", help="Of a table: the column to predict.")
@click.option("--task", help="Of a table: classification | regression.  [by the target]")
@click.option("--image-size", callback=lengths, help="Size that a folder's images are brought to.")
@click.option("--validation", type=float, help="Share of training data held out.  [0]")
@click.option("--epochs", type=int, help=f"Passes over the data.  {BY_RECIPE}")
@click.option("--batch-size", type=int, help=f"Samples in a step.  {BY_RECIPE}")
@click.option("--lr", type=float, help=f"Highest learning rate.  {BY_RECIPE}")
@click.option("--optimizer", help=f"sgd | adam | adamw | ...  {BY_RECIPE}")
@click.option("--momentum", type=float, help=f"Of the optimizer.  {BY_RECIPE}")
@click.option("--weight-decay", type=float, help=f"Of the optimizer.  {BY_RECIPE}")
@click.option("--schedule", help=f"constant | cosine | step | onecycle | ...  {BY_RECIPE}")
@click.option("--augment", callback=names, help=f"flip,crop or none.  {BY_RECIPE}")
@click.option("--label-smoothing", type=float, help="Share given to all classes.  [0]")
@click.option("--clip-norm", type=float, help="Shorten longer gradients to this.")
@click.option("--precision", help="fp32 | tf32 | fp16 | bf16  [fp32]")
@click.option("--patience", type=int, help="Stop after so many epochs without a better one.")
@click.option("--monitor", help="The metric that says which epoch is best.  [loss]")
@click.option("--seed", type=int, help="Of all random numbers.  [0]")
@click.option("--device", help="auto | cpu | cuda | numpy  [auto]")
@click.option("--workers", type=int, help="Threads that load data; 1 serves small images.  [0]")
@click.option("--checkpoint-every", type=int, help="Steps.  [at the end of each epoch only]")
@click.option("--eager", is_flag=True, default=None, help="Run steps anew, don't record them.")
@click.option("--config", type=PATH, help="TOML file with any of these options.")
@click.option("--resume", type=PATH, help="Go on with the run in this folder, or start it.")
@click.option("--out", type=PATH, help="Run folder.  [runs/MODEL-DATA]")
def train(
    out: Path | None, resume: Path | None, config: Path | None, eager: bool | None, **given: Any
) -> None:
    """Train a network and leave a run folder with weights and metrics."""
    from dlcore.cli.progress import Progress
    from dlcore.train import run
    from dlcore.train.folder import RunFolder
    from dlcore.train.network import read_options
    from dlcore.train.options import RunOptions, read_toml

    options = {name: value for name, value in given.items() if value is not None}
    if eager:
        options["recorded"] = False
    if "data_dir" in options:
        options["data_dir"] = str(options["data_dir"].resolve())
    if config is not None:
        options = {**read_toml(config), **options}
    if resume is not None:
        if out is not None:
            raise OptionError(
                "train",
                expected="either --resume or --out",
                received="both",
                remedy="a resumed run stays in its folder",
            )
        if RunFolder(resume).config.exists() or not options.keys() & {"model", "data"}:
            bar = Progress(read_options(RunFolder(resume)).epochs)
            _interruptible(lambda: run.resume(resume, options, click.echo, [bar]), resume)
            return
        out = resume  # nothing was kept yet: the same command starts the run
    model, data = options.pop("model", "lenet5"), options.pop("data", "digits")
    chosen = RunOptions.of(model, data, **options)
    folder = out or _free_folder(f"{model}-{Path(data).stem}")
    click.echo(_as_toml(chosen.to_json()))
    _interruptible(lambda: run.train(chosen, folder, click.echo, [Progress(chosen.epochs)]), folder)


def _interruptible(work: Callable[[], Any], folder: Path) -> None:
    """Say how to go on after Ctrl-C."""
    try:
        work()
    except KeyboardInterrupt as interrupt:
        if (folder / "config.json").exists():
            interrupt.add_note(f"go on with: dlcore train --resume {folder}")
        raise


def _free_folder(name: str) -> Path:
    """`runs/name`, or `runs/name-2` and so on where that is taken."""
    candidates = (Path("runs", f"{name}-{n}" if n > 1 else name) for n in count(1))
    return next(folder for folder in candidates if not folder.exists())


def _as_toml(options: dict[str, Any]) -> str:
    """The effective configuration, as `--config` takes it."""
    given = {name: value for name, value in options.items() if value is not None}
    lines = (f"{name} = {json.dumps(value, ensure_ascii=False)}" for name, value in given.items())
    return "\n".join(lines)
