# SPDX-License-Identifier: Apache-2.0
"""A whole file given to the package and to the second decoder of tests/second, which was written from the document.

Laws: both refuse a file, or both accept it; then alpha, and latents (mode 0) or samples (modes 1 and 2) are the same.
What one refuses that the other accepts is a mistake of one of them, or a hole in docs/format.md.
"""

from __future__ import annotations

import sys
from functools import cache
from random import Random
from typing import Any

import numpy as np
from harness import HERE, Mutate, Target, instrumented, main, need
from numpy.typing import NDArray
from repair import changed
from samples import fitted, model

sys.path.insert(0, str(HERE.parent / "tests" / "second"))
import decoder as second
import exact as second_exact

with instrumented():
    import forged  # noqa: F401  what samples.py takes sound tiles from

    from mezzotint.bitstream import Header, Limits, Mode, read, read_header
    from mezzotint.bundle import dump, find
    from mezzotint.errors import MezzotintError, UnknownModel
    from mezzotint.runtime.api.decode import decode
    from mezzotint.runtime.decode import read_latents
    from mezzotint.runtime.lossless.tables import FILE
    from mezzotint.runtime.pictures import from_boxes

SMALL = Limits(max_pixels=2**12, max_side=2**8)  # the second decoder takes a symbol at a time
Arrays = list[NDArray[Any]]


def run(data: bytes) -> str:
    """What is too large for the second decoder is left to the other targets."""
    try:
        header = read_header(data, Limits(max_pixels=2**70, max_side=2**35))
        if (
            header.width * header.height > SMALL.max_pixels
            or max(header.width, header.height) > SMALL.max_side
        ):
            return "large"
    except MezzotintError:
        header = None
    ours, word = _ours(data)
    theirs, reason = _theirs(data, header)
    need((ours is None) == (theirs is None), f"the package says {word}, the second decoder {reason}")
    if ours is not None and theirs is not None:
        need(len(ours) == len(theirs), "another number of arrays")
        need(
            all(np.array_equal(one, other) for one, other in zip(ours, theirs, strict=True)),
            "another picture",
        )
    return word


def _ours(data: bytes) -> tuple[Arrays | None, str]:
    try:
        container = read(data)
        header = container.header
        alpha = from_boxes(container.boxes, header.height, header.width, header.bit_depth).alpha
        if header.mode == Mode.LOSSY:
            tiles = read_latents(container, _model(header))
            found: Arrays = [part for tile in tiles for part in (tile.z_hat, tile.indices, tile.symbols)]
        else:
            found = [decode(data, as_="picture").colour.reshape(header.height, header.width, header.channels)]
    except MezzotintError as error:
        return None, type(error).__name__
    return found if alpha is None else [alpha, *found], f"{header.mode.name.lower()} accepted"


def _theirs(data: bytes, header: Header | None) -> tuple[Arrays | None, str]:
    try:
        if len(data) < 22:
            raise second.Refused("the fixed fields are not all there")
        file = second.parse(data)
        alpha = second.decode_alpha(file)
        if file.mode == 0:
            found = [part for tile in second.decode_latents(file, _second(file.model_id)) for part in tile]
        else:
            found = [second_exact.decode_exact(file, _tables())]
    except second.Refused as error:
        return None, f"{error}"
    return found if alpha is None else [alpha, *found], "accepted"


def _model(header: Header) -> Any:
    for context in (False, True):
        if model(context).model_id == header.model_id:
            return find(header.model_id, model(context))
    raise UnknownModel("neither of the two small models")


@cache
def _second(model_id: bytes) -> second.Bundle:
    for context in (False, True):
        if model(context).model_id == model_id:
            return second.read_bundle(dump(model(context)))
    raise second.Refused("neither of the two small models")


@cache
def _tables() -> second_exact.Tables:
    return second_exact.read_tables(FILE)


def mutate(data: bytes, most: int, rng: Random, native: Mutate) -> bytes:
    data = changed(data, most, rng, native)
    return fitted(data, bool(rng.randrange(2)), 70, rng) if rng.randrange(4) else data


TARGET = Target("agree", run, mutate, longest=4096, seconds=4.0)

if __name__ == "__main__":
    sys.exit(main(TARGET))
