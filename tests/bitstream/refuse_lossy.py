# SPDX-License-Identifier: Apache-2.0
"""Lossy files to refuse for their model, layers or words, under checksums that are right (docs/format.md 5 to 9).

They are golden files with a part changed. The coder alone must notice, since nothing else tells.
Trap: not every damage is one to it. A flipped bit may give other words that are as good; those here are refused.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import decoder
import numpy as np
from forge import encode_words, pack_varint
from refuse_build import GOLDEN, TESTS, Case, again, flipped, frozen_id, longer, taken_apart, with_chunk

ENDS, WORDS, ZERO = "do not end where", "no whole words", "last word of a layer is zero"
SHORTEST, LONGER = "not in its shortest spelling", "longer than 4 bytes"
SOONER = {  # where it is by chance the bytes of an escape that tell first
    "tiny-layer-1-word-less": SHORTEST,
}
WORD = b"\x01\x02\x03\x04"
Change = Callable[[bytes], bytes]

# What is changed in a chunk, and what a decoder says of it.
DAMAGE: dict[str, tuple[Change, str]] = {
    "bit": (lambda chunk: flipped(chunk, 4 * len(chunk)), ENDS),
    "word-more": (lambda chunk: WORD + chunk, ENDS),
    "word-less": (lambda chunk: chunk[4:], ENDS),
    "byte-less": (lambda chunk: chunk[:-1], WORDS),
    "byte-more": (lambda chunk: b"\x01" + chunk, WORDS),
    "zero-word": (lambda chunk: chunk + bytes(4), ZERO),
    "empty": (lambda chunk: b"", WORDS),
    "start-alone": (lambda chunk: b"\0\0\0\1", ENDS),  # what the state must be at the end
}
# Model, golden file, layers, and which damage is done to each of its chunks.
DAMAGED = (
    ("tiny", "tiny-64x64-q75", 3, tuple(DAMAGE)),
    ("context", "context-64x64-q33", 4, ("bit", "word-more", "word-less", "empty")),
    ("default", "default-17x33-q100", 4, ("bit", "word-more")),
    ("default", "default-64x64-boxes-q33", 4, ("zero-word",)),
)


def cases() -> list[Case]:
    return [
        *_damaged(),
        *_words_of_nothing(),
        *_models(),
        *_layers(),
        *_headers(),
        *_exchanged(),
        *_escapes(),
    ]


def _lossy(name: str, data: bytes, says: str, model: str | None, error: str = "DamagedFile") -> Case:
    return Case(f"lossy-{name}", data, error, SOONER.get(name, says), "decode", model)


def _damaged() -> list[Case]:
    return [
        _lossy(
            f"{model}-layer-{layer}-{what}", with_chunk(name, layer, DAMAGE[what][0]), DAMAGE[what][1], model
        )
        for model, name, layers, kinds in DAMAGED
        for layer in range(layers)
        for what in kinds
    ]


def _words_of_nothing() -> list[Case]:
    """In the last layer of a picture so dull that all of its tables have one symbol."""
    words = {"start": b"\0\0\0\1", "zero": bytes(4), "byte": b"\1"}
    return [
        _lossy(
            f"nothing-coded-{name}",
            with_chunk("default-1x1-q75", 3, lambda _, w=w: w),
            "codes no symbols",
            "default",
        )
        for name, w in words.items()
    ]


def _models() -> list[Case]:
    """Ids that no model has, or only another one."""
    tiny, context = (
        taken_apart(f"{model}-1x1-{q}").model_id for model, q in (("tiny", "q0"), ("context", "q75"))
    )
    other = {
        "unknown": (bytes(8), None),
        "last-byte": (tiny[:7] + bytes([tiny[7] ^ 1]), "tiny"),
        "of-context": (context, "tiny"),
        "of-lossless-coding": (frozen_id(), "tiny"),
    }
    return [
        _lossy(
            f"model-id-{name}",
            again("tiny-1x1-q0", model_id=value),
            f"model {value.hex()}",
            model,
            "UnknownModel",
        )
        for name, (value, model) in other.items()
    ]


def _layers() -> list[Case]:
    """The right chunks, then empty ones; or not all of them."""
    found = []
    for model, name, right in (
        ("tiny", "tiny-1x1-q0", 3),
        ("context", "context-1x1-q75", 4),
        ("default", "default-1x1-q75", 4),
    ):
        chunks = [layer[0] for layer in taken_apart(name).chunks] + [b""] * 12
        for count in (1, right - 1, right + 1, 15):
            data = again(name, layers=count, chunks=chunks[:count])
            found.append(
                _lossy(f"{model}-layers-{count}", data, f"has {count} layers, and its model {right}", model)
            )
    return found


def _headers() -> list[Case]:
    """Words that fit another header: other tables, or other shapes."""
    changed = [
        ("quality-0", "tiny-64x64-q75", "tiny", {"quality": 0}),
        ("quality-one-anchor-on", "context-64x64-q33", "context", {"quality": 4095}),
        ("quality-2000", "default-17x33-q100", "default", {"quality": 2000}),
        ("width-one-block-more", "tiny-64x64-q75", "tiny", {"width": 65}),
        ("height-one-block-more", "default-17x33-q100", "default", {"height": 65}),
        ("width-one-block-less", "tiny-130x70-alpha-q100", "tiny", {"width": 64, "kinds": 0, "boxes": ()}),
    ]
    return [_lossy(name, again(file, **change), ENDS, model) for name, file, model, change in changed]


def _exchanged() -> list[Case]:
    """Chunks in each other's places."""
    found = []
    for name, model, file, a, b in (
        ("layers", "tiny", "tiny-64x64-q75", 1, 2),
        ("layers-of-context", "context", "context-64x64-q33", 2, 3),
        ("z-and-y", "default", "default-17x33-q100", 0, 1),
        ("z-of-tiles", "default", "default-130x70-tiles-q75", 0, 5),
        ("y-of-tiles", "context", "context-130x70-tiles-q75", 6, 11),
    ):
        chunks = [chunk for layer in taken_apart(file).chunks for chunk in layer]
        chunks[a], chunks[b] = chunks[b], chunks[a]
        found.append(_lossy(f"exchanged-{name}", again(file, chunks=chunks), ENDS, model))
    last = with_chunk("context-130x70-tiles-q75", 23, DAMAGE["bit"][0])
    return [*found, _lossy("last-tile-of-many", last, ENDS, "context")]


