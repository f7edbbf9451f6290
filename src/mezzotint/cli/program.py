# SPDX-License-Identifier: Apache-2.0
"""The command group, and the one place where exceptions become a line on stderr and an exit status."""

from __future__ import annotations

import io
import os
import signal
import sys
import warnings
from collections.abc import Sequence
from contextlib import suppress

import click

from mezzotint._version import __version__
from mezzotint.cli.batch import batch
from mezzotint.cli.bench import bench
from mezzotint.cli.compare import compare
from mezzotint.cli.completion import completion
from mezzotint.cli.decode import decode
from mezzotint.cli.encode import encode
from mezzotint.cli.evaluate import evaluate
from mezzotint.cli.info import info
from mezzotint.cli.models import models
from mezzotint.cli.report import report
from mezzotint.cli.version import version
from mezzotint.errors import MezzotintError, UsageError
from mezzotint.one_line import one_line

FAILED, WRONG_USAGE, INTERRUPTED = 1, 2, 130
_OUT_OF_MEMORY = "out of memory; close other programs, or work on a smaller picture"


@click.group(
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="\b\nExample:\n  mzt encode photo.png photo.mzt -q 75",
)
@click.version_option(__version__, prog_name="mzt", message="%(prog)s %(version)s")
def program() -> None:
    """Mezzotint: photos in, small files out, and back.

    `-` in place of a file name means stdin or stdout. Existing files are kept unless --force is given.
    """


for verb in (encode, decode, batch, info, compare, models, evaluate, report, bench, completion, version):
    program.add_command(verb)


def main(arguments: Sequence[str] | None = None) -> None:
    """The entry point of `mzt`: run, and leave with the exit status."""
    for number in (signal.SIGTERM, getattr(signal, "SIGHUP", signal.SIGTERM)):
        if signal.getsignal(number) == signal.SIG_DFL:  # else nohup could not protect us
            signal.signal(number, _leave)
    take_any_text()
    sys.exit(run(sys.argv[1:] if arguments is None else arguments))


def take_any_text() -> None:
    """Let stdout and stderr show what they have no letters for: names of files need not be text."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper) and stream.errors == "strict":
            stream.reconfigure(errors="backslashreplace")


def _leave(number: int, _: object) -> None:
    """Leave by way of every `finally`, so that no temporary file stays behind."""
    sys.exit(128 + number)


def run(arguments: Sequence[str]) -> int:
    """Run one command line and return its exit status."""
    with warnings.catch_warnings():
        # Only what a person can act on: conversions that lose something, odd input files.
        warnings.simplefilter("ignore")
        warnings.simplefilter("always", UserWarning)
        warnings.showwarning = _show_warning
        try:
            status = program.main(args=list(arguments), prog_name="mzt", standalone_mode=False)
        except UsageError as error:
            return _say(str(error), WRONG_USAGE)
        except MezzotintError as error:
            return _say(str(error), FAILED)
        except click.exceptions.NoArgsIsHelpError as error:
            click.echo(error.format_message(), err=True)
            return WRONG_USAGE
        except click.UsageError as error:
            path = error.ctx.command_path if error.ctx else "mzt"
            return _say(f"{error.format_message().rstrip('.')}; see `{path} --help`", WRONG_USAGE)
        except click.ClickException as error:
            return _say(error.format_message(), error.exit_code)
        except click.Abort:  # click turns Ctrl-C into this
            return _say("interrupted", INTERRUPTED)
        except MemoryError:
            return _say(_OUT_OF_MEMORY, FAILED)
        except ImportError as reason:
            if "failed to map segment" not in str(reason):  # of a library for which there is no room
                raise
            return _say(_OUT_OF_MEMORY, FAILED)
        except OSError as reason:  # files.py explains those of inputs and outputs
            _discard_stdout()
            return _say(
                f"stdout cannot be written: {reason.strerror or reason}; redirect it elsewhere", FAILED
            )
    return status if isinstance(status, int) else 0  # --help and --version return their status


def _say(line: str, status: int) -> int:
    click.echo(f"mzt: {one_line(line)}", err=True)
    return status


def _discard_stdout() -> None:
    """What could not be written would be tried again, and complained about, when Python ends."""
    with suppress(OSError, AttributeError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _show_warning(message: Warning | str, *_: object, **__: object) -> None:
    click.echo(f"mzt: warning: {one_line(message)}", err=True)
