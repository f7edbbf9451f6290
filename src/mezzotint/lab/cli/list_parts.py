# SPDX-License-Identifier: Apache-2.0
"""`mzt-lab list`: recipes, parts and published systems by name, with what they cost."""

from __future__ import annotations

import json
from dataclasses import asdict

import click

from mezzotint.lab.cli import options


@click.command("list", short_help="Recipes and parts, and what they cost.")
@click.option(
    "--kind", type=click.Choice(["mixer", "quantizer", "prior", "recipe", "system"]), help="Only these."
)
@click.option("--family", help="Only parts of this family, such as window.")
@options.as_json
def list_parts(kind: str | None, family: str | None, as_json: bool) -> None:
    """Recipes, parts and published systems by name; what parts cost on 192 channels at 1/16 of a 768x512 picture.

    Example: mzt-lab list --kind mixer --family window
    """
    from mezzotint.lab import recipes
    from mezzotint.lab.models import parts
    from mezzotint.lab.recipes import published

    families = sorted({*parts.families(), *published.families()})
    if family is not None and family not in families:
        raise ValueError(f"unknown family '{family}'; known: {', '.join(families)}")
    rows = list(parts.facts(kind, family)) if kind not in ("recipe", "system") else []
    if kind in (None, "recipe") and family is None:
        rows = [*(recipes.facts(name) for name in recipes.names()), *rows]
    if kind in (None, "system"):
        rows += published.facts(family)
    if as_json:
        click.echo(json.dumps([asdict(row) for row in rows], indent=2))
        return
    click.echo(f"{'kind':9} {'name':18} {'id':20} {'family':12} {'parameters':>10} {'kMAC/px':>8}  reach")
    for row in rows:
        reach = "" if row.kind != "mixer" else "all" if row.reach is None else str(row.reach)
        costs = f"{row.parameters:10} " + (8 * " " if row.kmac_px is None else f"{row.kmac_px:8.3f}")
        click.echo(f"{row.kind:9} {row.name:18} {row.id:20} {row.family:12} {costs}  {reach}".rstrip())
