"""What compiling costs, and the line that says so."""

import io

import pytest

pytest.importorskip("numba")

from dlcore.kernels.cpu import compiling


class Terminal(io.StringIO):
    def isatty(self):
        return True


@pytest.fixture
def kernels(monkeypatch):
    monkeypatch.setattr(compiling, "_kernels", [])
    yield
    compiling.show_progress(None)


def slow(seconds, monkeypatch, compiled=True):
    """A compiler that takes so long, or a load from disk."""
    clock = iter([0.0, seconds])
    monkeypatch.setattr(compiling.time, "perf_counter", lambda: next(clock))
    return lambda: compiled


def test_seconds_count_what_was_compiled(kernels, monkeypatch):
    compiling.prepare("one", slow(0.5, monkeypatch))
    compiling.prepare("kept on disk", slow(3.0, monkeypatch, compiled=False))
    compiling.prepare("two", slow(0.25, monkeypatch))
    assert compiling.compiled_kernels() == [("one", 0.5), ("two", 0.25)]
    assert compiling.compile_seconds() == 0.75


def seen(monkeypatch, stream):
    """What is on a terminal when the second kernel compiles, and after."""
    during = []
    monkeypatch.setattr(compiling.sys, "stderr", stream)
    compiling.prepare("one", slow(1.5, monkeypatch))
    before = stream.getvalue()
    slow(1.0, monkeypatch)
    compiling.prepare("two", lambda: during.append(stream.getvalue()) or True)
    return before, during[0], stream.getvalue()


def test_a_line_from_the_second_second_on(kernels, monkeypatch):
    before, during, after = seen(monkeypatch, Terminal())
    line = "dlcore: compiling kernels for this machine, once ... 2"
    assert (before, during) == ("", f"\r{line}")
    assert after == f"\r{line}\r{' ' * len(line)}\r"


@pytest.mark.parametrize(("terminal", "shown"), [(Terminal, False), (io.StringIO, None)])
def test_no_line(kernels, monkeypatch, terminal, shown):
    compiling.show_progress(shown)
    assert seen(monkeypatch, terminal()) == ("", "", "")


def test_a_line_where_it_is_asked_for(kernels, monkeypatch):
    compiling.show_progress(True)
    assert "compiling kernels" in seen(monkeypatch, io.StringIO())[1]


def test_no_stderr_at_all(kernels, monkeypatch):
    monkeypatch.setattr(compiling.sys, "stderr", None)
    for name in "one", "two":
        compiling.prepare(name, slow(1.5, monkeypatch))


def test_the_line_goes_when_compiling_fails(kernels, monkeypatch):
    stream = Terminal()
    monkeypatch.setattr(compiling.sys, "stderr", stream)
    compiling.prepare("one", slow(1.5, monkeypatch))
    monkeypatch.undo()
    monkeypatch.setattr(compiling.sys, "stderr", stream)
    monkeypatch.setattr(compiling, "_kernels", [compiling.Kernel("one", 1.5)])
    with pytest.raises(ZeroDivisionError):
        compiling.prepare("two", lambda: 1 // 0)
    assert stream.getvalue().endswith(" \r")
