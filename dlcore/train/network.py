"""A network with all that belongs to it, new for a run or from a run's checkpoint."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from dlcore.backend import get_backend
from dlcore.backend.base import Backend
from dlcore.backend.meta import MetaBackend
from dlcore.data.preparation import Preparation
from dlcore.errors import DataError, DeviceError, DlcoreError
from dlcore.models.registry import entry
from dlcore.nn.module import Module
from dlcore.train.checkpoint import load_checkpoint
from dlcore.train.folder import RunFolder
from dlcore.train.options import RunOptions, checked, from_json
from dlcore.train.task import Task, task
from dlcore.train.trainer import model_tensors


class Network(NamedTuple):
    """A network, what turns raw data into its inputs, and what its outputs are judged by."""

    model: Module
    preparation: Preparation
    task: Task
    options: RunOptions
    backend: Backend


def make_network(options: RunOptions, preparation: Preparation, backend: Backend) -> Network:
    """A new network for the data of a run.

    Raises:
        DataError: the model doesn't take such samples.
    """
    model = entry(options.model).build(preparation.shape, preparation.outputs, backend)
    judged = task(model, preparation, backend, options.label_smoothing)
    return Network(model, preparation, judged, options, backend)


def read_network(path: Path, device: str = "auto", weights: str = "last") -> Network:
    """The network of a run as a checkpoint holds it, ready to evaluate.

    Args:
        path: of the run folder.
        device: where it shall compute.
        weights: which checkpoint, "last" or "best".

    Raises:
        DataError: there is no such checkpoint, or it is damaged.
    """
    folder = RunFolder(path)
    folder.require()
    checkpoint = load_checkpoint(folder.checkpoints, weights)
    source = folder.checkpoints / f"{weights}.json"
    with content_of(source):
        run = checkpoint.state["run"]
        options = RunOptions(**checked(run["options"], str(source)))
        preparation = Preparation.from_json(run["preparation"])
    network = make_network(options, preparation, computing(device))
    network.model.load_state_dict(model_tensors(checkpoint))
    network.model.eval()
    return network


def read_options(folder: RunFolder) -> RunOptions:
    """What a run was asked to do, with places and paths.

    Raises:
        DataError: the folder holds no run, or its config.json is damaged.
    """
    folder.require()
    content: Any
    try:
        content = json.loads(folder.config.read_bytes())
    except (OSError, ValueError, RecursionError) as error:
        raise DataError(
            str(folder.config),
            expected="JSON",
            received=str(error),
            remedy="put the file back that `dlcore train` has written, or train again",
        ) from error
    return from_json(content, folder.config)


def computing(device: str) -> Backend:
    """The backend of a device that has values.

    Raises:
        DeviceError: there is no such device, or it is "meta".
    """
    backend = get_backend(device)
    if isinstance(backend, MetaBackend):
        raise DeviceError(
            "device",
            expected="one that computes",
            received=repr(device),
            remedy="use --device cpu",
        )
    return backend


@contextmanager
def content_of(source: Path) -> Iterator[None]:
    """Read what a whole checkpoint holds: if that is of something else, there is one clear error.

    Raises:
        DataError: names the file.
    """
    try:
        yield
    except DlcoreError:
        raise
    except (AttributeError, LookupError, TypeError, ValueError) as error:
        raise DataError(
            str(source),
            expected="the checkpoint of a run by `dlcore train`",
            received=f"other content ({type(error).__name__}: {error})",
            remedy="name the folder of such a run",
        ) from error
