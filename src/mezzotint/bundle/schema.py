# SPDX-License-Identifier: Apache-2.0
"""What a model bundle holds, and its model id. The laws over it are in laws.py, and hold for every `Bundle`.

The model id names the decoder side alone, so that a better encoder, a better preview or new words orphan no file.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property, lru_cache

import numpy as np
from numpy.typing import NDArray

from mezzotint.bundle.onnx_check import FLOAT, UINT8
from mezzotint.entropy import TableSet
from mezzotint.intnet import Z_LIMIT, ScaleContext, ScaleMap

ENCODER, DECODER, OPTIONAL = "encoder", "decoder", "optional"
GRAPHS = {  # name -> (side, inputs without the vectors, output), with ONNX element types
    "analysis": (ENCODER, {"pixels": UINT8}, FLOAT),
    "hyper_analysis": (ENCODER, {"y": FLOAT}, FLOAT),
    "quantise": (ENCODER, dict.fromkeys(("y", "z_hat", "price"), FLOAT), FLOAT),
    "dequantise": (DECODER, dict.fromkeys(("symbols", "z_hat"), FLOAT), FLOAT),
    "synthesis": (DECODER, {"y_hat": FLOAT}, UINT8),
}
# Graphs that a model may lack, since every file decodes without them. They read the first group of y alone.
OPTIONAL_GRAPHS = {"preview": (OPTIONAL, dict.fromkeys(("symbols", "z_hat"), FLOAT), UINT8)}
ARRAYS = {  # name -> dtype; shapes are in `_shapes`
    "scale.weight": "int8",
    "scale.bias": "int32",
    "scale.offset": "int32",
    "y.frequencies": "uint32",
    "y.lengths": "int32",
    "y.minima": "int32",
    "z.frequencies": "uint32",
}
CONTEXT_ARRAYS = {"scale.inner": "int8", "scale.outer": "int8"}  # both or none
DTYPES = {"uint8": "|u1", "int8": "|i1", "int32": "<i4", "uint32": "<u4", "float32": "<f4"}
Y_TABLES = 64  # docs/format.md, scale map: indices 0..63
Z_MINIMUM, Z_MAXIMUM = -Z_LIMIT, Z_LIMIT  # docs/format.md, entropy: z needs no escape
FREQUENCY_TOTAL = 1 << 24
CELL = 16  # pixels of one y cell a side
Z_CELL = 64  # pixels of one z cell a side


@dataclass(frozen=True)
class Card:
    """The numbers and words of a bundle that are not blobs."""

    name: str
    about: str  # the model card, in Markdown
    latent_channels: int  # M
    latent_groups: tuple[int, ...]  # channels of each y layer, coarse to fine; the sum is M
    hyper_channels: int  # Cz
    analysis_halo: int  # pixels, a multiple of 64
    synthesis_halo: int  # y cells
    anchors: int  # A, quality anchors, equally spaced over 0..4095
    z_banks: int  # B


@dataclass(frozen=True)
class Entry:
    """What the header of a bundle says about one blob."""

    name: str
    kind: str  # "onnx" or "array"
    side: str  # "encoder", "decoder" or "optional"
    dtype: str  # "" for onnx
    shape: tuple[int, ...]
    length: int
    sha256: str


@dataclass(frozen=True)
class Blob:
    entry: Entry
    data: bytes = field(repr=False)

    @cached_property
    def array(self) -> NDArray[np.generic]:
        array = np.frombuffer(self.data, DTYPES[self.entry.dtype]).reshape(self.entry.shape)
        return array.astype(array.dtype.newbyteorder("="), copy=False)


@dataclass(frozen=True, eq=False)
class Bundle:
    """A whole model, checked. Compared by identity, so that sessions can be kept per bundle."""

    card: Card
    blobs: tuple[Blob, ...]

    @cached_property
    def _by_name(self) -> dict[str, Blob]:
        return {blob.entry.name: blob for blob in self.blobs}

    @cached_property
    def model_id(self) -> bytes:
        return model_id(self.card, (blob.entry for blob in self.blobs))

    def has(self, name: str) -> bool:
        """Whether there is a blob of this name; only optional ones may be missing."""
        return name in self._by_name

    def graph(self, name: str) -> bytes:
        return self._by_name[name].data

    @property
    def preview(self) -> bytes | None:
        """The graph that makes a picture of an eighth of the side from z and the first group; None without one."""
        return self.graph("preview") if self.has("preview") else None

    def array(self, name: str) -> NDArray[np.generic]:
        return self._by_name[name].array

    def vector(self, name: str) -> NDArray[np.float32]:
        """log2 of the positive per-channel vector NAME at the anchors."""
        return np.asarray(self.array(f"vector.{name}"), np.float32)  # (A, C)

    @cached_property
    def scale_map(self) -> ScaleMap:
        return ScaleMap(
            np.asarray(self.array("scale.weight"), np.int8),
            np.asarray(self.array("scale.bias"), np.int32),
            np.asarray(self.array("scale.offset"), np.int32),
        )

    @cached_property
    def scale_context(self) -> ScaleContext | None:
        """None where the scale indices of this model follow from z_hat alone."""
        if not any(map(self.has, CONTEXT_ARRAYS)):
            return None
        inner, outer = (np.asarray(self.array(name), np.int8) for name in CONTEXT_ARRAYS)
        return ScaleContext(inner, outer, self.card.latent_groups)

    @cached_property
    def y_tables(self) -> TableSet:
        return TableSet.from_arrays(
            np.asarray(self.array("y.frequencies"), np.uint32),
            np.asarray(self.array("y.lengths"), np.int32),
            np.asarray(self.array("y.minima"), np.int32),
            escape=True,
        )

    def z_tables(self, quality: int) -> TableSet:
        """One table per hyper channel, from the bank of this quality index (0..4095)."""
        return _z_tables(self, quality * self.card.z_banks // 4096)


@lru_cache(maxsize=8)
def _z_tables(bundle: Bundle, bank: int) -> TableSet:
    frequencies = np.asarray(bundle.array("z.frequencies"), np.uint32)[bank]  # (Cz, 255)
    channels, symbols = frequencies.shape
    lengths = np.full(channels, symbols, np.int32)
    return TableSet.from_arrays(
        np.ascontiguousarray(frequencies).reshape(-1),
        lengths,
        np.full(channels, Z_MINIMUM, np.int32),
        escape=False,
    )


def model_id(card: Card, entries: Iterable[Entry]) -> bytes:
    """The 8 bytes that name the decoder side of a model (docs/format.md, model id).

    Each blob enters through its SHA-256, so that the id of a file follows from the header of its bundle
    alone.
    """
    decoder = sorted((entry for entry in entries if entry.side == DECODER), key=lambda entry: entry.name)
    content = [
        "mezzotint model 1",
        [card.latent_channels, list(card.latent_groups), card.hyper_channels],
        [card.synthesis_halo, card.anchors, card.z_banks],
        [
            [entry.name, entry.kind, entry.dtype, list(entry.shape), entry.length, entry.sha256]
            for entry in decoder
        ],
    ]
    return hashlib.sha256(json.dumps(content, separators=(",", ":")).encode("ascii")).digest()[:8]
