"""The command's first moments."""

import sys

import pytest

from dlcore.cli.start import start


def test_interrupt_while_loading_is_one_line(capsys, monkeypatch):
    class Impatient:
        def find_spec(self, name, *arguments):
            if name == "dlcore.cli.main":
                raise KeyboardInterrupt

    monkeypatch.delitem(sys.modules, "dlcore.cli.main", raising=False)
    monkeypatch.setattr(sys, "meta_path", [Impatient(), *sys.meta_path])
    with pytest.raises(SystemExit) as end:
        start()
    assert end.value.code == 130
    assert capsys.readouterr().err == "dlcore: interrupted\n"


def test_arguments_reach_the_command(capsys, monkeypatch):
    monkeypatch.setattr(sys, "argv", ["dlcore", "--version"])
    with pytest.raises(SystemExit) as end:
        start()
    assert end.value.code == 0
    assert "0.1.0" in capsys.readouterr().out
