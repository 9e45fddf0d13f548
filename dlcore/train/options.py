"""What a run is asked to do: from the command line, a TOML file and the model's recipe."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import MISSING, asdict, dataclass, fields
from pathlib import Path
from types import NoneType
from typing import Any, get_args, get_type_hints

from dlcore.backend.interface.checks import require_option
from dlcore.errors import DataError, OptionError
from dlcore.models.registry import entry
from dlcore.optim.registry import default_lr
from dlcore.precision import Precision


@dataclass(frozen=True)
class RunOptions:
    """What a run depends on; `RunOptions.of` takes from the model's recipe what isn't given.

    Attributes:
        model: registered name.
        data: registered name, a folder of images, or a CSV file.
        epochs, batch_size, lr: passes over the data, samples in a step, highest learning rate.
        optimizer, momentum, weight_decay: by name, and its options.
        schedule: of the learning rate, by name.
        augment: names of random changes of the training images, in this order.
        label_smoothing: share of each label given to all classes.
        clip_norm: gradients longer than this are shortened to it.
        precision: "fp32", "tf32", "fp16" or "bf16".
        seed: of all random numbers.
        validation: share of the training data held out, and evaluated after every epoch.
        patience: epochs without a better one after which the training stops.
        monitor: the metric that decides which epoch is better.
        target, task: of a table: the column to predict; "classification" or "regression".
        image_size: height and width that the images of a folder are brought to; one for both.
        device: "auto", "cpu", "cuda", ...
        workers: threads that load data.
        recorded: whether steps are recorded and replayed.
        data_dir: where the files of registered data are.
        checkpoint_every: steps between two checkpoints, beside those at the end of epochs.

    Raises:
        OptionError: a number out of range.
    """

    model: str
    data: str
    epochs: int
    batch_size: int
    lr: float
    optimizer: str = "sgd"
    momentum: float | None = None
    weight_decay: float | None = None
    schedule: str = "cosine"
    augment: tuple[str, ...] = ()
    label_smoothing: float = 0.0
    clip_norm: float | None = None
    precision: Precision = "fp32"
    seed: int = 0
    validation: float = 0.0
    patience: int | None = None
    monitor: str = "loss"
    target: str | None = None
    task: str | None = None
    image_size: tuple[int, ...] | None = None
    device: str = "auto"
    workers: int = 0
    recorded: bool = True
    data_dir: str | None = None
    checkpoint_every: int | None = None

    def __post_init__(self) -> None:
        for name in ("epochs", "batch_size", "patience", "checkpoint_every"):
            value = getattr(self, name)
            if value is not None and value < 1:
                raise OptionError(
                    "train",
                    expected=f"{name} of at least 1",
                    received=str(value),
                    remedy="give a larger one, or leave it to the recipe",
                )
        for name in ("validation", "label_smoothing"):
            value = getattr(self, name)
            if not 0 <= value < 1:
                raise OptionError(
                    "train",
                    expected=f"{name} from 0 to below 1",
                    received=str(value),
                    remedy="give a share, such as 0.1",
                )
        size = self.image_size
        if size is not None and (len(size) not in (1, 2) or min(size) < 1):
            raise OptionError(
                "train",
                expected="image_size of one or two lengths of at least 1",
                received=str(list(size)),
                remedy="write for example 32 or 32x48",
            )
        if self.clip_norm is not None and not 0 < self.clip_norm < float("inf"):
            raise OptionError(
                "train",
                expected="clip_norm above 0",
                received=str(self.clip_norm),
                remedy="leave it out for gradients of any length",
            )

    @classmethod
    def of(cls, model: str, data: str, **given: Any) -> RunOptions:
        """The model's recipe, with what is given (and not None) in its place.

        Another optimizer than the recipe's starts from its own learning rate and options.

        Raises:
            OptionError: an unknown model or optimizer, or a number out of range.
        """
        recipe = asdict(entry(model).recipe(data))
        given = {name: value for name, value in given.items() if value is not None}
        optimizer = given.get("optimizer", recipe["optimizer"])
        if optimizer != recipe["optimizer"]:
            recipe |= {"momentum": None, "weight_decay": None, "lr": default_lr(optimizer)}
        return cls(model, data, **{**recipe, **given})

    def to_json(self) -> dict[str, Any]:
        """All of it, as config.json holds it."""
        return asdict(self)

    def recipe(self) -> dict[str, Any]:
        """What the numbers depend on: without where and how fast it runs, and without paths."""
        content = {name: value for name, value in asdict(self).items() if name not in PLACE}
        content["data"] = Path(self.data).name
        content["augment"] = list(self.augment)
        content["image_size"] = None if self.image_size is None else list(self.image_size)
        return content


PLACE = ("device", "workers", "recorded", "data_dir", "checkpoint_every")
"""Options that a run may change when it is resumed: where and how it runs, not what it computes."""


def read_toml(path: Path) -> dict[str, Any]:
    """Options from a TOML file, by their names with - or _.

    Raises:
        DataError: the file is missing or no TOML. OptionError: an unknown name, or a value of
            another type.
    """
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise DataError(
            str(path),
            expected="a TOML file with options",
            received=getattr(error, "strerror", None) or str(error),
            remedy="write for example: epochs = 10",
        ) from error
    return checked({name.replace("-", "_"): value for name, value in content.items()}, str(path))


def checked(options: Mapping[str, Any], source: str) -> dict[str, Any]:
    """Options whose names and types are those of a run; lists become tuples.

    Raises:
        OptionError: an unknown name, or a value of another type.
    """
    types = get_type_hints(RunOptions)
    made: dict[str, Any] = {}
    for name, value in options.items():
        require_option(source, "option", name, types)
        made[name] = _converted(name, value, types[name], source)
    return made


def from_json(content: Any, source: Path) -> RunOptions:
    """The options in a config.json.

    Raises:
        DataError: it is none. OptionError: an unknown option, or a value of another type.
    """
    needed = {field.name for field in fields(RunOptions) if field.default is MISSING}
    if not isinstance(content, dict) or not needed <= content.keys():
        raise DataError(
            str(source),
            expected=f"the options of a run, with {', '.join(sorted(needed))}",
            received="others" if isinstance(content, dict) else f"a {type(content).__name__}",
            remedy="put the file back that `dlcore train` has written, or train again",
        )
    return RunOptions(**checked(content, str(source)))


def _converted(name: str, value: Any, kind: Any, source: str) -> Any:
    """A value as the option's type: int for float, list for tuple, one name for several."""
    allowed = get_args(kind) if NoneType in get_args(kind) else (kind,)
    sequence = next((option for option in allowed if get_args(option)[1:] == (Ellipsis,)), None)
    if value is None and NoneType in allowed:
        return None
    if sequence is not None:
        parts = value if isinstance(value, list | tuple) else [value]
        if all(type(part) is get_args(sequence)[0] for part in parts):
            return tuple(parts)
    elif float in allowed and type(value) in (int, float):
        return float(value)
    elif type(value) in allowed or (kind is Precision and isinstance(value, str)):
        return value
    words = " or ".join(getattr(option, "__name__", str(option)) for option in allowed)
    raise OptionError(
        f"{source}: {name}",
        expected=f"a value of type {words.replace('NoneType', 'none')}",
        received=repr(value),
        remedy="correct it",
    )
