# SPDX-License-Identifier: Apache-2.0
"""What the lab exports, made into a bundle: sides, dtypes and hashes are worked out here, never given."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping

import numpy as np
from numpy.typing import NDArray

from mezzotint.bundle import onnx_check
from mezzotint.bundle.laws import VECTOR, check, damaged, input_of
from mezzotint.bundle.schema import (
    DECODER,
    DTYPES,
    ENCODER,
    GRAPHS,
    OPTIONAL,
    OPTIONAL_GRAPHS,
    Blob,
    Bundle,
    Card,
    Entry,
)

_SIDES = {name: side for name, (side, _, _) in (GRAPHS | OPTIONAL_GRAPHS).items()}


def assemble(card: Card, graphs: Mapping[str, bytes], arrays: Mapping[str, NDArray[np.generic]]) -> Bundle:
    """A checked bundle; DamagedModel if it breaks a law.

    `graphs` and `arrays` go by the names in schema.py; a vector NAME that graphs read as `q_NAME` is the array
    `vector.NAME`.
    """
    decoder_inputs = {
        port.name
        for name, data in graphs.items()
        if _SIDES.get(name) == DECODER
        for port in onnx_check.inspect(data, name).inputs
    }
    blobs = [_blob(name, "onnx", _SIDES.get(name, ENCODER), "", (), data) for name, data in graphs.items()]
    for name, array in arrays.items():
        if array.dtype.name not in DTYPES:
            raise damaged(f"the array {name!r} has the dtype {array.dtype.name}")
        encoder_only = VECTOR.fullmatch(name) and input_of(name) not in decoder_inputs
        data = np.ascontiguousarray(array, DTYPES[array.dtype.name]).tobytes()
        side = ENCODER if encoder_only else DECODER
        blobs.append(_blob(name, "array", side, array.dtype.name, array.shape, data))
    return _checked(card, blobs)


def with_preview(bundle: Bundle, graph: bytes) -> Bundle:
    """The same model, blob for blob and by its id, with this graph as its preview; DamagedModel if it breaks a law."""
    others = [blob for blob in bundle.blobs if blob.entry.name != "preview"]
    return _checked(bundle.card, [*others, _blob("preview", "onnx", OPTIONAL, "", (), graph)])


def _checked(card: Card, blobs: Iterable[Blob]) -> Bundle:
    bundle = Bundle(card, tuple(sorted(blobs, key=lambda blob: blob.entry.name)))
    check(bundle)
    return bundle


def _blob(name: str, kind: str, side: str, dtype: str, shape: tuple[int, ...], data: bytes) -> Blob:
    return Blob(Entry(name, kind, side, dtype, shape, len(data), hashlib.sha256(data).hexdigest()), data)
