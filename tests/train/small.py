"""A small run of the command line, for processes that tests kill.

    python -m tests.train.small [--die EVENT | --full EVENT] train ...

The network and the data are small, and have all that a resume could get wrong: dropout, batch norm,
a mutable buffer, several sizes of batches. With --die the process kills itself at the given event:
the how many-th step, flush to the disk, or rename. With --full the disk is full from then on.
"""

import errno
import os
import signal
import sys
from itertools import count
from pathlib import Path

from dlcore import nn
from dlcore.cli.main import main
from dlcore.data import ArrayDataset, named
from dlcore.data.dataset import class_names
from dlcore.models import registry
from dlcore.train import trainer


class Tiny(nn.Module):
    """A network of a moment."""

    def __init__(self, num_classes=10, in_channels=1, device="cpu"):
        self.body = nn.Sequential(
            nn.Conv2d(in_channels, 4, 3, stride=2, device=device),
            nn.BatchNorm2d(4, device=device),
            nn.ReLU(),
            nn.Dropout2d(0.2),
            nn.AdaptiveAvgPool2d(4),
            nn.Flatten(),
            nn.Dropout(0.3),
            nn.Linear(64, num_classes, device=device),
        )

    def forward(self, x):
        return self.body(x)


def few(split, folder=None):
    """A tenth of the digits."""
    whole = named.digits(split)
    return ArrayDataset(whole.inputs[::10], whole.targets[::10], class_names(10))


def register(patch=None):
    """Make model "tiny" and data "few" known; `patch` sets items and takes them back."""
    recipe = registry.Recipe(lr=0.05, batch_size=16, epochs=3)
    tiny = registry.Entry(Tiny, (1, 28, 28), 10, {"": recipe}, smallest=12)
    for table, name, value in ((registry.MODELS, "tiny", tiny), (named.DATASETS, "few", few)):
        if patch is None:
            table[name] = value
        else:
            patch.setitem(table, name, value)


def die():
    """Kill this process."""
    os.kill(os.getpid(), signal.SIGKILL)


def refuse():
    """What the system says when there is no space."""
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def watch(event, trouble, *, steps):
    """Make trouble at an event (and, unless it is fatal, at every flush from then on)."""
    events = count(1)

    def watched(function):
        def call(*arguments, **options):
            if next(events) >= event:
                trouble()
            return function(*arguments, **options)

        return call

    os.fsync = watched(os.fsync)
    Path.replace = watched(Path.replace)
    if steps:
        trainer.Trainer._tell = watched(trainer.Trainer._tell)


if __name__ == "__main__":
    arguments = sys.argv[1:]
    signal.signal(signal.SIGINT, signal.default_int_handler)  # background jobs ignore it
    register()
    if arguments[0] == "--die":
        watch(int(arguments[1]), die, steps=True)
        arguments = arguments[2:]
    elif arguments[0] == "--full":
        watch(int(arguments[1]), refuse, steps=False)
        arguments = arguments[2:]
    main(arguments)
