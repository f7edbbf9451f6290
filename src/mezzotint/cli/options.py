# SPDX-License-Identifier: Apache-2.0
"""The options that several verbs share, so that one name means one thing everywhere."""

from __future__ import annotations

import click

from mezzotint.bitstream import Limits

model = click.option(
    "--model", metavar="FILE", help="Model bundle (.mztm) to use instead of the default one."
)
threads = click.option(
    "--threads", type=click.IntRange(1, 256), metavar="N", help="Threads  [default: all cores]"
)
force = click.option("-f", "--force", is_flag=True, help="Replace an existing output file.")
quiet = click.option("--quiet", is_flag=True, help="Do not report what was written.")
as_json = click.option("--json", "as_json", is_flag=True, help="Print JSON.")
max_pixels = click.option(
    "--max-pixels",
    type=click.IntRange(min=1),
    default=Limits().max_pixels,
    metavar="N",
    show_default=True,
    help="Refuse pictures with more pixels.",
)
