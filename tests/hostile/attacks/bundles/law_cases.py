# SPDX-License-Identifier: Apache-2.0
"""Bundles whose arrays break a law, under hashes that are right, by hand.

One law of the scale map no bundle can break: with bytes for weights and at most 1024 channels it stays within 2^36.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from attacks.bundles.drafts import Draft, Hostile, draft

Change = Callable[[NDArray[Any]], object]
SUM = "do not sum to 2^24"
LENGTHS = "the lengths of its y tables are wrong"
LONG = "a y table of it is too long"
EMPTY = "a symbol of a table has no frequency"
LOGARITHMS = "is not a table of usable logarithms"


def cases() -> Iterator[Hostile]:
    yield from frequencies()
    yield from tables()
    yield from vectors()
    yield from contexts()
    yield from sides()


def frequencies() -> Iterator[Hostile]:
    for name in ("y.frequencies", "z.frequencies"):
        for what, change, message in (
            ("one too many", _set(3, lambda old: old + 1), SUM),
            ("one too few", _set(3, lambda old: old - 1), SUM),
            ("all zero", lambda array: array.fill(0), SUM),
            ("all of the largest", lambda array: array.fill(2**32 - 1), SUM),
            ("a zero", _emptied, EMPTY),
            ("2^32 too many in a table", _wrapping, SUM),
            ("all exchanged", lambda array: array.reshape(-1).sort(), SUM),
        ):
            yield Hostile(f"{name}: {what}", _changed(name, change), message)


def tables() -> Iterator[Hostile]:
    for what, name, change, message in (
        ("table 0 has two entries", "y.lengths", _set(0, lambda _: 2), LENGTHS),
        ("table 0 has none", "y.lengths", _set(0, lambda _: 0), LENGTHS),
        ("a table has one entry", "y.lengths", _exchanged(3, 1), LENGTHS),
        ("a table has none", "y.lengths", _exchanged(3, 0), LENGTHS),
        ("a table has -1", "y.lengths", _exchanged(3, -1), LENGTHS),
        ("a table has the smallest", "y.lengths", _set(3, lambda _: -(2**31)), LENGTHS),
        ("a table has the largest", "y.lengths", _set(3, lambda _: 2**31 - 1), LENGTHS),
        (
            "lengths that wrap round",
            "y.lengths",
            lambda array: array.__setitem__(slice(1, 5), 2**30),
            LENGTHS,
        ),
        ("one more than there are", "y.lengths", _set(63, lambda old: old + 1), LENGTHS),
        ("one less than there are", "y.lengths", _set(63, lambda old: old - 1), LENGTHS),
        ("an entry in the wrong table", "y.lengths", _exchanged(20, 3), SUM),
        ("table 0 begins at 1", "y.minima", _set(0, lambda _: 1), LENGTHS),
        ("a minimum of -2^15", "y.minima", _set(5, lambda _: -(2**15)), LONG),
        ("a minimum of 2^15", "y.minima", _set(5, lambda _: 2**15), LONG),
        ("the smallest minimum", "y.minima", _set(5, lambda _: -(2**31)), LONG),
        ("the largest minimum", "y.minima", _set(63, lambda _: 2**31 - 1), LONG),
    ):
        yield Hostile(what, _changed(name, change), message)
    yield Hostile("a table of 2^16 entries", _long_table(), LONG)


def vectors() -> Iterator[Hostile]:
    quiet = np.array([0x7FA00000], np.uint32).view(np.float32)[0]  # a signalling NaN
    for name in ("vector.step", "vector.gain"):
        for value in (np.nan, quiet, np.inf, -np.inf, 64.1, -64.1, 3e38, -3e38):
            made = _changed(name, _filled((1, 2), value))
            yield Hostile(f"{name}: {value}", made, LOGARITHMS)


def contexts() -> Iterator[Hostile]:
    fit = "do not fit the groups of the model"
    for name, shape, message in (
        ("scale.inner", (2, 4, 2, 5), fit),
        ("scale.outer", (5, 2), fit),
        ("scale.outer", (5, 1025), "has 1025 features"),
        ("scale.inner", (1, 3, 2, 5), "is declared wrongly"),
        ("scale.inner", (2, 3, 1, 5), "is declared wrongly"),
        ("scale.outer", (8, 3), "is declared wrongly"),
    ):
        made = draft("context")
        made.record(name)["shape"] = list(shape)
        yield Hostile(f"{name} of {shape}", made.put(name, bytes(np.prod(shape))).packed(), message)
    wide = draft("context")
    for name, shape in (("scale.inner", (2, 1024, 2, 5)), ("scale.outer", (5, 1024))):
        wide.record(name)["shape"] = list(shape)
        wide.put(name, b"\x80" * int(np.prod(shape)))
    yield Hostile("a context beyond its bound", wide.packed(), "may leave 32 bits")
    one = draft("context")
    one.header["latent_groups"] = [8]
    yield Hostile("a context in a model of one group", one.packed(), "is declared wrongly")
    for change in ("without", "of one channel"):
        yield Hostile(f"a context, {change} a vector of steps", _steps(change), "no vector 'step' of a step")


def sides() -> Iterator[Hostile]:
    """Which side a vector is on follows from the graphs."""
    for name, side in (("vector.step", "encoder"), ("vector.gain", "decoder")):
        made = draft()
        made.record(name)["side"] = side
        yield Hostile(f"{name} on the {side}'s side", made.packed(), "is declared on the wrong side")
    for side in ("encoder", "decoder"):
        made = draft()
        made.header["blobs"].append({**made.record("vector.gain"), "name": "vector.unused", "side": side})
        made.blobs.append(made.blob("vector.gain"))
        yield Hostile(
            f"a vector that none reads ({side})", made.settle().packed(), "is declared on the wrong side"
        )
    for name in ("vector.step", "vector.gain"):
        made = draft()
        place = made.place(name)
        del made.header["blobs"][place], made.blobs[place]
        yield Hostile(f"without {name}", made.settle().packed(), "which the bundle lacks")
        made = draft()
        made.record(name)["name"] = "vector.other"
        yield Hostile(f"{name} by another name", made.packed(), "which the bundle lacks")
        made = draft()
        made.record(name)["shape"] = [3, 7]
        made.put(name, made.blob(name)[: 3 * 7 * 4])
        yield Hostile(f"{name} lacks a channel", made.packed(), "in another shape")


# -- how they are made ------------------------------------------------------------------------------------


def _changed(name: str, change: Change) -> bytes:
    made = draft()
    record = made.record(name)
    array = np.frombuffer(made.blob(name), record["dtype"]).reshape(record["shape"]).copy()
    change(array)
    return made.put(name, array.tobytes()).packed()


def _set(place: Any, value: Callable[[Any], Any]) -> Change:
    def change(array: NDArray[Any]) -> None:
        target = array if isinstance(place, tuple) else array.reshape(-1)
        target[place] = value(target[place])

    return change


def _filled(place: tuple[int, int], value: float) -> Change:
    return _set(place, lambda _: value)


def _emptied(array: NDArray[Any]) -> None:
    """What one entry has goes to the next, so that the sum stays."""
    flat = array.reshape(-1)
    flat[4] += flat[3]
    flat[3] = 0


def _exchanged(table: int, length: int) -> Change:
    """A table of another length, for which the last one makes up."""

    def change(array: NDArray[Any]) -> None:
        array[63] += array[table] - length
        array[table] = length

    return change


def _wrapping(array: NDArray[Any]) -> None:
    """16 entries of 2^28 + 2^20 sum to 2^32 + 2^24, which is right in 32 bits."""
    last = int(np.frombuffer(draft().blob("y.lengths"), np.int32)[-1]) if array.ndim == 1 else 255
    row = array.reshape(-1)[-last:]
    row[:] = 1
    row[:16] = 2**28 + 2**20
    row[0] -= last - 16


def _long_table() -> bytes:
    made = draft()
    lengths = np.frombuffer(made.blob("y.lengths"), np.int32).copy()
    frequencies = np.frombuffer(made.blob("y.frequencies"), np.uint32)
    last = np.ones(2**16, np.uint32)
    last[0] = 2**24 - 2**16 + 1
    frequencies = np.concatenate([frequencies[: -lengths[63]], last])
    lengths[63] = 2**16
    made.record("y.frequencies")["shape"] = [frequencies.size]
    made.put("y.frequencies", frequencies.tobytes())
    return made.put("y.lengths", lengths.tobytes()).packed()


def _steps(change: str) -> bytes:
    made: Draft = draft("context")
    if change == "without":
        made.record("vector.step")["name"] = "vector.steps"
    else:
        made.record("vector.step")["shape"] = [3, 1]
        made.put("vector.step", bytes(12))
    return made.packed()
