# SPDX-License-Identifier: Apache-2.0
"""The command group, and the one place where exceptions become a line on stderr and an exit status."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence
from typing import Any

import click

from mezzotint.cli.program import FAILED, INTERRUPTED, WRONG_USAGE, take_any_text
from mezzotint.errors import FileAccess, MezzotintError, UsageError
from mezzotint.lab.cli.evaluate import evaluate
from mezzotint.lab.cli.export import export
from mezzotint.lab.cli.leaderboard import leaderboard
from mezzotint.lab.cli.list_parts import list_parts
from mezzotint.lab.cli.preview import preview
from mezzotint.lab.cli.retime import retime
from mezzotint.lab.cli.systems import systems
from mezzotint.lab.cli.train import train
from mezzotint.one_line import one_line


class _Program(click.Group):
    def main(self, args: Sequence[str] | None = None, prog_name: str | None = None, **extra: Any) -> Any:  # type: ignore[override]
        """Run one command line and exit with its status."""
        extra["standalone_mode"] = False
        take_any_text()
        sys.exit(_status(lambda: super(_Program, self).main(args, prog_name, **extra)))


@click.group(
    "mzt-lab",
    cls=_Program,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
def main() -> None:
    """Train codecs, measure them, and export them as model bundles."""


for verb in (list_parts, train, evaluate, export, preview, leaderboard, retime, systems):
    main.add_command(verb)


def _status(run: Callable[[], Any]) -> int:
    try:
        status = run()
    except UsageError as error:
        return _say(str(error), WRONG_USAGE)
    except click.exceptions.NoArgsIsHelpError as error:
        click.echo(error.format_message(), err=True)
        return WRONG_USAGE
    except click.UsageError as error:
        path = error.ctx.command_path if error.ctx else "mzt-lab"
        return _say(f"{error.format_message().rstrip('.')}; see `{path} --help`", WRONG_USAGE)
    except click.ClickException as error:
        return _say(error.format_message(), error.exit_code)
    except click.Abort:  # click turns Ctrl-C into this
        return _say("interrupted; the same command goes on from what was saved, if anything", INTERRUPTED)
    except (MezzotintError, ValueError) as error:
        return _say(str(error), FAILED)
    except OSError as error:
        return _say(str(FileAccess(f"{error.filename or 'a file'}: {error.strerror or error}")), FAILED)
    except (MemoryError, RuntimeError) as error:
        if isinstance(error, RuntimeError) and "out of memory" not in str(error):
            raise  # a mistake of ours, which wants its traceback
        return _say("out of memory; give the recipe a smaller batch or crop, or fewer photos", FAILED)
    return status if isinstance(status, int) else 0  # --help returns its status


def _say(line: str, status: int) -> int:
    rank = os.environ.get("RANK", "0")  # set by torchrun, whose processes write to one terminal
    who = "mzt-lab" if rank == "0" else f"mzt-lab, process {rank}"
    click.echo(f"{who}: {one_line(line)}", err=True)
    return status
