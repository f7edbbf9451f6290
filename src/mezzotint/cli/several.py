# SPDX-License-Identifier: Apache-2.0
"""One input and one output, or many inputs and a folder: what `mzt encode` and `mzt decode` share.

Of many, one that fails is told of and the others go on; then the exit status is 1. Names are chosen as by `mzt batch`.
"""

from __future__ import annotations

import os
import sys
from collections import Counter
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import click

from mezzotint.errors import FileAccess, MezzotintError, UsageError
from mezzotint.one_line import one_line, spelled

if TYPE_CHECKING:
    from mezzotint.bulk.names import Candidates


_PICTURES = frozenset(
    {
        ".avif",
        ".bmp",
        ".gif",
        ".heic",
        ".heif",
        ".jp2",
        ".jpeg",
        ".jpg",
        ".jxl",
        ".npy",
        ".pgm",
        ".png",
        ".pnm",
        ".ppm",
    }
    | {".psd", ".tga", ".tif", ".tiff", ".webp"}
)


def pairs(names: Sequence[str], folder: str | None, candidates: Candidates) -> list[tuple[str, str]]:
    """(source, target) of each file; UsageError where it is not clear which is which."""
    if folder is None:
        if len(names) == 1:
            raise UsageError("the output is missing", "name it after the input, or give a folder with -o")
        if len(names) > 2:
            raise UsageError(f"{len(names)} names and no folder for the outputs", "give one with -o FOLDER")
        return [(names[0], names[1])]
    if "-" in names:
        raise UsageError("stdin has no name to put into a folder", "give IN and OUT without -o")
    from mezzotint.bulk.names import choose

    count = Counter(os.path.basename(name) for name in names)
    found = choose(count, {}, candidates)
    twice = [name for name, times in count.items() if times > 1 or found[name] is None]
    if twice:
        raise UsageError(
            f"two outputs would be called after {min(twice)}", "use `mzt batch`, which keeps folders"
        )
    if not os.path.isdir(folder):
        raise FileAccess(f"{folder} is no folder", "make it first, or choose another with -o")
    return [(name, os.path.join(folder, found[os.path.basename(name)] or "")) for name in names]


def refuse_pictures(target: str) -> None:
    """UsageError for a .mzt file that is to be called as a picture: `mzt encode *.png` has met two names."""
    suffix = os.path.splitext(target)[1].lower()
    if suffix in _PICTURES:
        raise UsageError(
            f"{target} is the name of another kind of picture",
            "let OUT end in .mzt, or give a folder with -o",
        )


def each(
    work: Sequence[tuple[str, str]],
    one: Callable[[str, str], dict[str, Any]],
    folder: str | None,
    quiet: bool,
) -> tuple[list[dict[str, Any]], int]:
    """What `one(source, target)` found of each, and the exit status; without a folder there is one, and it raises."""
    if folder is None:
        return [one(*work[0])], 0
    from tqdm import tqdm

    done, failed = [], 0
    hidden = quiet or not (sys.stderr is not None and sys.stderr.isatty())
    with tqdm(work, unit=" files", dynamic_ncols=True, leave=False, disable=hidden) as bar:
        for source, target in bar:
            try:
                done.append(one(source, target))
            except MezzotintError as error:
                failed += 1
                done.append({"file": source, "error": str(error)})
                line = str(error) if spelled(source) in str(error) else f"{spelled(source)}: {error}"
                with bar.external_write_mode(file=sys.stderr):
                    click.echo(f"mzt: {one_line(line)}", err=True)
    return done, int(failed > 0)
