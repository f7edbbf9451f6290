# SPDX-License-Identifier: Apache-2.0
"""Tiles on the lattice, coded as docs/format.md 15.2 to 15.7 say but for one pass, which is changed.

The second decoder finds what each pass expects. Pictures have 7x6 pixels: three passes in each of chunks 2, 3 and 4 for
a grey one, nine for one of colour.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from typing import NamedTuple

import decoder
import exact
import numpy as np
from forge import encode_symbols
from refuse_build import LOSSLESS, NEAR, TESTS, frozen_id, lossless, varint

WIDTH, HEIGHT = 7, 6
EARLY, DEPTH = "ends too early", "outside its bit depth"
ENDS, WORDS, ZERO = "do not end where", "no whole words", "last word of a layer is zero"
Made = list[tuple[str, bytes, str]]  # name, file, what is said of it


class Pass(NamedTuple):
    """A pass in its chunk (15.7), and what it codes."""

    number: int
    before: int  # planes
    sets: int  # that there are
    view: exact.View
    residuals: np.ndarray  # flat
    usual: bytes  # the frozen map
    head: bytes  # weights, sets, correction
    map: bytes
    words: bytes
    plain: bytes
    lengths: bytes | None = None  # of both runs of words, spelled by hand

    def spelled(self) -> bytes:
        lengths = varint(len(self.words)) + varint(len(self.plain)) if self.lengths is None else self.lengths
        return self.head + self.map + lengths + self.words + self.plain

    def with_residual(self, value: int, at: int = 0) -> Pass:
        """Coded with another residual, which may be any."""
        residuals = self.residuals.copy()
        residuals[at] = value
        words, plain = code(residuals, self.view)
        return self._replace(words=words, plain=plain)


Change = Callable[[Pass], Pass]


@cache
def frozen() -> exact.Tables:
    return exact.read_tables(TESTS.parent / "src" / "mezzotint" / "runtime" / "lossless" / "tables.npz")


def code(residuals: np.ndarray, view: exact.View) -> tuple[bytes, bytes]:
    """15.6: the words of `high` and those of `bits`."""
    low = view.low.ravel()
    shifted = residuals + (1 << low) // 2
    high = encode_symbols(shifted >> low, view.table.ravel(), frozen().residual)
    return high, encode_symbols(shifted & (1 << low) - 1, low, exact.PLAIN)


def tile(
    planes: Sequence[np.ndarray], depth: int, error: int = 0, at: int = -1, change: Change = lambda work: work
) -> list[bytes]:
    """The chunks of planes in coding order, in which pass `at` is changed."""
    size, step, top = planes[0].shape, 2 * error + 1, (1 << depth) - 1
    file = decoder.File(
        NEAR if error else LOSSLESS, 0, len(planes), 1024, depth, error, 5, frozen_id(), size[1], size[0]
    )
    base = 1 << exact.top_level(size)
    cells = [plane[::base, ::base].astype(np.int64) for plane in planes]
    stored = b"".join(plane.astype(exact.sample_type(depth)).tobytes() for plane in cells)
    chunks = [b"\0" + stored, b"", b"", b"", b""]
    for n, (level, known, number) in enumerate(exact.walk(cells, size)):
        key = f"{min(level, 2)}{len(known) - 1}{number}"
        weights, spread, scales = (frozen().arrays[f"{kind}{key}"] for kind in ("weights", "spread", "map"))
        head = exact.read_head(decoder.Reader(b"\0\xff\0\0"), number, weights, scales)
        view = exact.look(known, number, head, spread, file)
        a, b = exact.PASSES[number]
        truth = planes[len(known) - 1][:: 1 << level, :: 1 << level][a::2, b::2].astype(np.int64)
        residuals = (view.sign * (truth - view.whole) + error) // step
        taken = number, len(known) - 1, len(weights), view, residuals.ravel(), scales.astype("u1").tobytes()
        work = Pass(*taken, b"\0", b"\xff", *code(residuals.ravel(), view))
        chunks[max(4 - level, 0)] += (change(work) if n == at else work).spelled()
        found = np.clip(view.whole + view.sign * residuals * step, 0, top)
        known[-1].values[a, b], known[-1].errors[a, b] = found, abs(16 * found - view.prediction) >> 2
    return chunks


def picture(depth: int, channels: int = 1, rough: int = 5) -> list[np.ndarray]:
    """Slopes; the rougher, the more they wrap."""
    y, x = np.mgrid[:HEIGHT, :WIDTH]
    return [
        (((37 + k) * y + 11 * x + rough * x * y + 9 * k << depth >> 8) % (1 << depth))
        for k in range(channels)
    ]


def noise(depth: int) -> list[np.ndarray]:
    y, x = np.mgrid[:HEIGHT, :WIDTH]
    return [(40503 * (7 * x + 1) * (13 * y + 5) + 9176 * x * x * y) % (1 << depth)]


def grey(change: Change, rough: int = 5) -> bytes:
    """A grey file whose last pass is changed. It has words of low bits, unless it is smooth (rough=0)."""
    return lossless(tile(picture(8, 1, rough), 8, 0, 8, change), WIDTH, HEIGHT)


def with_layer(chunks: Sequence[bytes], layer: int, chunk: bytes) -> list[bytes]:
    return [*chunks[:layer], chunk, *chunks[layer + 1 :]]
