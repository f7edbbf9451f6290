# SPDX-License-Identifier: Apache-2.0
"""Bundles changed by chance: as bytes, as JSON, as arrays, and field by field inside their graphs.

But for the first kind, lengths and hashes are made to agree again, so that laws and graph checker see the damage. A
change may be harmless, or leave another sound model: the id tells.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from attacks.bits import flipped, one, some_bits
from attacks.bundles import wire
from attacks.bundles.drafts import KINDS, draft, sound, wrapped

Rng = np.random.Generator
NUMBERS = (
    *(-1, 0, 1, 2, 3, 7, 8, 63, 64, 127, 128, 255, 1023, 1025, 2**15, 2**16, 2**24),
    *(2**31 - 1, 2**31, 2**32 - 1, 2**32, 2**62, 2**63 - 1, 2**63, 2**64 - 1),
)
WORDS = (
    *("", "a", "decoder", "encoder", "optional", "onnx", "array", "float32", "int8", "uint32", "object"),
    *(
        "synthesis",
        "scale.weight",
        "vector.step",
        "vector.other",
        "\0",
        "\ud800",
        "../x",
        "0" * 64,
        "x" * 5000,
    ),
)
NAMES = (b"Conv", b"Mul", b"y_hat", b"symbols", b"q_step", b"Resize", b"Loop", b"Tile", b"ConstantOfShape")


def mutations(count: int, rng: Rng) -> Iterator[tuple[str, bytes, str]]:
    """(what was done, the bundle, the kind that it was made of)"""
    ways = (raw, raw, record, card, text, cells, blob_bytes, resized, fields, fields, fields, fields)
    while count:
        kind, way = one(KINDS, rng), one(ways, rng)
        made = way(kind, rng)
        if made == sound(kind):
            continue
        count -= 1
        yield f"{kind}, {way.__name__}", made, kind


# -- bytes ------------------------------------------------------------------------------------------------


def raw(kind: str, rng: Rng) -> bytes:
    """Bits, cuts and splices anywhere; hashes are left as they are."""
    return _damaged(sound(kind), rng)


def _damaged(data: bytes, rng: Rng) -> bytes:
    start = int(rng.integers(len(data)))
    end = min(len(data), start + int(rng.integers(1, 200)))
    other = sound(one(KINDS, rng))
    at = int(rng.integers(len(other)))
    return one(
        (
            flipped(data, some_bits(rng, 0, len(data))),
            flipped(data, some_bits(rng, 0, min(len(data), 2000))),
            data[:start],
            data[:start] + data[end:],
            data[:end] + data[start:],
            data[:start] + rng.bytes(end - start) + data[end:],
            data[:start] + other[at : at + end - start] + data[end:],
        ),
        rng,
    )


# -- the header -------------------------------------------------------------------------------------------


def card(kind: str, rng: Rng) -> bytes:
    """One entry of the header, other than the blobs."""
    made = draft(kind)
    keys = [key for key in made.header if key != "blobs"]
    _change(made.header, one(keys, rng), rng)
    return made.packed()


def record(kind: str, rng: Rng) -> bytes:
    """One entry of a blob's record; or blobs that change places, are doubled or lost."""
    made = draft(kind)
    place = int(rng.integers(len(made.blobs)))
    records = made.header["blobs"]
    if rng.random() < 0.7:
        _change(records[place], one(list(records[place]), rng), rng)
        return made.packed()
    other = int(rng.integers(len(made.blobs)))
    change = int(rng.integers(4))
    if change == 0:
        records[place], records[other] = records[other], records[place]
        made.blobs[place], made.blobs[other] = made.blobs[other], made.blobs[place]
    elif change == 1:
        del records[place], made.blobs[place]
    elif change == 2:
        records.insert(other, dict(records[place]))
        made.blobs.insert(other, made.blobs[place])
    else:
        made.blobs[place] = made.blobs[other]
    return (made.settle() if rng.random() < 0.8 else made).packed()


def text(kind: str, rng: Rng) -> bytes:
    """The header as text, bits turned over and pieces moved; its length is right."""
    made = draft(kind)
    plain = json.dumps(made.header, ensure_ascii=False).encode()
    return wrapped(_damaged(plain, rng), b"".join(made.blobs))


def _change(values: dict[str, Any], key: str, rng: Rng) -> None:
    old = values[key]
    change = int(rng.integers(6))
    if change == 0:
        del values[key]
    elif change == 1:
        values[key + one(("", "_", "\0"), rng)] = values.pop(key)
    elif change == 2 and isinstance(old, list) and old:
        values[key] = one((old[:-1], [*old, old[-1]], old[::-1], [one(NUMBERS, rng), *old[1:]]), rng)
    elif change == 3 and type(old) is int:
        values[key] = old + one((-64, -1, 1, 64), rng)
    else:
        strange: tuple[Any, ...] = (
            None,
            True,
            1.5,
            1e300,
            [],
            {},
            [[]],
            [1, 2],
            *(one(NUMBERS, rng), one(WORDS, rng)) * 2,
        )
        values[key] = one(strange, rng)


