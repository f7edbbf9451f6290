# SPDX-License-Identifier: Apache-2.0
"""What encode and decode share between pixels and words: the model at work, and the order of symbols.

    z_hat (Cz, hz, wz) --scale map, exact--> indices (M, 4hz, 4wz): which integer table codes each y symbol

Everything that both sides must agree on bit for bit comes from integers: `indices` and `tables` below. The
vectors and the graphs are float and may differ by a rounding between machines, which moves a pixel and never
the stream.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property, lru_cache
from numbers import Integral
from threading import Lock, Thread

import numpy as np
from numpy.typing import NDArray

from mezzotint.bitstream import MAX_QUALITY, Header, Limits
from mezzotint.bitstream.limits import hold
from mezzotint.bundle import Bundle
from mezzotint.entropy import Table, TableSet
from mezzotint.errors import DamagedModel, NonFinite, UsageError
from mezzotint.runtime import deadline
from mezzotint.runtime.backends import Session, Tensor, forks
from mezzotint.runtime.backends.onnxruntime_backend import OnnxSession, cores
from mezzotint.runtime.tiles import BLOCK, Y_CELLS, Rect, blocks

NEVER = 1e9  # the price of a symbol that cannot be coded; docs/format.md section 11
PREVIEW_SHRINK = 3  # 1/8; docs/format.md section 11
MAX_SYMBOL = 1 << 24  # float32 holds every integer up to here, escapes reach beyond it
_ALWAYS_PADDED = 1 << 22
_MAX_THREADS = 256


@dataclass(frozen=True)
class TileLatents:
    """The integers of one tile."""

    z_hat: NDArray[np.int32]  # (Cz, hz, wz)
    indices: NDArray[np.uint8]  # (M, 4hz, 4wz)
    symbols: NDArray[np.int32]  # (M, 4hz, 4wz)


@dataclass(frozen=True)
class TileDigest:
    """SHA-256 of a tile's integers as little-endian int32, uint8, int32: what golden streams are held to."""

    z_hat: str
    indices: str
    symbols: str


def digest(tile: TileLatents) -> TileDigest:
    def of(array: NDArray[np.generic], dtype: str) -> str:
        return hashlib.sha256(array.astype(dtype).tobytes()).hexdigest()

    return TileDigest(of(tile.z_hat, "<i4"), of(tile.indices, "|u1"), of(tile.symbols, "<i4"))


class Model:
    """A bundle at work: sessions are made when first used, so that decoding never loads an encoder graph."""

    def __init__(self, bundle: Bundle, threads: int) -> None:
        self.bundle = bundle
        self.card = bundle.card
        self.threads = threads
        self._sessions: dict[str, Session] = {}
        self._locks: defaultdict[str, Lock] = defaultdict(Lock)  # one a graph: two may be made at once

    def session(self, graph: str) -> Session:
        with self._locks[graph]:
            if graph not in self._sessions:
                self._sessions[graph] = OnnxSession(graph, self.bundle.graph(graph), self.threads)
            return self._sessions[graph]

    def prepare(self, *graphs: str) -> None:
        """Begin to make sessions in the background; whoever runs a graph later waits for it as needed.

        Making them takes as long as decoding a small picture, and the entropy coder leaves a core idle meanwhile.
        """
        for graph in graphs:
            if graph not in self._sessions:
                # Not a daemon: a process that ends while onnxruntime starts in one aborts.
                with suppress(RuntimeError):  # the system gives no more threads
                    Thread(target=self._try_session, args=(graph,)).start()

    def _try_session(self, graph: str) -> None:
        with suppress(Exception):  # it is raised again where the graph is run
            self.session(graph)

    def previews(self, shrink: int) -> bool:
        """Whether a picture at 1/2^shrink comes from the graph `preview`, which sees the first two layers alone."""
        return shrink == PREVIEW_SHRINK and self.bundle.preview is not None

    @cached_property
    def prices(self) -> NDArray[np.float32]:
        return prices(self.bundle.y_tables)

    @cached_property
    def table_ends(self) -> NDArray[np.int32]:
        """(tables,): symbols that are larger, of either sign, are escapes under each."""
        ends = (min(table.maximum, -table.minimum) for table in self.bundle.y_tables.tables)
        return np.fromiter(ends, np.int32)

    def run(self, graph: str, quality: int, shape: tuple[int, ...], **arrays: Tensor) -> Tensor:
        """The output of a graph, which must be (1, *shape); its vectors are worked out for this quality."""
        deadline.check()
        session = self.session(graph)
        feeds = dict(arrays)
        for name in session.inputs:
            if name not in feeds:
                feeds[name] = vector(self.bundle, name.removeprefix("q_"), quality)
        output = session.run(feeds)
        if output.shape != (1, *shape):
            raise DamagedModel(
                f"the graph {graph!r} of the model gave {output.shape} instead of {(1, *shape)}"
            )
        if output.dtype != np.uint8 and not np.isfinite(output).all():
            raise NonFinite(f"the network {graph!r} gave values that are not finite")
        return output


