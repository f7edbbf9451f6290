# SPDX-License-Identifier: Apache-2.0
"""The codec for arrays of zarr format 3: `zarr.create_array(..., serializer=MezzotintCodec(quality=60))`.

Zarr finds it by its entry point when it opens such an array. Format 2 takes `plugins.numcodecs.Mezzotint` as its
compressor instead. Chunks have the shapes of that codec, which does the work here too; but order and byte order
of the array are zarr's affair in format 3, so none is refused.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from zarr.abc.codec import ArrayBytesCodec

from mezzotint.errors import BadImage
from mezzotint.plugins.numcodecs import Mezzotint

if TYPE_CHECKING:
    from zarr.core.array_spec import ArraySpec
    from zarr.core.buffer import Buffer, NDBuffer

_NAME = "mezzotint"


@dataclass(frozen=True)
class MezzotintCodec(ArrayBytesCodec):
    """A serializer for arrays whose chunks are pictures, of uint8 or uint16.

    `quality`, `lossless`, `max_error` and `threads` are those of `plugins.numcodecs.Mezzotint`. They are kept in
    the metadata of the array, and none is needed for reading it.
    """

    is_fixed_size = False  # no annotation: a field it is not

    quality: float = 75
    lossless: bool = False
    max_error: int = 0
    threads: int | None = 1

    def __post_init__(self) -> None:
        _ = self._codec  # checks the settings

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> MezzotintCodec:
        """What `to_dict` gave, out of the metadata of an array."""
        return cls(**data.get("configuration", {}))

    def to_dict(self) -> dict[str, Any]:
        """Name and settings, for the metadata of an array."""
        settings = self._codec.get_config()
        del settings["id"]
        return {"name": _NAME, "configuration": settings}

    def validate(self, *, shape: tuple[int, ...], dtype: Any, chunk_grid: Any) -> None:
        """BadImage for an array that this codec cannot keep, when it is made and not when it is filled."""
        if dtype.to_native_dtype().newbyteorder("=") not in (np.uint8, np.uint16):
            raise BadImage(
                f"an array of {dtype.to_native_dtype()} holds no pictures", "make it one of uint8 or uint16"
            )

    def compute_encoded_size(self, input_byte_length: int, chunk_spec: ArraySpec) -> int:
        """Nobody knows before it is done."""
        raise NotImplementedError

    async def _encode_single(self, chunk_array: NDBuffer, chunk_spec: ArraySpec) -> Buffer | None:
        chunk = chunk_array.as_ndarray_like()
        rows = np.ascontiguousarray(chunk, dtype=chunk.dtype.newbyteorder("="))
        coded = await asyncio.to_thread(self._codec.encode, rows)
        return chunk_spec.prototype.buffer.from_bytes(coded)

    async def _decode_single(self, chunk_bytes: Buffer, chunk_spec: ArraySpec) -> NDBuffer:
        samples = await asyncio.to_thread(self._codec.decode, chunk_bytes.as_array_like())
        native = chunk_spec.dtype.to_native_dtype()
        chunk = samples.reshape(chunk_spec.shape).astype(native, copy=False)
        return chunk_spec.prototype.nd_buffer.from_ndarray_like(chunk)

    @property
    def _codec(self) -> Mezzotint:
        return Mezzotint(self.quality, self.lossless, self.max_error, self.threads)
