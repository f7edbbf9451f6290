# SPDX-License-Identifier: Apache-2.0
"""Damaged files given to `mezzotint.salvage`: what it does not mark as lost must be what the sound file holds.

Of ten files, seven are damaged under checksums as they were: bits, zeros and noise over some bytes, bytes lost or put
in, cut off, bytes behind the end, once or twice. Then every pixel outside the lost tiles is that of the sound picture
(in a lossy file: outside the model's halo of them too), and alpha and metadata are the same or said to be lost. Three
have checksums that agree, as nobody but an attacker makes them: of those one can ask no more than the right size.

Trap: a damaged file that is taken for whole would pass as a picture, so `whole` is held to what `decode` says.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import cache
from statistics import median
from time import perf_counter
from typing import Any

import numpy as np

import mezzotint
from attacks import memory, repaired
from attacks.bits import flipped, one, some_bits
from attacks.files import EXIF, XMP, Sample, cut, deep, model, seen_through, small
from attacks.trial import SLOWEST, Case, Outcome, nothing, told
from mezzotint.bitstream import Container, read, unpack_preamble
from mezzotint.errors import DamagedFile, MezzotintError, TruncatedFile, UnsupportedMode

WHOLE = 10_000
REFUSALS = (
    DamagedFile,
    TruncatedFile,
    UnsupportedMode,
)  # the last where a damaged tag looks like a critical one
SHOWN = 5
Way = Callable[[bytes, int, int, np.random.Generator], bytes]


@dataclass(frozen=True)
class Sound:
    """A file and what it holds."""

    sample: Sample
    container: Container
    picture: mezzotint.Picture


def attack(count: int, seed: int, tick: Callable[[], object] = nothing) -> Outcome:
    times: list[float] = []
    faults: list[str] = []
    refused = wrong = 0
    sounds()  # made first: neither their time nor their memory is that of a case
    before = memory.begin()
    for case, sound in cases(count, seed):
        start = perf_counter()
        fault, turned_away = attempt(case, sound)
        times.append(perf_counter() - start)
        if not fault and times[-1] > SLOWEST:
            fault = f"took {times[-1]:.2f} s"
        refused += turned_away
        wrong += bool(fault)
        if fault and len(faults) < SHOWN:
            faults.append(told(case, fault))
        tick()
    peak = memory.rise(before)
    return Outcome(len(times), refused, wrong, max(times), peak, median(times), tuple(faults))


def cases(count: int, seed: int) -> Iterator[tuple[Case, Sound | None]]:
    """Files, and for those with their old checksums what they were before."""
    rng = np.random.default_rng(seed)
    left = count - 3 * count // 10
    for _ in range(left):
        sound = one(sounds(), rng)
        data, ways = damaged(sound, rng)
        yield Case(f"{sound.sample.name}, {ways}", data, sound.sample.model, REFUSALS), sound
    for case in repaired.cases(count - left, seed):
        yield replace(case, options={"limits": repaired.LIMITS}), None


@cache
def sounds() -> tuple[Sound, ...]:
    """Small files of many tiles, in every mode, and those of one tile that have something beside it to lose."""
    more = (
        _tiled("lossy tiles all", _clear(130, 150)),
        _tiled("lossy grey tiles", cut(140, 200)[..., 1]),
        _tiled("lossy deep tiles", deep(130, 70)),
        _tiled("lossless tiles all", _clear(66, 70), lossless=True),
        _tiled("lossless ten bits tiles", deep(10, 130, 10), lossless=True, bit_depth=10),
        _tiled("near-lossless grey tiles", cut(66, 140)[..., 0], max_error=4),
        _tiled("lossless graphics tiles", cut(150, 140) // 128 * 255, lossless=True),
    )
    some = (each for each in small() if any(word in each.name for word in ("tiles", "alpha", "metadata")))
    return tuple(map(_sound, (*some, *more)))


def _clear(height: int, width: int) -> mezzotint.Picture:
    """With all that a file has beside its colour."""
    alpha = seen_through(height, width)[..., 3]
    return mezzotint.Picture(cut(height, width), alpha, icc=b"a profile" * 9, exif=EXIF, xmp=XMP)


def _tiled(name: str, picture: Any, **options: Any) -> Sample:
    data = mezzotint.encode(picture, model=model(), threads=1, tile_log2=6, **options)
    return Sample(name, data, model())


def _sound(sample: Sample) -> Sound:
    picture = mezzotint.decode(sample.data, as_="picture", model=sample.model, threads=1)
    return Sound(sample, read(sample.data), picture)


# -- damage -----------------------------------------------------------------------------------------------


def damaged(sound: Sound, rng: np.random.Generator) -> tuple[bytes, str]:
    """The file damaged once or twice behind its header, and how; half of the time in front of its chunks."""
    data = sound.sample.data
    first = unpack_preamble(data).size
    chunks = sum(len(chunk) for layer in sound.container.layers for chunk in layer)
    ways = []
    while data == sound.sample.data or rng.random() < 0.25:
        last = len(data) if rng.random() < 0.5 else min(len(data), len(sound.sample.data) - chunks)
        if last <= first:
            break
        way = one(WAYS, rng)
        data = way(data, first, last, rng)
        ways.append(way.__name__[1:])
    return data, " ".join(ways)


def _bits(data: bytes, first: int, last: int, rng: np.random.Generator) -> bytes:
    return flipped(data, some_bits(rng, first, last))


def _zeros(data: bytes, first: int, last: int, rng: np.random.Generator) -> bytes:
    start, end = _span(first, last, rng)
    return data[:start] + bytes(end - start) + data[end:]


def _noise(data: bytes, first: int, last: int, rng: np.random.Generator) -> bytes:
    start, end = _span(first, last, rng)
    return data[:start] + rng.bytes(end - start) + data[end:]


def _lost(data: bytes, first: int, last: int, rng: np.random.Generator) -> bytes:
    start, end = _span(first, last, rng)
    return data[:start] + data[end:]


def _put_in(data: bytes, first: int, last: int, rng: np.random.Generator) -> bytes:
    start, _ = _span(first, last, rng)
    return data[:start] + rng.bytes(int(rng.integers(1, 40))) + data[start:]


def _cut(data: bytes, first: int, last: int, rng: np.random.Generator) -> bytes:
    return data[: int(rng.integers(first, len(data)))]


def _behind(data: bytes, first: int, last: int, rng: np.random.Generator) -> bytes:
    return data + rng.bytes(int(rng.integers(1, 40)))


def _span(first: int, last: int, rng: np.random.Generator) -> tuple[int, int]:
    start = int(rng.integers(first, last))
    return start, min(last, start + int(rng.integers(1, 100)))


WAYS: tuple[Way, ...] = (_bits, _bits, _zeros, _noise, _lost, _put_in, _cut, _behind)


# -- what came of it --------------------------------------------------------------------------------------


def attempt(case: Case, sound: Sound | None) -> tuple[str, bool]:
    """(what is wrong or "", whether the file was refused)."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            found = mezzotint.salvage(case.data, as_="picture", model=case.model, threads=1, **case.options)
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # a panic in compiled code is no Exception
        if isinstance(error, case.refusals):
            return "", True
        return f"{type(error).__name__}: {error}", False
    fault = of_any(case, found) or ("" if sound is None else of_sound(found, sound))
    return fault, False


