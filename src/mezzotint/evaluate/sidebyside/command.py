# SPDX-License-Identifier: Apache-2.0
"""The command that makes a .mzt file from its original, from what the file's header says.

It gives the same bytes on the same machine and release. Trap: a header does not tell the effort, nor which samples
the encoder had: another processor may round another way, and `--effort` finds other bytes for the same settings.
"""

from __future__ import annotations

from collections.abc import Sequence

from mezzotint import bundle
from mezzotint.bitstream import MAX_QUALITY, Header, Mode
from mezzotint.errors import UnknownModel
from mezzotint.evaluate.sidebyside.names import quoted
from mezzotint.runtime.pictures import Picture
from mezzotint.runtime.pictures.metadata import stripped


def command(
    header: Header, source: str, target: str, *, strip: Sequence[str] = (), model: str | None = None
) -> str:
    """`mzt encode SOURCE TARGET ...` with the file's settings.

    `strip` names the metadata that the original has and the file lacks; `model` is the bundle, if not the default one.
    """
    words = ["mzt", "encode", quoted(source), quoted(target), *settings(header)]
    if strip:
        words += ["--strip", ",".join(strip)]
    if model is not None:
        words += ["--model", quoted(model)]
    return " ".join(words)


def left_behind(original: Picture, picture: Picture) -> tuple[str, ...]:
    """The words of `--strip` that turn the metadata of the original into that of the picture, as far as any do."""
    kinds = ("exif", "xmp", "icc")
    gone = tuple(kind for kind in kinds if getattr(original, kind) and not getattr(picture, kind))
    left = stripped(original, gone)
    if (left.exif, left.xmp) == (picture.exif, picture.xmp):
        return gone
    left = stripped(left, ("gps",))
    return ("gps", *gone) if (left.exif, left.xmp) == (picture.exif, picture.xmp) else gone


def model_to_name(header: Header, given: str | None) -> str | None:
    """The bundle that encode has to be told of: none for the default one, and where no network was used.

    `given` is the one that the file was decoded with, if a person named it.
    """
    if header.mode != Mode.LOSSY:
        return None
    try:
        if bundle.default().model_id == header.model_id:
            return None
    except UnknownModel:  # this installation holds none
        pass
    if given is not None:
        return given
    return next((str(found.path) for found in bundle.listing() if found.model_id == header.model_id), None)


def settings(header: Header) -> tuple[str, ...]:
    """The options that ask for what a header says."""
    if header.mode == Mode.LOSSLESS:
        return ("--lossless",)
    if header.mode == Mode.NEAR_LOSSLESS:
        return ("--max-error", str(header.quality))
    return ("-q", shortest_quality(header.quality))


def coding(header: Header) -> str:
    """The same for people."""
    if header.mode == Mode.LOSSLESS:
        return "mzt, lossless"
    if header.mode == Mode.NEAR_LOSSLESS:
        return f"mzt, at most {header.quality} off"
    return f"mzt, quality {shortest_quality(header.quality)}"


def shortest_quality(index: int) -> str:
    """The shortest number of 0..100 that means this index of the header, 0..4095."""
    for digits in range(3):
        text = f"{100 * index / MAX_QUALITY:.{digits}f}"
        if round(float(text) * MAX_QUALITY / 100) == index:
            return text
    raise AssertionError("hundredths are finer than the index")
