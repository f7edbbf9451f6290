# SPDX-License-Identifier: Apache-2.0
"""`mzt models`: the model bundles at hand."""

from __future__ import annotations

import json
from typing import Any

import click

from mezzotint.cli import options
from mezzotint.one_line import spelled


@click.command(short_help="List the models at hand.", epilog="\b\nExample:\n  MZT_MODELS=~/models mzt models")
@options.as_json
def models(as_json: bool) -> None:
    """List the models at hand: the default one, and those in the folder that MZT_MODELS names.

    A file is decoded with the model whose id it holds.
    """
    from mezzotint.bundle import listing

    rows: list[dict[str, Any]] = [
        {
            "id": summary.model_id.hex(),
            "name": summary.card.name,
            "bytes": summary.size,
            "path": str(summary.path),
            "about": summary.card.about,
        }
        for summary in listing()
    ]
    if as_json:
        click.echo(json.dumps(rows, indent=2))
        return
    if not rows:
        click.echo(
            "no model is at hand: put a .mztm bundle into a folder, and name that folder in MZT_MODELS"
        )
    for row in rows:
        path = spelled(row["path"])
        click.echo(f"{row['id']}  {row['bytes'] / 2**20:6.1f} MiB  {row['name']}  {path}")