def of_any(case: Case, found: mezzotint.Salvaged[mezzotint.Picture]) -> str:
    """What must hold whatever the file was."""
    header = mezzotint.read_header(case.data)
    planes = () if header.channels == 1 else (3,)
    if found.picture.colour.shape != (header.height, header.width, *planes):
        return f"gave {found.picture.colour.shape}"
    if (found.picture.alpha is None) != (not header.alpha):
        return "transparency came or went"
    if len(set(found.lost)) != len(found.lost) or len(found.lost) >= header.tile_count:
        return f"{len(found.lost)} lost of {header.tile_count} tiles"
    if found.whole and (found.lost or found.lost_boxes or found.alpha_lost):
        return "is whole and has lost something"
    return "" if found.whole == _decodes(case) else f"whole is {found.whole}"


def _decodes(case: Case) -> bool:
    try:
        mezzotint.decode(case.data, model=case.model, threads=1, **case.options)
    except MezzotintError:
        return False
    return True


def of_sound(found: mezzotint.Salvaged[mezzotint.Picture], sound: Sound) -> str:
    """What must hold where no checksum was made anew."""
    picture, right, header = found.picture, sound.picture, sound.container.header
    halo = 16 * sound.sample.model.card.synthesis_halo if header.mode == 0 else 0
    marked, near = (np.zeros((header.height, header.width), bool) for _ in range(2))
    for x, y, width, height in found.lost:
        marked[y : y + height, x : x + width] = True
        near[max(0, y - halo) : y + height + halo, max(0, x - halo) : x + width + halo] = True
    if not np.array_equal(picture.colour[~near], right.colour[~near]):
        return "a pixel that is not marked differs"
    if right.alpha is not None and picture.alpha is not None:
        opaque = (1 << header.bit_depth) - 1
        same = np.full_like(right.alpha, opaque) if found.alpha_lost else right.alpha
        if not np.array_equal(picture.alpha, np.where(marked, opaque, same)):
            return "alpha differs"
    kept = {
        "iCCP": (picture.icc, right.icc),
        "eXIF": (picture.exif, right.exif),
        "xMP": (picture.xmp, right.xmp),
    }
    gone = sum(mine != theirs for mine, theirs in kept.values())
    if any(mine and mine != theirs for mine, theirs in kept.values()) or gone != len(found.lost_boxes):
        return f"metadata differs, and {found.lost_boxes} are said to be lost"
    return ""
