# SPDX-License-Identifier: Apache-2.0
"""The numcodecs codec: `numcodecs.get_codec({"id": "mezzotint"})`, with nothing of ours imported before.

A chunk is one picture, of uint8 or uint16: (H, W), (H, W, 3) or (H, W, 4). Axes of length 1 may stand before that, and
one more behind a grey one. Coded bytes are whole .mzt files.

Traps: a codec is handed no shape when it decodes, only a place for so many bytes. So the samples come back in row-major
order and native byte order, and a chunk that is neither is refused while its owner is still there to hear it. Callers
such as zarr and dask bring their own threads, so each call works on one of its own unless told otherwise.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numcodecs.abc import Codec
from numcodecs.compat import ensure_contiguous_ndarray, ensure_ndarray, ndarray_copy
from numpy.typing import NDArray

import mezzotint
from mezzotint.errors import BadImage, UsageError
from mezzotint.runtime.choice import chosen

# Chunks may be long and thin, and are of whoever reads them: pixels and memory bound them, sides do not.
LIMITS = mezzotint.Limits(max_side=mezzotint.Limits().max_pixels)


class Mezzotint(Codec):  # type: ignore[misc]  # numcodecs is not typed
    """A codec for chunks that are pictures.

    `quality` is 0..100, as in `mezzotint.encode`. `lossless=True` gives back every bit; `max_error` (in steps of a
    sample) is the most that any may be off. `threads` is per call, None for all cores. All of them are in `get_config`,
    and none is needed for decoding. UsageError where they are out of range or contradict one another.
    """

    codec_id = "mezzotint"

    def __init__(
        self, quality: float = 75, lossless: bool = False, max_error: int = 0, threads: int | None = 1
    ) -> None:
        chosen(quality, lossless, max_error, {})  # now, and not at the first chunk
        self.quality = float(quality)
        self.lossless = bool(lossless)
        self.max_error = int(max_error)
        self.threads = threads

    def encode(self, buf: Any) -> bytes:
        """A .mzt file of the picture in `buf`, an array (see above).

        BadImage for what is no picture or could not come back as it is, UsageError for settings out of their range.
        """
        return mezzotint.encode(
            as_picture(ensure_ndarray(buf)),
            self.quality,
            lossless=self.lossless,
            max_error=self.max_error,
            threads=self.threads,
            limits=LIMITS,
        )

    def decode(self, buf: Any, out: Any = None) -> Any:
        """The samples of a .mzt file, uint8 or uint16 (H, W), (H, W, 3) or (H, W, 4); in `out`, if that is given.

        The errors of `mezzotint.decode`, and UsageError if `out` has another size.
        """
        data = memoryview(ensure_contiguous_ndarray(buf)).cast("B")
        samples = np.ascontiguousarray(mezzotint.decode(data, threads=self.threads, limits=LIMITS))
        if out is None:
            return samples
        if ensure_ndarray(out).nbytes != samples.nbytes:  # one sample would fill any number
            raise UsageError(
                f"the chunk has {samples.nbytes} bytes and its place {ensure_ndarray(out).nbytes}",
                "read it with the shape and type it was written with",
            )
        return ndarray_copy(samples, out)


def as_picture(chunk: NDArray[Any]) -> NDArray[Any]:
    """The chunk without its axes of length 1, as `mezzotint.encode` takes it; BadImage if that would lose its order."""
    if not chunk.dtype.isnative:
        raise BadImage(
            f"a chunk of {chunk.dtype.str} would come back with its bytes swapped",
            f"make it an array of {chunk.dtype.newbyteorder('=').str}",
        )
    if chunk.flags.f_contiguous and not chunk.flags.c_contiguous:
        raise BadImage(
            "a chunk in column-major order would come back transposed", "make it an array of order C"
        )
    shape = chunk.shape
    while len(shape) > 2 and shape[0] == 1 and not _is_colour(shape):
        shape = shape[1:]
    if len(shape) == 3 and shape[2] == 1:
        shape = shape[:2]
    if len(shape) != 2 and not _is_colour(shape):
        raise BadImage(
            f"a chunk of shape {chunk.shape} is not a picture",
            "choose chunks of (H, W), (H, W, 3) or (H, W, 4), with 1 along every axis before",
        )
    return chunk.reshape(shape)


def _is_colour(shape: tuple[int, ...]) -> bool:
    return len(shape) == 3 and shape[2] in (3, 4)
