# SPDX-License-Identifier: Apache-2.0
"""Every verb of `mzt` with its options, from the declarations that `mzt --help` prints."""

from __future__ import annotations

import click
from grid import table

from mezzotint.cli.program import program


def markdown() -> str:
    """A section a verb, the most used first."""
    with click.Context(program, info_name="mzt") as context:
        return "\n".join(_section(name, verb, context) for name, verb in program.commands.items())


def _section(name: str, command: click.Command, above: click.Context) -> str:
    context = click.Context(command, info_name=name, parent=above, max_content_width=100)
    usage = " ".join(["mzt", name, *command.collect_usage_pieces(context)])
    parts = [f"### mzt {name}", f"```text\n{usage}\n```", _prose(command.help or "")]
    records = [
        option.get_help_record(context) for option in command.params if isinstance(option, click.Option)
    ]
    if rows := [(f"`{record[0]}`", record[1]) for record in records if record]:
        parts.append(table(("option", "what it does"), rows))
    if command.epilog:
        _, _, lines = command.epilog.replace("\b\n", "").partition("\n")
        parts.append("```text\n" + "\n".join(line.strip() for line in lines.splitlines()) + "\n```")
    return "\n\n".join(parts) + "\n"


def _prose(text: str) -> str:
    """The help as paragraphs; what stands behind \\b keeps its lines."""
    paragraphs = text.expandtabs().split("\n\n")
    return "\n\n".join(
        f"```text\n{part.strip().removeprefix(chr(8)).strip(chr(10))}\n```"
        if part.lstrip(" \n").startswith("\b")
        else " ".join(part.split())
        for part in paragraphs
    )