# -- escapes (9.4) ----------------------------------------------------------------------------------------


def _escapes() -> list[Case]:
    """Chunks whose words are sound and whose escapes are not spelled as they must be."""
    spelled: dict[str, tuple[Callable[[int], bytes], str]] = {
        "not-shortest": (longer, SHORTEST),
        "zero-in-two-bytes": (lambda _: b"\x80\0", SHORTEST),
        "zero-in-four-bytes": (lambda _: b"\x80\x80\x80\0", SHORTEST),
        "of-five-bytes": (lambda _: b"\xff\xff\xff\xff\x01", LONGER),
        "without-end": (lambda _: b"\x80\x80\x80\x80", LONGER),
        # What is read instead are the bytes of the next escape, and then zeros.
        "missing": (lambda _: b"", SHORTEST),
        "byte-more": (lambda e: pack_varint(e) + b"\x01", ENDS),
        "cut": (lambda e: bytes([pack_varint(e)[0] | 128]), SHORTEST),
    }
    found = []
    for model, name, layer in (("tiny", "tiny-64x64-q75", 1), ("context", "context-1x1-q75", 1)):
        for what, (spell, says) in spelled.items():
            chunk = escaped(model, name, layer, spell)
            found.append(
                _lossy(f"{model}-escape-{what}", with_chunk(name, layer, lambda _, c=chunk: c), says, model)
            )
    return found


@cache
def bundle(model: str) -> decoder.Bundle:
    package = TESTS.parent / "src" / "mezzotint"
    folder = package / "bundle" if model == "default" else GOLDEN / "streams"
    return decoder.read_bundle((folder / f"{model}.mztm").read_bytes())


def escaped(model: str, name: str, layer: int, spell: Callable[[int], bytes]) -> bytes:
    """The chunk of a layer of y of a golden file of one tile, its first escape spelled in another way."""
    found, groups = bundle(model), bundle(model).groups
    arrays = found.arrays
    parts = np.split(arrays["y.frequencies"], np.cumsum(arrays["y.lengths"])[:-1])
    tables = [decoder.make_table(arrays["y.minima"][k], part, k > 0) for k, part in enumerate(parts)]
    ((_, indices, symbols),) = decoder.decode_latents(taken_apart(name), found)
    own = slice(sum(groups[: layer - 1]), sum(groups[:layer]))
    numbers, values = indices[own].ravel(), symbols[own].ravel()
    intervals, escapes = [], []
    for place in np.argsort(numbers, kind="stable"):
        table = tables[numbers[place]]
        entry, last = int(values[place]) - table.minimum, len(table.left) - 2
        if not last:
            continue
        if not 0 <= entry < last:
            e = 2 * (entry - last) if entry >= 0 else -2 * entry - 1
            escapes.append(pack_varint(e) if escapes else spell(e))
            entry = last
        intervals.append((table.left[entry], table.left[entry + 1]))
    assert escapes
    for k in range(5):
        intervals += [(e[k] << 16, e[k] + 1 << 16) for e in escapes if k < len(e)]
    return encode_words(intervals)
