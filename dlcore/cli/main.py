"""The command line. Every error is one line, and an exit code that isn't 0."""

from __future__ import annotations

import signal
import sys
import warnings
from collections.abc import Iterable
from io import TextIOWrapper

import click

from dlcore.cli.bench import bench
from dlcore.cli.complaint import complain
from dlcore.cli.data import data
from dlcore.cli.doctor import doctor
from dlcore.cli.evaluate import evaluate
from dlcore.cli.models import models
from dlcore.cli.predict import predict
from dlcore.cli.show import show
from dlcore.cli.train import train
from dlcore.cli.warmup import warmup
from dlcore.errors import DlcoreError
from dlcore.version import __version__


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="dlcore")
def command() -> None:
    """Deep learning written entirely in Python."""


command.add_command(bench)
command.add_command(data)
command.add_command(doctor)
command.add_command(evaluate)
command.add_command(models)
command.add_command(predict)
command.add_command(show)
command.add_command(train)
command.add_command(warmup)


def main(arguments: Iterable[str] | None = None) -> None:
    """Run a command and exit: 0 done, 1 an error, 2 wrong usage, 130 interrupted."""
    given = None if arguments is None else list(arguments)
    # What Pillow finds odd in an image is an error, or not worth a line.
    warnings.filterwarnings("ignore", module=r"PIL\.")
    if isinstance(sys.stdout, TextIOWrapper) and sys.stdout.errors == "strict":
        sys.stdout.reconfigure(errors="backslashreplace")  # the name of a file may be no text
    try:
        code = command.main(given, prog_name="dlcore", standalone_mode=False)
    except DlcoreError as error:
        _fail(str(error), 1)
    except click.exceptions.NoArgsIsHelpError as error:
        click.echo(error.format_message())
        sys.exit(2)
    except click.ClickException as error:
        where = error.ctx.command_path if isinstance(error, click.UsageError) and error.ctx else ""
        hint = f" (see {where} --help)" if where else ""
        _fail(error.format_message() + hint, error.exit_code)
    except (KeyboardInterrupt, click.Abort) as interrupt:
        # Whoever is impatient gets no traceback of how Python ends.
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        cause = interrupt.__context__ or interrupt  # click makes an Abort of a KeyboardInterrupt
        _fail("; ".join(["interrupted", *getattr(cause, "__notes__", [])]), 130)
    except MemoryError as error:
        _fail(f"out of memory: {error}; choose a smaller --batch-size or model", 1)
    except OSError as error:
        _fail(f"{error.filename or 'file system'}: {error.strerror or error}", 1)
    sys.exit(code if isinstance(code, int) else 0)


def _fail(message: str, code: int) -> None:
    complain(message)
    sys.exit(code)


if __name__ == "__main__":
    main()
