# SPDX-License-Identifier: Apache-2.0
"""Row 5: bytes and chunks moved, lost, doubled and mixed; other formats; and the golden files to refuse.

With checksums as they were, all of it is damaged or truncated. Chunks that change places under checksums that agree
may give a picture: nothing but a checksum says where a chunk belongs.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import cache

import numpy as np

from attacks.bits import one
from attacks.files import ROOT, Sample, model, small
from attacks.trial import Case, Errors, Outcome, nothing, run
from mezzotint import errors
from mezzotint.bitstream import Container, read, unpack_preamble, write
from mezzotint.bundle import Bundle, default, load
from mezzotint.errors import DamagedFile, MezzotintError, NotMezzotint, TruncatedFile, UnknownModel

WHOLE = 10_000
GOLDEN = ROOT / "tests" / "golden"
NOBODYS = bytes.fromhex(
    "0123456789abcdef"
)  # the model id of golden files that only show a container's faults
Made = tuple[bytes, Errors, bool]  # the file, its errors, whether it may give a picture
FOREIGN = (
    b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff\xe0\0\x10JFIF", b"RIFF\x24\0\0\0WEBPVP8 ", b"GIF89a", b"BM", b"II*\0",
    b"MM\0*", b"\0\0\0\x20ftypavif", b"\0\0\0\x18ftypheic", b"\xff\x0a",
    b"\0\0\0\x0cJXL \r\n\x87\n", b"\0\0\0\x0cjP  \r\n\x87\n",
    b"8BPS", b"qoif", b"P6\n", b"%PDF-", b"PK\x03\x04", b"\x1f\x8b\x08", b"\x7fELF", b"MZ\x90\0", b"\x28\xb5\x2f\xfd",
    b"\x8dMZM", b"\x0dMZ\n", b"\xc2\x8dMZ\n", b"\x8dMZ\r\n", b"\xef\xbb\xbf\x8dMZ\n", b"\0\0\0\0", b"<svg",
    b"<!DOCTYPE",
)  # fmt: skip


def attack(count: int, seed: int, tick: Callable[[], object] = nothing) -> Outcome:
    """`count` made by chance, then an empty file, every foreign magic, and the golden files, however few."""
    return run(cases(count, seed), tick)


def cases(count: int, seed: int) -> Iterator[Case]:
    rng = np.random.default_rng(seed)
    ways = (trailing, doubled, lost, zeroed, spliced, grafted, swapped, index_longer, index_shorter,
            reordered, emptied, copied)  # fmt: skip
    while count:
        sample, way = one(small(), rng), one(ways, rng)
        made = way(sample, rng)
        if made is None or made[0] in (sample.data, b""):
            continue
        count -= 1
        yield Case(f"{sample.name}, {way.__name__}", made[0], sample.model, made[1], made[2])
    for magic in (b"", *FOREIGN):
        yield Case(f"begins {magic!r}", magic + rng.bytes(200) * bool(magic), model(), (NotMezzotint,))
    for name, expected in json.loads((GOLDEN / "refuse" / "expected.json").read_text("utf-8")).items():
        yield golden(name, expected)


def golden(name: str, expected: dict[str, str | None]) -> Case:
    """A golden file as its row says that it is met: by its model, and asked for a part where it was cut."""
    data = (GOLDEN / "refuse" / name).read_bytes()
    refusals: Errors = (getattr(errors, str(expected["error"])),)
    if data[14:22] == NOBODYS:  # asked for before what lies behind the header is read
        refusals = (*refusals, UnknownModel)
    return Case(
        name, data, bundle(expected["model"]), refusals, options={"partial": expected["met"] == "partial"}
    )


@cache
def bundle(name: str | None) -> Bundle:
    """Of the golden streams. For files that need none, any will do."""
    return default() if name == "default" else load(GOLDEN / "streams" / f"{name or 'tiny'}.mztm")


# -- bytes, under checksums as they were ------------------------------------------------------------------


def trailing(sample: Sample, rng: np.random.Generator) -> Made:
    return sample.data + rng.bytes(int(rng.integers(1, 100))), (DamagedFile,), False


def doubled(sample: Sample, rng: np.random.Generator) -> Made:
    start, end = _span(sample, rng)
    return sample.data[:end] + sample.data[start:], (DamagedFile,), False


def lost(sample: Sample, rng: np.random.Generator) -> Made:
    start, end = _span(sample, rng)
    return sample.data[:start] + sample.data[end:], (TruncatedFile,), False


def zeroed(sample: Sample, rng: np.random.Generator) -> Made:
    start, end = _span(sample, rng)
    return sample.data[:start] + bytes(end - start) + sample.data[end:], (DamagedFile,), False


def spliced(sample: Sample, rng: np.random.Generator) -> Made:
    """Bytes of another file in the middle of this one."""
    start, end = _span(sample, rng)
    other = one(small(), rng).data
    piece = (other * (1 + len(sample.data) // len(other)))[start:end]
    return sample.data[:start] + piece + sample.data[end:], (DamagedFile,), False


def grafted(sample: Sample, rng: np.random.Generator) -> Made | None:
    """The header of this file on the body of another."""
    other = one(small(), rng)
    head, body = (unpack_preamble(file.data).size for file in (sample, other))
    made = sample.data[:head] + other.data[body:]
    return made, (TruncatedFile if len(made) < len(sample.data) else DamagedFile,), False


def _span(sample: Sample, rng: np.random.Generator) -> tuple[int, int]:
    """Where some bytes of the body begin and end."""
    start = int(rng.integers(unpack_preamble(sample.data).size, len(sample.data)))
    return start, min(len(sample.data), start + int(rng.integers(1, 200)))


# -- chunks -----------------------------------------------------------------------------------------------


def swapped(sample: Sample, rng: np.random.Generator) -> Made | None:
    """Two chunks change places, and the index is left as it was."""
    container = read(sample.data)
    chunks = _chunks(container)
    a, b = sorted(int(place) for place in rng.integers(len(chunks), size=2))
    if chunks[a] == chunks[b]:
        return None
    front = sample.data[: len(sample.data) - sum(map(len, chunks))]
    chunks[a], chunks[b] = chunks[b], chunks[a]
    return front + b"".join(chunks), (DamagedFile,), False


def index_longer(sample: Sample, rng: np.random.Generator) -> Made | None:
    """A layer too many for the header, which is the old one but for the length."""
    return _miscounted(sample, 1)


def index_shorter(sample: Sample, rng: np.random.Generator) -> Made | None:
    return _miscounted(sample, -1)


def _miscounted(sample: Sample, more: int) -> Made | None:
    """A file of one layer more or less, with all checksums right: the decoder of its mode must notice."""
    container = read(sample.data)
    count = container.header.layer_count + more
    if not 1 <= count <= 15:
        return None
    layers = (*container.layers, container.layers[-1])[:count]
    header = replace(container.header, layer_count=count)
    return write(replace(container, header=header, layers=layers)), (MezzotintError,), False


def reordered(sample: Sample, rng: np.random.Generator) -> Made:
    """All chunks in another order under an index that agrees."""
    chunks = _chunks(read(sample.data))
    return _rewritten(sample, [chunks[int(place)] for place in rng.permutation(len(chunks))])


def emptied(sample: Sample, rng: np.random.Generator) -> Made:
    chunks = _chunks(read(sample.data))
    chunks[int(rng.integers(len(chunks)))] = b""
    return _rewritten(sample, chunks)


def copied(sample: Sample, rng: np.random.Generator) -> Made:
    """One chunk in the place of another, perhaps of another file."""
    chunks = _chunks(read(sample.data))
    chunks[int(rng.integers(len(chunks)))] = one(
        _chunks(read(one((sample, one(small(), rng)), rng).data)), rng
    )
    return _rewritten(sample, chunks)


def _chunks(container: Container) -> list[bytes]:
    return [chunk for layer in container.layers for chunk in layer]


def _rewritten(sample: Sample, chunks: list[bytes]) -> Made:
    container = read(sample.data)
    count = container.header.tile_count
    layers = tuple(tuple(chunks[start : start + count]) for start in range(0, len(chunks), count))
    return write(replace(container, layers=layers)), (MezzotintError,), True
