"""Optimizers and schedules by name, as the command line has them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from inspect import signature
from math import cos, pi
from typing import Any

from dlcore.backend.interface.checks import require_option
from dlcore.errors import OptionError
from dlcore.optim.adadelta import Adadelta
from dlcore.optim.adagrad import Adagrad
from dlcore.optim.adam import Adam, AdamW
from dlcore.optim.adamax import Adamax
from dlcore.optim.checks import require_count
from dlcore.optim.cycle import OneCycleLR
from dlcore.optim.decay import ExponentialLR, MultiStepLR, StepLR
from dlcore.optim.lamb import LAMB
from dlcore.optim.lars import LARS
from dlcore.optim.optimizer import Optimizer
from dlcore.optim.plateau import ReduceLROnPlateau
from dlcore.optim.radam import RAdam
from dlcore.optim.rmsprop import RMSprop
from dlcore.optim.rprop import Rprop
from dlcore.optim.schedule import LambdaLR, LRScheduler
from dlcore.optim.sgd import SGD

OPTIMIZERS: dict[str, type[Optimizer]] = {
    "adadelta": Adadelta,
    "adagrad": Adagrad,
    "adam": Adam,
    "adamax": Adamax,
    "adamw": AdamW,
    "lamb": LAMB,
    "lars": LARS,
    "radam": RAdam,
    "rmsprop": RMSprop,
    "rprop": Rprop,
    "sgd": SGD,
}
"""Every optimizer by its name in small letters."""


def make_optimizer(
    name: str,
    params: Iterable[Any],
    *,
    lr: float,
    momentum: float | None = None,
    weight_decay: float | None = None,
) -> Optimizer:
    """An optimizer by name.

    Args:
        name: one of `OPTIMIZERS`.
        params: parameters or groups.
        lr: learning rate.
        momentum, weight_decay: None for the optimizer's own.

    Raises:
        OptionError: no such optimizer, an option that it doesn't have, or one out of range.
    """
    require_option("make_optimizer", "name", name, OPTIMIZERS)
    kind: Callable[..., Optimizer] = OPTIMIZERS[name]
    given = {"momentum": momentum, "weight_decay": weight_decay}
    options = {option: value for option, value in given.items() if value is not None}
    for option in options.keys() - signature(kind).parameters.keys():
        having = [other for other in OPTIMIZERS if _has(other, option)]
        raise OptionError(
            f"optimizer {name}",
            expected=f"no {option}, which it does not have",
            received=f"{option} {options[option]}",
            remedy=f"leave {option} out, or choose one of {', '.join(having)}",
        )
    return kind(params, lr=lr, **options)


def default_lr(name: str) -> float:
    """The learning rate that an optimizer has by itself.

    Raises:
        OptionError: no such optimizer.
    """
    require_option("optimizer", "name", name, OPTIMIZERS)
    return float(signature(OPTIMIZERS[name]).parameters["lr"].default)


def warmup_cosine(steps: int) -> Callable[[int], float]:
    """Factor of the learning rate: up in a line over the first tenth, then a cosine to zero.

    >>> [round(warmup_cosine(20)(done), 2) for done in (0, 1, 2, 11, 20)]
    [0.33, 0.67, 1.0, 0.5, 0.0]
    """
    return _warmup(steps, lambda share: (1 + cos(pi * share)) / 2)


def warmup_linear(steps: int) -> Callable[[int], float]:
    """Factor of the learning rate: up in a line over the first tenth, then down in one to zero.

    >>> [round(warmup_linear(20)(done), 2) for done in (0, 1, 2, 11, 20)]
    [0.33, 0.67, 1.0, 0.5, 0.0]
    """
    return _warmup(steps, lambda share: 1 - share)


def _constant(optimizer: Optimizer, steps: int, epochs: int) -> LRScheduler:
    return LambdaLR(optimizer, lambda done: 1.0)


def _step(optimizer: Optimizer, steps: int, epochs: int) -> LRScheduler:
    return StepLR(optimizer, -(-steps // 3))


def _multistep(optimizer: Optimizer, steps: int, epochs: int) -> LRScheduler:
    return MultiStepLR(optimizer, [max(steps // 2, 1), max(steps * 3 // 4, 1)])


def _exponential(optimizer: Optimizer, steps: int, epochs: int) -> LRScheduler:
    return ExponentialLR(optimizer, 0.01 ** (1 / steps))


def _cosine(optimizer: Optimizer, steps: int, epochs: int) -> LRScheduler:
    return LambdaLR(optimizer, warmup_cosine(steps))


def _one_cycle(optimizer: Optimizer, steps: int, epochs: int) -> LRScheduler:
    groups = optimizer.param_groups
    cycle = all(group.get("momentum") or "betas" in group for group in groups)
    rates = [group["lr"] for group in groups]
    return OneCycleLR(optimizer, rates, total_steps=steps, cycle_momentum=cycle)


def _linear(optimizer: Optimizer, steps: int, epochs: int) -> LRScheduler:
    return LambdaLR(optimizer, warmup_linear(steps))


def _plateau(optimizer: Optimizer, steps: int, epochs: int) -> LRScheduler:
    return ReduceLROnPlateau(optimizer, patience=max(epochs // 10, 1))


SCHEDULES: dict[str, Callable[[Optimizer, int, int], LRScheduler]] = {
    "constant": _constant,
    "cosine": _cosine,
    "exponential": _exponential,
    "linear": _linear,
    "multistep": _multistep,
    "onecycle": _one_cycle,
    "plateau": _plateau,
    "step": _step,
}
"""From an optimizer, the steps and the epochs of a run to its schedule; see `make_schedule`."""


def make_schedule(name: str, optimizer: Optimizer, steps: int, epochs: int) -> LRScheduler:
    """A schedule of a whole run by name, stepped after every optimizer step but for plateau.

    | name        | the learning rate                                                             |
    |-------------|-------------------------------------------------------------------------------|
    | constant    | stays                                                                         |
    | step        | x 0.1 after each third of the steps                                           |
    | multistep   | x 0.1 after 1/2 and after 3/4 of the steps                                    |
    | exponential | falls by the same share at every step, to 1/100 at the end                    |
    | cosine      | rises in a line over the first tenth, then falls along a cosine to zero       |
    | linear      | rises in a line over the first tenth, then falls in a line to zero            |
    | onecycle    | `OneCycleLR` with the optimizer's rate as the largest; cycles a momentum, too |
    | plateau     | x 0.1 when the loss has not improved for more than a tenth of the epochs (one |
    |             | at least): `ReduceLROnPlateau`, whose step takes the loss of an epoch         |

    Args:
        name: one of `SCHEDULES`.
        optimizer: whose learning rates change.
        steps: optimizer steps of the whole run.
        epochs: passes over the data that they make up.

    Raises:
        OptionError: no such schedule, or no steps or epochs.
    """
    require_option("make_schedule", "name", name, SCHEDULES)
    require_count("make_schedule", "steps", steps)
    require_count("make_schedule", "epochs", epochs)
    return SCHEDULES[name](optimizer, steps, epochs)


def _warmup(steps: int, fall: Callable[[float], float]) -> Callable[[int], float]:
    rise = max(steps // 10, 1)

    def factor(done: int) -> float:
        if done < rise:
            return (done + 1) / (rise + 1)
        return fall(min((done - rise) / max(steps - rise, 1), 1.0))

    return factor


def _has(name: str, option: str) -> bool:
    return option in signature(OPTIMIZERS[name]).parameters
