"""Runs: a model, its data and its options, trained into a folder, from the start or resumed."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from importlib.util import find_spec
from os.path import exists
from pathlib import Path
from typing import Any, NamedTuple

from dlcore import random
from dlcore.backend.interface.checks import require_option
from dlcore.data.loader import DataLoader
from dlcore.data.named import DATASETS
from dlcore.data.preparation import Preparation
from dlcore.data.sources import Report, Splits, open_data
from dlcore.data.transforms import augmentation
from dlcore.errors import DataError, OptionError
from dlcore.files import remove_scratch, save_json
from dlcore.models.registry import entry
from dlcore.optim.registry import make_optimizer, make_schedule
from dlcore.train.callback import Best, Callback, EarlyStopping, Results
from dlcore.train.checkpoint import Checkpoint, has_checkpoint, load_checkpoint
from dlcore.train.folder import Checkpoints, Record, RunFolder
from dlcore.train.hold import hold
from dlcore.train.network import Network, computing, content_of, make_network, read_options
from dlcore.train.options import PLACE, RunOptions, checked
from dlcore.train.trainer import Trainer

EVALUATION_BATCH = 500


class Run(NamedTuple):
    """All parts of a run, ready to train."""

    options: RunOptions
    folder: RunFolder
    trainer: Trainer
    batches: DataLoader
    evaluations: dict[str, DataLoader]
    description: dict[str, Any]


def train(
    options: RunOptions, out: Path, report: Report, callbacks: Sequence[Callback] = ()
) -> Results:
    """Train as the options say and leave a run folder.

    Args:
        options: what to train, on what, how.
        out: a folder that is empty or not there yet.
        report: takes a line for each epoch, and what there is to say of the data.
        callbacks: others, told before the run's own.

    Returns: the results of the last epoch, by split.

    Raises:
        OptionError, DataError, DeviceError: options, data, folder or device that don't serve.
    """
    options = _located(options)
    # Nothing is written before all options are known to serve.
    run = _assemble(options, RunFolder(out), report, callbacks)
    run.folder.create()
    with hold(out):
        save_json(run.folder.config, options.to_json())
        return _fit(run, report)


def resume(
    out: Path,
    changes: Mapping[str, Any],
    report: Report,
    callbacks: Sequence[Callback] = (),
) -> Results:
    """Go on with a run where its last checkpoint was taken, to the same bits.

    Args:
        out: the run's folder.
        changes: options in place of the run's: where and how fast it runs, not what it computes.
        report, callbacks: as for `train`.

    Returns: the results of the last epoch, by split; {} if the run was complete.

    Raises:
        OptionError: a change of what the run computes. DataError: a folder without a run or with
            one that is going on, a damaged checkpoint, or other data than the run was started with.
    """
    folder = RunFolder(out)
    folder.require()
    with hold(out):
        return _resume(folder, changes, report, callbacks)


def _resume(
    folder: RunFolder, changes: Mapping[str, Any], report: Report, callbacks: Sequence[Callback]
) -> Results:
    started = read_options(folder)
    options = _changed(started, changes)
    last = None
    if has_checkpoint(folder.checkpoints, "last"):
        last = load_checkpoint(folder.checkpoints, "last")
    run = _assemble(options, folder, report, callbacks)
    remove_scratch(folder.path)
    if last is None:
        report("no checkpoint yet, starting again")
        run.folder.checkpoints.mkdir(exist_ok=True)
        Record.restart(run.trainer.callbacks)
    else:
        _restore(run, last)
        report(f"resumed after step {run.trainer.step:,}")
    if options != started:
        save_json(folder.config, options.to_json())
    return _fit(run, report)


def _assemble(
    options: RunOptions, folder: RunFolder, report: Report, callbacks: Sequence[Callback]
) -> Run:
    """All parts, fresh: the same options give the same ones."""
    backend = computing(options.device)
    random.manual_seed(options.seed)
    splits = open_splits(options, report)
    preparation = Preparation.fit(splits.parts["train"], splits.columns)
    network = make_network(options, preparation, backend)
    batches = loader_of(
        network,
        splits,
        "train",
        options.batch_size,
        shuffle=True,
        transform=augmentation(options.augment, preparation.shape),
    )
    evaluations = {
        split: loader_of(network, splits, split) for split in splits.parts if split != "train"
    }
    optimizer = make_optimizer(
        options.optimizer,
        network.model.parameters(),
        lr=options.lr,
        momentum=options.momentum,
        weight_decay=options.weight_decay,
    )
    steps = options.epochs * len(batches)
    description = {
        "options": options.recipe(),
        "preparation": preparation.to_json(),
        "samples": {split: len(part) for split, part in splits.parts.items()},
    }
    trainer = Trainer(
        network.model,
        network.task.loss,
        optimizer,
        make_schedule(options.schedule, optimizer, steps, options.epochs),
        options.precision,
        options.recorded,
        clip_norm=options.clip_norm,
        metrics=network.task.metrics,
        callbacks=[*callbacks, *_own_callbacks(network, description, folder)],
    )
    return Run(options, folder, trainer, batches, evaluations, description)


def _own_callbacks(
    network: Network, description: Mapping[str, Any], folder: RunFolder
) -> list[Callback]:
    options, better = network.options, network.task.better
    require_option("train", "monitor", options.monitor, better)

    def best() -> Best:
        return Best(options.monitor, "min" if better[options.monitor] == "lower" else "max")

    stopping = [] if options.patience is None else [EarlyStopping(options.patience, best())]
    checkpoints = Checkpoints(folder, description, options.checkpoint_every, best())
    return [*stopping, Record(folder), checkpoints]


def _fit(run: Run, report: Report) -> Results:
    results = run.trainer.fit(run.batches, run.options.epochs, run.evaluations)
    if not results:
        report("the run was complete already")
    if find_spec("matplotlib") is None:
        report('without learning curves: pip install "dlcore-framework[plots]" draws them')
    else:
        from dlcore.report.curves import learning_curves

        learning_curves(run.folder.metrics, run.folder.curves)
    report(f"run saved in {run.folder.path}")
    return results


def _changed(options: RunOptions, changes: Mapping[str, Any]) -> RunOptions:
    """The options of a run that goes on elsewhere or at another pace."""
    changed = _located(replace(options, **changes))
    for name, value in options.recipe().items():
        if changed.recipe()[name] != value:
            raise OptionError(
                "resume",
                expected=f"{name} {value}, with which the run was started; "
                f"only {', '.join(PLACE)} and the folder of the data can change",
                received=f"{name} {changed.recipe()[name]}",
                remedy="leave it out, or start another run",
            )
    return changed


def _located(options: RunOptions) -> RunOptions:
    """The same with whole paths, to find the data from another folder."""
    paths: dict[str, Any] = {}
    if options.data not in DATASETS and exists(options.data):
        paths["data"] = str(Path(options.data).resolve())
    if options.data_dir is not None:
        paths["data_dir"] = str(Path(options.data_dir).resolve())
    return replace(options, **paths)


def _restore(run: Run, checkpoint: Checkpoint) -> None:
    """Set all parts to a checkpoint, which must be of the same run on the same data."""
    source = run.folder.checkpoints / "last.json"
    with content_of(source):
        saved = dict(checkpoint.state["run"])
        # (an option that is younger than the checkpoint had its default)
        saved["options"] = RunOptions(**checked(saved["options"], str(source))).recipe()
        for part, value in run.description.items():
            if saved[part] != json.loads(json.dumps(value)):
                raise DataError(
                    str(source),
                    expected=f"the {part} of this run: {_brief(value)}",
                    received=_brief(saved[part]),
                    remedy="resume with the data and the config.json that the run was started with",
                )
        trainer = Checkpoint(checkpoint.state["trainer"], checkpoint.tensors)
        run.trainer.restore(trainer, run.batches)


def _brief(value: Any) -> str:
    text = json.dumps(value)
    return text if len(text) <= 300 else f"{text[:300]} ..."


def open_splits(options: RunOptions, report: Report) -> Splits:
    """The data of a run, cut into its parts. The random seed must be set."""
    model = entry(options.model)
    size = model.input_size if model.smallest is None else None
    if options.image_size is not None:
        if options.data in DATASETS or Path(options.data).is_file():
            raise OptionError(
                "data",
                expected="a folder of images where their size is given",
                received=repr(options.data),
                remedy="leave --image-size out",
            )
        size = (options.image_size[0], options.image_size[-1])
    return open_data(
        options.data,
        folder=None if options.data_dir is None else Path(options.data_dir),
        size=size,
        otherwise=model.input_size,
        target=options.target,
        task=options.task,
        validation=options.validation,
        report=report,
    )


def loader_of(
    network: Network,
    splits: Splits,
    split: str,
    batch_size: int = EVALUATION_BATCH,
    **more: Any,
) -> DataLoader:
    """Batches of one part of the data, prepared for a network.

    Raises:
        OptionError: the data has no such part.
    """
    if split not in splits.parts:
        raise OptionError(
            "data",
            expected=f"one of the parts {', '.join(splits.parts)}",
            received=repr(split),
            remedy="choose one of these",
        )
    return DataLoader(
        splits.parts[split],
        batch_size,
        num_workers=network.options.workers,
        normalize=network.preparation.normalize,
        device=network.backend,
        **more,
    )
