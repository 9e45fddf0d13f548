"""Loading a module's state: all of it, or an error that lists everything that doesn't fit."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

import numpy as np

from dlcore.errors import OptionError, ShapeError
from dlcore.tensors import Tensor
from dlcore.transaction import forget

MOST_LISTED = 8


class Keys(NamedTuple):
    """What a loaded state had not, and what it had too much."""

    missing_keys: list[str]
    unexpected_keys: list[str]


def load(owner: str, own: Mapping[str, Tensor], state: Mapping[str, Any], strict: bool) -> Keys:
    """Copy values into tensors of the same names; see `Module.load_state_dict`."""
    keys = Keys(
        [name for name in own if name not in state], [name for name in state if name not in own]
    )
    shared = [name for name in own if name in state]
    strange = [name for name in shared if not hasattr(state[name], "shape")]
    misshaped = [
        name for name in shared if name not in strange and own[name].shape != state[name].shape
    ]
    expected = [
        _listed("missing: ", keys.missing_keys if strict else ()),
        _listed("", (f"{name} {own[name].shape}" for name in misshaped)),
    ]
    received = [
        _listed("unexpected: ", keys.unexpected_keys if strict else ()),
        _listed("", (f"{name} {tuple(state[name].shape)}" for name in misshaped)),
        _listed("", (f"{name} of type {type(state[name]).__name__}" for name in strange)),
    ]
    if any(expected) or any(received):
        error = ShapeError if misshaped else OptionError
        raise error(
            f"{owner}.load_state_dict",
            expected="; ".join(["the state of this network", *filter(None, expected)]),
            received="; ".join(filter(None, received)) or "a state without them",
            remedy="build the network with the sizes that the weights were trained with"
            if misshaped
            else "load weights of this network, or pass strict=False",
        )
    for name in shared:
        target, source = own[name], state[name]
        values = source if isinstance(source, np.ndarray) else source.detach().numpy()
        target.backend.write(target.array, np.asarray(values))
        target.version.bump()
        forget(target)
    return keys


def _listed(title: str, names: Iterable[str]) -> str:
    """The names in words, a long list cut short; "" for none."""
    names = list(names)
    if not names:
        return ""
    more = len(names) - MOST_LISTED
    return title + ", ".join(names[:MOST_LISTED]) + (f" ... and {more} more" if more > 0 else "")
