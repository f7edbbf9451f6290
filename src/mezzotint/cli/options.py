# SPDX-License-Identifier: Apache-2.0
"""The options that several verbs share, so that one name means one thing everywhere.

Results go to stdout only where a verb is asked for facts (--json included); what was done is told on stderr, less with
--quiet, more with --verbose.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import fields, replace
from functools import partial, wraps
from typing import Any

import click
from click.core import ParameterSource

from mezzotint.bitstream import Limits
from mezzotint.bitstream.limits import lifted, word
from mezzotint.errors import UsageError


class Plain(click.Option):
    """An option whose help leaves out the range of its numbers: the metavar says it, and an error does."""

    def get_help_extra(self, ctx: click.Context) -> Any:
        extra = super().get_help_extra(ctx)
        extra.pop("range", None)
        return extra


option = partial(click.option, cls=Plain)
_OPPOSITE = {"quiet": "verbose", "verbose": "quiet"}


def _alone(context: click.Context, option: click.Parameter, value: bool) -> bool:
    """Whichever of the two comes second sees the first."""
    if value and context.params.get(_OPPOSITE[option.name or ""]):
        raise UsageError("--quiet and --verbose contradict one another", "give one of them, or neither")
    return value


bit_depth = option(
    "--bit-depth",
    type=click.IntRange(1, 16),
    metavar="N",
    help="Bits that count in the samples of a .npy array.",
)
model = option("--model", metavar="FILE", help="Model bundle (.mztm), if not the default one.")
threads = option("--threads", type=click.IntRange(1, 256), metavar="N", help="Threads  [default: all cores]")
force = option("-f", "--force", is_flag=True, help="Replace an existing output file.")
quiet = option("--quiet", is_flag=True, callback=_alone, help="Do not report what was written.")
verbose = option(
    "-v", "--verbose", is_flag=True, callback=_alone, help="Tell what was decided, and what took how long."
)
as_json = option("--json", "as_json", is_flag=True, help="Print JSON.")
max_pixels = option(
    "--max-pixels",
    type=click.IntRange(min=0),
    default=Limits().max_pixels,
    metavar="N",
    help="Refuse pictures with more; 0: never  [default: 2^28]",
)

quality = option(
    "-q",
    "--quality",
    type=click.FloatRange(0, 100),
    default=75,
    metavar="0..100",
    show_default=True,
    help="0 is smallest, 100 best.",
)
lossless = option("--lossless", is_flag=True, help="Keep every pixel, on every machine.")
max_error = option(
    "--max-error", type=click.IntRange(0, 4095), default=0, metavar="N", help="No sample is off by more."
)
target_bytes = option(
    "-b", "--target-bytes", type=click.IntRange(min=1), metavar="N", help="The best file of at most N bytes."
)
target_bpp = option("--target-bpp", type=float, metavar="X", help="The same in bits per pixel.")
target_psnr = option("--target-psnr", type=float, metavar="DB", help="The smallest file of this PSNR.")
target_ssim = option("--target-ssim", type=float, metavar="0..1", help="The smallest file of this SSIM.")
effort = option(
    "--effort",
    type=click.IntRange(0, 9),
    default=0,
    metavar="0..9",
    help="Search for a better file: seconds to minutes.",
)


STRIPPED = ("all", "gps", "exif", "xmp", "icc")
_SCALES = {text: 1 / n for n in (1, 2, 4, 8) for text in (f"1/{n}", f"{1 / n:g}")}


def _kinds(context: click.Context, option: click.Parameter, values: tuple[str, ...]) -> tuple[str, ...]:
    """`all,gps`, or the option several times."""
    kinds = tuple(part.strip() for value in values for part in value.split(","))
    for kind in kinds:
        if kind not in STRIPPED:
            raise UsageError(f"--strip {kind} is unknown", f"choose {', '.join(STRIPPED)}")
    return kinds


def read_region(context: click.Context, option: click.Parameter, value: str | None) -> tuple[int, ...] | None:
    """`X,Y,W,H`: four whole numbers."""
    parts = [] if value is None else value.split(",")
    if value is not None and (len(parts) != 4 or not all(part.strip().isdecimal() for part in parts)):
        raise UsageError(
            f"{option.opts[0]} {value} is none", "give X,Y,W,H in pixels, such as 100,50,640,480"
        )
    return tuple(int(part) for part in parts) or None


def _scale(context: click.Context, option: click.Parameter, value: str) -> float:
    """`1/8`, or the number that it is."""
    if value not in _SCALES:
        raise UsageError(f"--scale {value} is unknown", "choose 1, 1/2, 1/4 or 1/8")
    return _SCALES[value]


strip = option(
    "--strip",
    multiple=True,
    callback=_kinds,
    metavar="WHAT",
    help="Leave metadata behind: all, gps, exif, xmp or icc.",
)
region = option(
    "--region", callback=read_region, metavar="X,Y,W,H", help="This part alone, in pixels of the whole."
)
scale = option(
    "--scale", callback=_scale, default="1", metavar="1/8", help="1/2, 1/4 or 1/8: a smaller picture."
)


_FIELDS = {word(field.name): field.name for field in fields(Limits)}
_WHOLE = re.compile(r"(\d{1,18})([kKmMgG]?)", re.ASCII)
_SECONDS = re.compile(r"\d{1,18}(\.\d{1,18})?", re.ASCII)


def _limits(context: click.Context, option: click.Parameter, values: tuple[str, ...]) -> dict[str, Any]:
    """`WHAT=N`, several times: values by the names of `Limits`; the last of one kind counts."""
    found: dict[str, Any] = {}
    for value in values:
        what, _, text = value.partition("=")
        number = _number(what, text)
        if what not in _FIELDS or number is None:
            choices = ", ".join(_FIELDS)
            raise UsageError(
                f"--limit {value} is none",
                f"give WHAT=N, WHAT one of {choices}, N such as 40000, 2G or 0 for none",
            )
        found[_FIELDS[what]] = number or lifted(_FIELDS[what])
    return found


def _number(what: str, text: str) -> float | None:
    """Seconds, or a whole number that may end in k, M or G, powers of 1024; None for what is neither."""
    if what == "seconds":
        return float(text) if _SECONDS.fullmatch(text) else None
    match = _WHOLE.fullmatch(text)
    return int(match[1]) << 10 * " kmg".index(match[2].lower() or " ") if match else None


limit = option(
    "--limit",
    multiple=True,
    callback=_limits,
    metavar="WHAT=N",
    help="Others, such as side=40000, memory=2G, seconds=30.",
)


def limits(command: Callable[..., Any]) -> Callable[..., Any]:
    """The two options that bound a picture, --max-pixels and --limit, as one argument `limits`."""

    @max_pixels
    @limit
    @wraps(command)
    def call(*arguments: Any, max_pixels: int, limit: dict[str, Any], **named: Any) -> Any:
        given = click.get_current_context().get_parameter_source("max_pixels")
        if "max_pixels" in limit and given is not ParameterSource.DEFAULT:
            raise UsageError("--max-pixels and --limit pixels contradict one another", "give one of them")
        # --max-pixels 0 takes pictures of any size, so that sides and tiles have none either.
        usual = Limits(max_pixels=max_pixels) if max_pixels else Limits().of_any_size()
        return command(*arguments, limits=replace(usual, **limit), **named)

    return call
