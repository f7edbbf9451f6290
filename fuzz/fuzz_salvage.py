# SPDX-License-Identifier: Apache-2.0
"""What is left of a file that is damaged in one place: a byte changed, the end cut off, bytes gone or too many.

    input:  4 bytes that say how to damage it | the file

Laws: MezzotintError alone comes out. What does not decode is never called whole, and what decodes is. A salvaged
picture has the header's size, its lost tiles lie within it, and where nothing was lost without loss in coding, samples
and metadata are those of the undamaged file.
"""

from __future__ import annotations

import sys
from random import Random
from typing import Any

import numpy as np
from harness import Mutate, Target, instrumented, main, need
from repair import MODEL, changed
from samples import fitted, model

with instrumented():
    import forged  # noqa: F401  what samples.py takes sound tiles from

    from mezzotint.bitstream import Limits, Mode, read_header
    from mezzotint.errors import MezzotintError
    from mezzotint.runtime.api.decode import decode
    from mezzotint.runtime.api.salvage import Salvaged, salvage
    from mezzotint.runtime.pictures import Picture, to_array

LIMITS = Limits(max_pixels=2**16, max_side=2**8, max_tile_pixels=2**16)
HEAD = 4


def run(data: bytes) -> str:
    head, file = data[:HEAD].ljust(HEAD, b"\0"), data[HEAD:]
    context = file[MODEL] == model(True).model_id
    arguments = {"model": model(context), "threads": 1, "limits": LIMITS, "as_": "picture"}
    hurt = _damaged(file, head)
    found = _salvaged(hurt, arguments)
    decoded = _decoded(hurt, arguments)
    if decoded is not None:
        need(found is not None and found.whole, "a sound file is not whole")
    if found is None:
        return "refused"
    need(found.whole == (decoded is not None), "a damaged file is called whole")
    header = read_header(hurt, LIMITS)
    planes = 4 if header.alpha else header.channels
    shape = (header.height, header.width, planes)[: 2 + (planes > 1)]
    need(to_array(found.picture).shape == shape, "a picture of another shape")
    for x, y, width, height in found.lost:
        need(
            0 <= x < x + width <= header.width and 0 <= y < y + height <= header.height, "a lost tile outside"
        )
    sound = _decoded(file, arguments)
    if sound is not None and read_header(file, LIMITS) == header:
        _same_where_nothing_is_lost(found, sound, file, header.mode != Mode.LOSSY)
    return "whole" if found.whole else f"salvaged, {'some' if found.lost else 'none'} lost"


def _damaged(file: bytes, head: bytes) -> bytes:
    place, value, kind = int.from_bytes(head[:2], "little") % (len(file) + 1), head[2], head[3] % 5
    front, back = file[:place], file[place:]
    if kind == 0 or not back:
        return file
    if kind == 1:
        return front + bytes([back[0] ^ (value or 1)]) + back[1:]
    if kind == 2:
        return front
    return front + (back[1 + value :] if kind == 3 else bytes([value]) + back)


def _decoded(file: bytes, arguments: dict[str, Any]) -> Picture | None:
    try:
        picture: Picture = decode(file, **arguments)
    except MezzotintError:
        return None
    return picture


def _salvaged(file: bytes, arguments: dict[str, Any]) -> Salvaged[Picture] | None:
    try:
        return salvage(file, **arguments)
    except MezzotintError as error:
        need("\n" not in str(error), "the error has several lines")
        return None


def _same_where_nothing_is_lost(found: Salvaged[Picture], sound: Picture, file: bytes, exact: bool) -> None:
    picture = found.picture
    here = np.ones(picture.colour.shape[:2], bool)
    for x, y, width, height in found.lost:
        here[y : y + height, x : x + width] = False
    if exact:
        need(np.array_equal(picture.colour[here], sound.colour[here]), "other samples where nothing was lost")
    # A box within a damaged box cannot be told from one of the file where the length of the outer one is damaged.
    if (
        picture.alpha is not None
        and sound.alpha is not None
        and not found.alpha_lost
        and file.count(b"ALPH") == 1
    ):
        need(
            np.array_equal(picture.alpha[here], sound.alpha[here]),
            "another transparency where nothing was lost",
        )
    tags = {"icc": "iCCP", "exif": "eXIF", "xmp": "xMP"}
    for name, tag in tags.items():
        kept, there = getattr(picture, name), getattr(sound, name)
        others = {*tags.values()} - {tag}  # a damaged box has a name that it may not have had
        lost = not kept and set(found.lost_boxes) - others
        need(kept == there or lost or file.count(tag.encode()) > 1, f"other {name} than there was")


def mutate(data: bytes, most: int, rng: Random, native: Mutate) -> bytes:
    head, file = data[:HEAD].ljust(HEAD, b"\0"), data[HEAD:]
    if rng.randrange(3):
        return rng.randbytes(HEAD) + file
    file = changed(file, most - HEAD, rng, native)
    return head + (fitted(file, bool(rng.randrange(2)), LIMITS.max_side, rng) if rng.randrange(8) else file)


TARGET = Target("salvage", run, mutate, longest=6000, seconds=4.0)

if __name__ == "__main__":
    sys.exit(main(TARGET))