def prices(tables: TableSet) -> NDArray[np.float32]:
    """(tables,): bits that a symbol of 1 costs over one of 0 under each; NEVER where only 0 can be coded.

    What the encoder's graph weighs against the error of rounding toward 0. Float, and of the encoder alone: the decoder
    reads whatever was chosen.
    """
    found = np.full(len(tables), NEVER, np.float32)
    for number, table in enumerate(tables.tables):
        if not table.certain:
            below, middle, above = (_frequency(table, value) for value in (-1, 0, 1))
            found[number] = max(0.0, np.log2(2 * middle / (below + above)))
    return found


def _frequency(table: Table, value: int) -> float:
    """Of a value; of the escape where the table lacks it, as no law of a bundle says that a table reaches round 0."""
    entry = value - table.minimum
    return float(table.frequencies[entry if 0 <= entry < table.value_count else -1])


def open_model(bundle: Bundle, threads: int | None = None) -> Model:
    """The model of a bundle with its sessions, kept for the last few pairs of bundle and thread count."""
    return _open(bundle, thread_count(threads))


def thread_count(threads: int | None) -> int:
    """All cores for None. UsageError for what is no number of threads, also where a file needs no network."""
    if threads is None:
        return cores()
    whole = isinstance(threads, Integral) and not isinstance(threads, bool)
    if not whole or not 1 <= threads <= _MAX_THREADS:
        raise UsageError(f"{threads!r} threads cannot work", f"give 1..{_MAX_THREADS}, or none for all cores")
    return int(threads)


@lru_cache(maxsize=4)
def _open(bundle: Bundle, threads: int) -> Model:
    return Model(bundle, threads)


forks.forget(_open.cache_clear)


@lru_cache(maxsize=64)
def vector(bundle: Bundle, name: str, quality: int) -> NDArray[np.float32]:
    """Vector NAME at a quality: the logarithm is linear between the anchors."""
    anchors = bundle.vector(name)  # (A, C)
    position = quality / MAX_QUALITY * (len(anchors) - 1)
    first = min(int(position), len(anchors) - 2)
    part = position - first
    logarithm = anchors[first].astype(np.float64) * (1 - part) + anchors[first + 1] * part
    vector: NDArray[np.float32] = np.exp2(logarithm).astype(np.float32)
    return vector.reshape(1, -1, 1, 1)  # (1, C, 1, 1)


def check_sides(width: int, height: int, limits: Limits, instead: str = "") -> None:
    """LimitExceeded for a picture of too many pixels, or too long a side; `instead` is what else may help."""
    what = f"a picture of {width}x{height} pixels"
    declared = (
        ("max_pixels", width * height, f"{what} is over the limit of {limits.max_pixels}"),
        ("max_side", max(width, height), f"{what} has a side over {limits.max_side}"),
    )
    hold(limits, declared, instead)


def check_size(header: Header, limits: Limits, instead: str = "") -> None:
    """LimitExceeded for a picture over the limits that follow from its size; `instead` is what else may help.

    Padding to whole blocks multiplies the pixels of a very long one by up to 64, and y_hat is kept for the padded
    picture, so that is limited too (at twice the pixels; a small picture may always be padded).
    """
    check_sides(header.width, header.height, limits, instead)
    padded = blocks(header.height) * blocks(header.width) * BLOCK**2
    tile = min(1 << header.tile_log2, blocks(header.height) * BLOCK) * min(
        1 << header.tile_log2, blocks(header.width) * BLOCK
    )
    chunks = header.layer_count * header.tile_count
    what = f"a picture of {header.width}x{header.height} pixels"
    granted = 0 if padded <= _ALWAYS_PADDED else -(-padded // 2)
    declared = (
        ("max_pixels", granted, f"{what} takes the memory of {padded}"),
        ("max_tile_pixels", tile, f"{what} has tiles of {tile} pixels, over {limits.max_tile_pixels}"),
        ("max_chunks", chunks, f"{what} has {chunks} chunks, over {limits.max_chunks}"),
    )
    hold(limits, declared, instead)


def layers(bundle: Bundle) -> list[slice]:
    """The channels of each y layer; z is the layer before them."""
    ends = np.cumsum(bundle.card.latent_groups).tolist()
    return [slice(start, end) for start, end in zip([0, *ends], ends, strict=False)]


def z_indices(channels: int, height: int, width: int) -> NDArray[np.uint16]:
    """The table of each z symbol is its channel; raster order of (channel, row, column)."""
    return np.repeat(np.arange(channels, dtype=np.uint16), height * width)


def z_shape(bundle: Bundle, tile: Rect) -> tuple[int, int, int]:
    return bundle.card.hyper_channels, tile.height, tile.width


def dequantise_tile(latents: TileLatents, quality: int, model: Model) -> NDArray[np.float32]:
    """y_hat (1, M, h, w) of a tile, as every decoder finds it."""
    symbols = latents.symbols.astype(np.float32)
    inputs = {"symbols": symbols[None], "z_hat": latents.z_hat.astype(np.float32)[None]}
    y_hat: NDArray[np.float32] = model.run("dequantise", quality, symbols.shape, **inputs)
    return y_hat


def y_part(tile: Rect) -> tuple[slice, slice, slice, slice]:
    """Where a tile lies in the y grid of the whole picture."""
    cells = tile.scaled(Y_CELLS)
    return slice(None), slice(None), cells.rows, cells.columns
