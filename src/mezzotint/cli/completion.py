# SPDX-License-Identifier: Apache-2.0
"""`mzt completion`: the script with which a shell completes verbs, options and names of files.

The scripts are click's. They call `mzt` again for every Tab, with the line so far in the environment; click answers
from the same declarations that `mzt --help` prints. What click knows nothing about is taken for the name of a file:
every argument of `mzt` is one, and an option that is none loses nothing by it.
"""

from __future__ import annotations

import click
from click.shell_completion import (
    BashComplete,
    CompletionItem,
    FishComplete,
    ShellComplete,
    ZshComplete,
    add_completion_class,
)

PROGRAM, VARIABLE = "mzt", "_MZT_COMPLETE"  # click looks for the variable of this name


class _Files(ShellComplete):
    """Names of files where click has nothing to offer."""

    def get_completions(self, args: list[str], incomplete: str) -> list[CompletionItem]:
        found = super().get_completions(args, incomplete)
        if found or not args or incomplete.startswith("--"):
            return found
        return [CompletionItem(incomplete, type="file")]


@add_completion_class
class _Bash(_Files, BashComplete):
    """Asked by the script for bash."""


@add_completion_class
class _Zsh(_Files, ZshComplete):
    """Asked by the script for zsh."""


@add_completion_class
class _Fish(_Files, FishComplete):
    """Asked by the script for fish."""


_SHELLS: dict[str, type[ShellComplete]] = {"bash": _Bash, "zsh": _Zsh, "fish": _Fish}


@click.command(
    short_help="Print what makes a shell complete `mzt`.",
    epilog="\b\nExample:\n  mzt completion fish > ~/.config/fish/completions/mzt.fish",
)
@click.argument("shell", type=click.Choice(list(_SHELLS)))
@click.pass_context
def completion(context: click.Context, shell: str) -> None:
    """Print the script that lets Tab complete verbs, options and files.

    \b
    To have it in every new shell, add a line to its start-up file:
      ~/.bashrc                   eval "$(mzt completion bash)"
      ~/.zshrc, after compinit    eval "$(mzt completion zsh)"
    """
    script = _SHELLS[shell](context.find_root().command, {}, PROGRAM, VARIABLE).source()
    click.echo(script)
