# SPDX-License-Identifier: Apache-2.0
"""Model bundles: the small model with another JSON header, another graph or array, or with bytes patched in it.

    input:  kind | number of a model | JSON text, or number of a blob and its content, or patches

Laws: DamagedModel alone comes out. An accepted bundle is written as one that is accepted, with the same id, and
writing that again gives the same bytes. No graph is run here: tests/hostile does that, in a process with a limit.
Hashes and lengths of blobs are made to agree, or nothing else would ever be looked at.
"""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Callable
from functools import cache
from random import Random
from typing import Any

from harness import Mutate, Target, instrumented, main, need
from repair import Cursor
from samples import model

with instrumented():
    from mezzotint.bundle import dump, load
    from mezzotint.errors import DamagedModel

FRONT = b"\x8dMZM\1\0\0\0"
VALUES: tuple[Any, ...] = (
    *(-1, 0, 1, 2, 3, 7, 8, 64, 255, 1024, 1025, 2**24, 2**31, 2**63, 2**64, 0.5),
    None,
    True,
    "",
    "a",
    [],
    {},
    [1],
)


@cache
def _sound(number: int) -> tuple[dict[str, Any], tuple[bytes, ...]]:
    """Header and blobs."""
    data = dump(model(bool(number & 1)))
    size = int.from_bytes(data[8:12], "little")
    header: dict[str, Any] = json.loads(data[12 : 12 + size])
    return header, tuple(blob.data for blob in model(bool(number & 1)).blobs)


def run(data: bytes) -> str:
    cursor = Cursor(data)
    kind, number = cursor.number(1) % len(KINDS), cursor.number(1)
    bundle = KINDS[kind](cursor, number)
    name = KINDS[kind].__name__[1:]
    try:
        found = load(bundle)
    except DamagedModel as error:
        need("\n" not in str(error), "the error has several lines")
        return f"{name}: DamagedModel"
    again = dump(found)
    need(
        load(again).model_id == found.model_id and dump(load(again)) == again,
        "another bundle when written again",
    )
    return f"{name}: accepted"


def _header(cursor: Cursor, number: int) -> bytes:
    text = cursor.rest()
    return FRONT + len(text).to_bytes(4, "little") + text + b"".join(_sound(number)[1])


def _blob(cursor: Cursor, number: int) -> bytes:
    blobs = list(_sound(number)[1])
    blobs[cursor.number(1) % len(blobs)] = cursor.rest()
    return _joined(number, blobs)


def _patches(cursor: Cursor, number: int) -> bytes:
    blobs = [bytearray(blob) for blob in _sound(number)[1]]
    while cursor.left:
        blob = blobs[cursor.number(1) % len(blobs)]
        place, count = cursor.number(2), cursor.number(1)
        content = cursor.take(min(count, cursor.left))
        place %= len(blob) + 1
        blob[place : place + len(content)] = content
    return _joined(number, [bytes(blob) for blob in blobs])


def _joined(number: int, blobs: list[bytes]) -> bytes:
    """Hashes, lengths and offsets of the header follow the blobs."""
    header, offset = json.loads(json.dumps(_sound(number)[0])), 0
    for entry, blob in zip(header["blobs"], blobs, strict=True):
        entry |= {"sha256": hashlib.sha256(blob).hexdigest(), "length": len(blob), "offset": offset}
        offset += len(blob)
    text = json.dumps(header, separators=(",", ":")).encode()
    return FRONT + len(text).to_bytes(4, "little") + text + b"".join(blobs)


KINDS: tuple[Callable[[Cursor, int], bytes], ...] = (_header, _blob, _patches)


def mutate(data: bytes, most: int, rng: Random, native: Mutate) -> bytes:
    if len(data) < 3 or data[0] % len(KINDS) or rng.randrange(2):
        return native(data, most)
    try:
        header = json.loads(data[2:])
    except (ValueError, RecursionError):
        return native(data, most)
    _changed(header, rng)
    return data[:2] + json.dumps(header, separators=(",", ":")).encode("utf-8", "replace")


def _changed(value: Any, rng: Random) -> None:
    """One value somewhere in it is exchanged, copied or taken away."""
    while isinstance(value, dict | list) and value:
        keys = list(value) if isinstance(value, dict) else list(range(len(value)))
        key = rng.choice(keys)
        if isinstance(value[key], dict | list) and value[key] and rng.randrange(6):
            value = value[key]
            continue
        way = rng.randrange(4)
        if way == 0:
            del value[key]
        elif way == 1 and isinstance(value, list):
            value.insert(key, value[rng.choice(keys)])
        elif way == 2:
            value[key] = value[rng.choice(keys)]
        else:
            value[key] = rng.choice(VALUES)
        return


TARGET = Target("bundle", run, mutate, longest=6000, seconds=2.0)

if __name__ == "__main__":
    sys.exit(main(TARGET))
