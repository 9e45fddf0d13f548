"""How the commands read what they are given."""

import click
import pytest

from dlcore.cli.arguments import lengths, names


@pytest.mark.parametrize(
    ("text", "found"),
    [("1", (1,)), ("32x48", (32, 48)), ("32X48", (32, 48)), ("3, 32,32", (3, 32, 32))],
)
def test_lengths(text, found):
    assert lengths(None, None, text) == found


@pytest.mark.parametrize("text", ["", "0", "3,-1", "3,,3", "3.5", "\N{SUPERSCRIPT TWO}"])
def test_what_is_no_length(text):
    with pytest.raises(click.BadParameter, match="such as 32, 32x48 or 3,32,32"):
        lengths(None, None, text)


@pytest.mark.parametrize(
    ("text", "found"),
    [("flip", ("flip",)), ("crop, flip", ("crop", "flip")), ("none", ()), ("", ()), ("a,", ("a",))],
)
def test_names(text, found):
    assert names(None, None, text) == found


def test_what_is_not_given_is_left_to_others():
    assert lengths(None, None, None) is names(None, None, None) is None
