# SPDX-License-Identifier: Apache-2.0
"""The options that several verbs share, and what their words stand for, so that one name means one thing everywhere."""

from __future__ import annotations

import difflib
import math
import re
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from mezzotint.cli import options as codec

if TYPE_CHECKING:
    from mezzotint.lab.train.recipe import Recipe

Option = Callable[[Callable[..., Any]], Callable[..., Any]]

as_json = codec.as_json
threads = codec.threads


def _place(context: click.Context, parameter: click.Parameter, value: Path | None) -> Path | None:
    """A folder to write into, there already or not."""
    if value is not None and value.exists() and not value.is_dir():
        raise click.BadParameter(f"{value} is a file: name a folder, or one that is yet to be made")
    return value


def _file(context: click.Context, parameter: click.Parameter, value: Path | None) -> Path | None:
    if value is not None and value.is_dir():
        raise click.BadParameter(f"{value} is a folder: name a file in it")
    return value


def _above_zero(context: click.Context, parameter: click.Parameter, value: float) -> float:
    if not value > 0:  # so that NaN is refused, too
        raise click.BadParameter(f"{value:g} is not above 0: give minutes such as 10, or leave it out")
    return value


PATH = click.Path(path_type=Path)
out_folder = click.option(
    "--out",
    type=PATH,
    callback=_place,
    required=True,
    metavar="FOLDER",
    help="Checkpoints and log; a run there is resumed.",
)
minutes = click.option(
    "--minutes",
    type=float,
    default=math.inf,
    callback=_above_zero,
    show_default="no end",
    help="Stop after this long, with a checkpoint.",
)


def photos(words: str, required: bool = True, name: str = "--photos") -> Option:
    """An option for a folder of photos."""
    return click.option(name, type=PATH, required=required, metavar="FOLDER", help=words)


def file(*names: str, words: str, required: bool = False) -> Option:
    """An option for a file, to read or to write."""
    return click.option(*names, type=PATH, callback=_file, required=required, metavar="FILE", help=words)


def _device(context: click.Context, parameter: click.Parameter, value: str) -> str:
    if not re.fullmatch(r"auto|cpu|cuda(:\d+)?", value):
        raise click.BadParameter(f"unknown device '{value}': give cpu, cuda, cuda:1 or auto")
    return value


device = click.option(
    "--device", default="auto", callback=_device, show_default=True, help="cpu, cuda, cuda:1 or auto."
)


def at_hand(device: str) -> str:
    """The device that a word of `--device` stands for here; ValueError when there is none."""
    import torch

    if device == "auto":
        return "cuda" if torch.cuda.is_available() else "cpu"
    number = int(device.partition(":")[2] or 0)
    if device != "cpu" and not (torch.cuda.is_available() and number < torch.cuda.device_count()):
        raise ValueError(f"there is no device '{device}' here: give --device cpu, or leave it out")
    return device


def use_threads(count: int | None) -> None:
    """Let torch compute on this many CPU threads; on all cores where None is given."""
    import torch

    if count is not None:
        torch.set_num_threads(count)


def recipe(name: str) -> Recipe:
    """The recipe of a name; ValueError lists the known ones and the nearest."""
    from mezzotint.lab import recipes

    if name not in recipes.names():
        near = difflib.get_close_matches(name, recipes.names(), 1)
        meant = f"; did you mean '{near[0]}'?" if near else ""
        raise ValueError(f"unknown recipe '{name}'; known: {', '.join(recipes.names())}{meant}")
    return recipes.find(name)
