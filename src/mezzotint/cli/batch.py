# SPDX-License-Identifier: Apache-2.0
"""`mzt batch`: every picture below a folder -> .mzt files in the same places below another; and back."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any

import click

from mezzotint.cli import batch_report, options
from mezzotint.cli.batch_report import Bar
from mezzotint.errors import FileAccess, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable

    from mezzotint.bitstream import Limits
    from mezzotint.bulk import Order
    from mezzotint.bulk.names import Candidates
    from mezzotint.cli.converters import Decoder, Encoder

    Direction = tuple[Encoder | Decoder, Candidates, Callable[[str], bool]]

# What Pillow names without decoding it itself: programs, films, data of other libraries.
_NO_PICTURES = frozenset({"BUFR", "EPS", "GRIB", "HDF5", "MPEG", "WMF"})


@click.command(
    short_help="Convert a folder of pictures.",
    epilog="\b\nExample:\n  mzt batch photos archive -q 75; mzt batch --decode archive back",
)
@click.argument("source", metavar="SRC")
@click.argument("target", metavar="DST")
@click.option("--decode", is_flag=True, help="From .mzt files to pictures.")
@click.option("--format", "form", metavar="SUFFIX", help="Of decoded pictures.  [default: png]")
@options.quality
@options.lossless
@options.max_error
@options.target_bytes
@options.target_bpp
@options.effort
@options.strip
@options.option("--jobs", type=click.IntRange(1, 256), metavar="N", help="Processes  [default: all cores]")
@click.option(
    "--include", multiple=True, metavar="GLOB", help="Only these; with a / it means the path below SRC."
)
@click.option("--exclude", multiple=True, metavar="GLOB", help="Not these files and folders.")
@click.option("--delete-source", is_flag=True, help="Delete what was converted, read back and matched.")
@click.option("-n", "--dry-run", is_flag=True, help="Say what would be done, and do nothing.")
@options.model
@options.limits
@click.option("-f", "--force", is_flag=True, help="Replace files that are not this command's own.")
@options.quiet
@options.as_json
def batch(
    source: str,
    target: str,
    decode: bool,
    form: str | None,
    jobs: int | None,
    include: tuple[str, ...],
    exclude: tuple[str, ...],
    delete_source: bool,
    dry_run: bool,
    limits: Limits,
    force: bool,
    quiet: bool,
    as_json: bool,
    model: str | None,
    **how: Any,
) -> int:
    """Convert every picture below SRC, a folder or one file, into the same place below DST. What is done is skipped;
    after any stop the same command goes on.
    """
    from mezzotint import bulk
    from mezzotint.bulk.walk import Tree

    if not os.path.exists(source):
        raise FileAccess(f"{source} does not exist", "check the path")
    converter, candidates, wanted = (
        _back(form or "png", model, limits, how) if decode else _forth(form, model, limits, how)
    )
    whole = os.path.isdir(source)
    root = source if whole else os.path.dirname(source) or "."
    inside = os.path.realpath(target)
    order = bulk.Order(
        tree=Tree(
            root=root,
            wanted=wanted,
            only=None if whole else os.path.basename(source),
            include=include,
            exclude=exclude,
            without="" if inside == os.path.realpath(root) else inside,
        ),
        output=target,
        candidates=candidates,
        options=converter.key(),
        processes=jobs or _cores(),
        force=force,
        delete=delete_source,
        dry=dry_run,
    )
    return _run(order, converter, quiet, as_json)


def _forth(form: str | None, model: str | None, limits: Limits, how: dict[str, Any]) -> Direction:
    """What encoding needs: the converter, how outputs are named, which files are sources."""
    from PIL import Image

    from mezzotint.bulk.names import OURS, encoded
    from mezzotint.cli.converters import EncodeOptions, Encoder

    if form is not None:
        raise UsageError("--format is for --decode", "add --decode, or leave it out")
    how["strip"] = tuple(sorted(set(how["strip"])))  # in whatever order they were given
    encoder = Encoder(EncodeOptions(model=model, **how), limits)
    encoder.options.check()
    Image.init()
    opened = {
        suffix for suffix, name in Image.EXTENSION.items() if name in Image.OPEN and name not in _NO_PICTURES
    }
    return encoder, encoded, _by_suffix(frozenset(opened - {OURS}))


def _back(form: str, model: str | None, limits: Limits, how: dict[str, Any]) -> Direction:
    """The same for decoding."""
    from mezzotint.bulk.names import OURS
    from mezzotint.cli import pictures
    from mezzotint.cli.converters import Decoder, EncodeOptions

    if given := EncodeOptions(**how).arguments():
        raise UsageError(
            f"--{min(given).replace('_', '-')} is for encoding", "leave it out, or leave --decode out"
        )
    suffix = f".{form.lower().lstrip('.')}"
    converter = Decoder(pictures.form_of(f"picture{suffix}"), model, limits)
    return converter, pictures.named_back(suffix), _by_suffix(frozenset({OURS}))


def _by_suffix(suffixes: frozenset[str]) -> Callable[[str], bool]:
    return lambda name: os.path.splitext(name)[1].lower() in suffixes


def _cores() -> int:
    """How many processors this process may use; the library's own count would load numpy."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _run(order: Order, converter: Encoder | Decoder, quiet: bool, as_json: bool) -> int:
    from mezzotint import bulk

    planned: list[dict[str, str]] = []
    with Bar(quiet, order.dry, planned if as_json else None) as bar:
        try:
            summary = bulk.run(order, converter, bar)
        except (KeyboardInterrupt, SystemExit) as reason:  # SIGTERM comes as SystemExit
            click.echo(f"mzt: stopped after {bar.done:,} files; the same command goes on", err=True)
            if isinstance(reason, KeyboardInterrupt):
                raise click.Abort from None
            raise
    batch_report.list_remarks(summary, quiet or as_json)
    if as_json:
        click.echo(json.dumps(batch_report.facts(order, summary, planned), indent=2))
    elif not quiet:
        click.echo(batch_report.line(order, summary), err=True)
    return 1 if summary.failures else 0
