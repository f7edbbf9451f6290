# SPDX-License-Identifier: Apache-2.0
"""A whole decode of up to 256 pixels a side, lossy with a small model made by hand, or exact; whole, or a part of it.

    input:  8 bytes that choose options | the file

Laws: MezzotintError alone comes out, decoding twice gives the same, samples keep within their depth, and the shape is
what header and options promise. Where the whole file decodes, so do its regions and smaller sizes, and a region
without loss is cut from the whole.
"""

from __future__ import annotations

import sys
import warnings
from random import Random
from typing import Any

import numpy as np
from harness import Mutate, Target, instrumented, main, need
from repair import changed
from samples import fitted, model

with instrumented():
    import forged  # noqa: F401  what samples.py takes sound tiles from

    from mezzotint.bitstream import Header, Limits, Mode, read_header
    from mezzotint.errors import ConversionWarning, MezzotintError
    from mezzotint.runtime.api.decode import decode
    from mezzotint.runtime.pictures import Picture, to_array, to_pillow

LIMITS = Limits(max_pixels=2**16, max_side=2**8, max_tile_pixels=2**16)
HEAD = 8  # bytes of options
SCALES = (1, 1 / 2, 1 / 4, 1 / 8)


def run(data: bytes) -> str:
    head, file = data[:HEAD].ljust(HEAD, b"\0"), data[HEAD:]
    arguments = {"model": model(bool(head[0] & 1)), "threads": 1, "limits": LIMITS}
    whole, word = _picture(file, arguments, {})
    try:
        header = read_header(file, LIMITS)
    except MezzotintError:
        return word
    options = _options(head, header)
    if options.get("partial"):
        file = file[: len(file) * (head[6] + 1) // 256]
    part, part_word = _picture(file, arguments, options)
    if whole is not None:
        need(_shape(whole) == _expected(header, {}), f"the whole has the shape {_shape(whole)}")
        need(part is not None or options.get("partial"), f"a part of a sound picture: {part_word}")
    if part is not None:
        need(_shape(part) == _expected(header, options), f"a part has the shape {_shape(part)}")
        if whole is not None and header.mode != Mode.LOSSY and not options.keys() & {"scale", "partial"}:
            x, y, width, height = options.get("region") or (0, 0, header.width, header.height)
            need(
                np.array_equal(to_array(whole)[y : y + height, x : x + width], to_array(part)),
                "another region",
            )
    return f"{word}, {part_word} with {'+'.join(options) or 'nothing'}"


def _picture(file: bytes, arguments: dict[str, Any], options: dict[str, Any]) -> tuple[Picture | None, str]:
    try:
        picture = decode(file, as_="picture", **arguments, **options)
    except MezzotintError as error:
        need("\n" not in str(error), "the error has several lines")
        return None, type(error).__name__
    for plane in (picture.colour, picture.alpha):
        need(plane is None or int(plane.max()) < 2**picture.bit_depth, "samples outside their depth")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConversionWarning)
        image = to_pillow(picture)
    need(image.size == (picture.width, picture.height), "an image of another size")
    again = decode(file, **arguments, **options)
    need(np.array_equal(again, to_array(picture)), "another picture the second time")
    return picture, "accepted"


def _options(head: bytes, header: Header) -> dict[str, Any]:
    options: dict[str, Any] = {}
    if head[0] & 2:
        x, y = header.width * head[1] // 256, header.height * head[2] // 256
        options["region"] = (
            x,
            y,
            1 + (header.width - x - 1) * head[3] // 255,
            1 + (header.height - y - 1) * head[4] // 255,
        )
    if head[0] & 4:
        options["scale"] = SCALES[head[5] % 4]
    if head[0] & 8:
        options["partial"] = True
    return options


def _shape(picture: Picture) -> tuple[int, ...]:
    return to_array(picture).shape


def _expected(header: Header, options: dict[str, Any]) -> tuple[int, ...]:
    """A region gives every shrunk sample that stands for one of its pixels."""
    x, y, width, height = options.get("region") or (0, 0, header.width, header.height)
    shrink = round(1 / options.get("scale", 1))
    sides = tuple(-(-(at + side) // shrink) - at // shrink for at, side in ((y, height), (x, width)))
    planes = 4 if header.alpha else header.channels
    return sides if planes == 1 else (*sides, planes)


def mutate(data: bytes, most: int, rng: Random, native: Mutate) -> bytes:
    head, file = data[:HEAD].ljust(HEAD, b"\0"), data[HEAD:]
    if rng.randrange(8) == 0:
        return native(head, HEAD).ljust(HEAD, b"\0")[:HEAD] + file
    file = changed(file, most - HEAD, rng, native)
    return head + (fitted(file, bool(head[0] & 1), LIMITS.max_side, rng) if rng.randrange(16) else file)


TARGET = Target("decode", run, mutate, longest=6000, seconds=4.0)

if __name__ == "__main__":
    sys.exit(main(TARGET))
