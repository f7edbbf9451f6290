# SPDX-License-Identifier: Apache-2.0
"""`mzt report`: a table of measurements -> comparisons on the terminal, as pictures and as files."""

from __future__ import annotations

import json
from pathlib import Path

import click

from mezzotint.cli import options
from mezzotint.errors import FileAccess, OutputExists
from mezzotint.one_line import spelled

_METRICS = ("psnr", "ms_ssim", "ssimulacra2")


@click.command(
    short_help="Compare what `mzt eval` has measured.",
    epilog="\b\nExamples:\n  mzt report measured\n  mzt report measured --anchor 'avif:speed 6, 4:4:4' --metric psnr",
)
@click.argument("measured", metavar="OUT")
@click.option(
    "--anchor", metavar="CODEC[:SETTINGS]", help="What the others are compared with  [default: jpeg]"
)
@click.option(
    "--published/--no-published",
    default=None,
    help="With published curves, or without  [default: with them for the 24 Kodak images]",
)
@click.option(
    "--metric", "metrics", type=click.Choice(_METRICS), multiple=True, help="May be repeated  [default: all]"
)
@click.option("-o", "--output", metavar="FOLDER", help="Where the files go  [default: OUT/report]")
@options.as_json
def report(
    measured: str,
    anchor: str | None,
    published: bool | None,
    metrics: tuple[str, ...],
    output: str | None,
    as_json: bool,
) -> None:
    """Compare the codecs whose measurements `mzt eval` has put into the folder OUT.

    Prints BD-rates and writes index.html, table.md, report.json and plots. Of settings and versions, as much is enough
    as only one codec has: --anchor avif:4:2:0.
    """
    from mezzotint.evaluate.report.assemble import assemble
    from mezzotint.evaluate.report.document import document
    from mezzotint.evaluate.report.origin import read
    from mezzotint.evaluate.report.text import text
    from mezzotint.evaluate.report.write import write

    folder = Path(measured)
    rows, about = read(folder)
    found = assemble(rows, anchor, metrics, published, about)
    target = Path(output) if output else folder / "report"
    if output and target.is_dir() and any(target.iterdir()) and not (target / "report.json").exists():
        raise OutputExists(f"{target} holds other files", "choose an empty folder with -o")
    try:
        paths = write(found, target)
    except OSError as reason:
        what = f"{target} cannot be written to: {reason.strerror or reason}"
        raise FileAccess(what, "choose another folder with -o") from None
    click.echo(json.dumps(document(found), indent=2) if as_json else text(found))
    click.echo(
        f"{len(paths)} files in {spelled(str(target))}; see {spelled(str(target / 'index.html'))}", err=True
    )