# -- blobs, under hashes that agree -----------------------------------------------------------------------


def cells(kind: str, rng: Rng) -> bytes:
    """Some entries of an array, or what two of them hold exchanged, so that sums stay."""
    made = draft(kind)
    entry = one([entry for entry in made.header["blobs"] if entry["kind"] == "array"], rng)
    array: NDArray[Any] = np.frombuffer(made.blob(entry["name"]), entry["dtype"]).copy()
    for _ in range(int(rng.integers(1, 4))):
        _cell(array, rng)
    return made.put(entry["name"], array.tobytes()).packed()


def _cell(array: NDArray[Any], rng: Rng) -> None:
    here, there = rng.choice(array.size, 2, replace=False)
    whole = array.dtype.kind in "iu"
    change = int(rng.integers(4))
    if change == 0 and whole:
        bounds = np.iinfo(array.dtype)
        array[here] = one((bounds.min, bounds.max, 0, 1, bounds.max // 2), rng)
    elif change == 0:
        array[here] = one((np.nan, np.inf, -np.inf, 64.1, -64.0, 1e-45, 3e38), rng)
    elif change == 1:
        array[here], array[there] = array[there], array[here]
    elif change == 2 and whole and array[here] > 1:  # a part of one goes to another
        part = array.dtype.type(rng.integers(1, int(array[here])))
        array[here] -= part
        with np.errstate(over="ignore"):
            array[there] += part
    else:
        array.view(np.uint8)[int(rng.integers(array.nbytes))] ^= 1 << int(rng.integers(8))


def blob_bytes(kind: str, rng: Rng) -> bytes:
    """Bytes of any blob, most often of a graph."""
    made = draft(kind)
    name = one([entry["name"] for entry in made.header["blobs"]], rng)
    return made.put(name, _damaged(made.blob(name), rng)).packed()


def resized(kind: str, rng: Rng) -> bytes:
    """An array of another shape whose length agrees."""
    made = draft(kind)
    entry = one([entry for entry in made.header["blobs"] if entry["kind"] == "array"], rng)
    axis = int(rng.integers(len(entry["shape"])))
    entry["shape"][axis] = max(1, entry["shape"][axis] + one((-2, -1, 1, 2), rng))
    size = int(np.prod(entry["shape"])) * np.dtype(entry["dtype"]).itemsize
    blob = made.blob(entry["name"])
    return made.put(entry["name"], (blob * (1 + size // len(blob)))[:size]).packed()


def fields(kind: str, rng: Rng) -> bytes:
    """One to three fields of a graph, however deep they lie."""
    made = draft(kind)
    name = one([entry["name"] for entry in made.header["blobs"] if entry["kind"] == "onnx"], rng)
    graph = made.blob(name)
    for _ in range(int(rng.integers(1, 4))):
        graph = _field(graph, wire.MODEL, rng)
    return made.put(name, graph).packed()


def _field(message: bytes, kind: wire.Kind, rng: Rng) -> bytes:
    try:
        found = wire.split(message)
    except IndexError:  # it was damaged before
        return message
    if not found:
        return message
    # Of the kinds of fields, not of the fields: or nearly all would be weights.
    numbers = sorted({item.number for item in found})
    number = 7 if kind is wire.MODEL and 7 in numbers and rng.random() < 0.9 else one(numbers, rng)
    places = [place for place, item in enumerate(found) if item.number == number]
    place = one(places, rng)
    item = found[place]
    if number in kind.inside and isinstance(item.value, bytes) and rng.random() < 0.9:
        found[place] = wire.Field(number, item.wire, _field(item.value, kind.inside[number], rng))
        return wire.join(found)
    other = one(found, rng)
    changes: tuple[list[wire.Field], ...] = (
        [],
        [item, item],
        [other],
        [item, other],
        [wire.Field(int(rng.integers(1, 30)), item.wire, item.value)],
        *[[wire.Field(number, item.wire, _value(item, rng))]] * 6,
    )
    found[place : place + 1] = one(changes, rng)
    return wire.join(found)


def _value(item: wire.Field, rng: Rng) -> wire.Value:
    value = item.value
    if isinstance(value, int):
        return one((value + 1, max(0, value - 1), one(NUMBERS[1:], rng), int(rng.integers(0, 30))), rng)
    if not value or item.wire != wire.BYTES:
        return b"x" if item.wire == wire.BYTES else rng.bytes(len(value))
    words = b"".join(wire.varint(one(NUMBERS[1:], rng)) for _ in range(4))
    changed = flipped(value, some_bits(rng, 0, len(value)))
    return one((changed, value[: int(rng.integers(len(value)))], value + value, words, one(NAMES, rng)), rng)
