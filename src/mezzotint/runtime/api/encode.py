# SPDX-License-Identifier: Apache-2.0
"""Any picture to the bytes of a .mzt file: what people call as `mezzotint.encode`.

array or Pillow image -> Picture -> lossy (encode.py), exact (exact_encode.py) or towards a target (search) -> bytes
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from mezzotint import bundle as bundles
from mezzotint.bitstream import Container, Limits, write
from mezzotint.errors import BadImage, UsageError
from mezzotint.runtime import deadline, pictures, room
from mezzotint.runtime.api.names import ModelName
from mezzotint.runtime.choice import chosen, lossless_if_smaller
from mezzotint.runtime.effort import Progress, refiner
from mezzotint.runtime.encode import DEFAULT_TILE_LOG2, check_lossy, encode_picture, header_of
from mezzotint.runtime.exact_encode import encode_exact
from mezzotint.runtime.latents import check_sides, open_model, thread_count
from mezzotint.runtime.pictures import Picture
from mezzotint.runtime.stages import Stage, stage
from mezzotint.runtime.steady import Watch, steadied

if TYPE_CHECKING:
    from PIL.Image import Image

    from mezzotint.runtime.pictures.picture import Samples
    from mezzotint.runtime.search import Found


def encode(
    image: Samples | Image | Picture,
    quality: float = 75,
    *,
    lossless: bool = False,
    max_error: int = 0,
    target_bytes: int | None = None,
    target_bpp: float | None = None,
    target_psnr: float | None = None,
    target_ssim: float | None = None,
    strip: Collection[str] = (),
    bit_depth: int | None = None,
    model: ModelName = None,
    threads: int | None = None,
    tile_log2: int = DEFAULT_TILE_LOG2,
    limits: Limits | None = None,
    effort: int = 0,
    progress: Progress | None = None,
    told: Callable[[Found], object] | None = None,
) -> bytes:
    """The bytes of a .mzt file.

    `image` is a uint8 or uint16 array (H, W, 3), (H, W) or (H, W, 4), a Pillow image of any mode, or a `Picture`, which
    has metadata and any depth; `bit_depth` says how many bits of the samples of an array count (8 and 16 unless given).

    How good, or how large, is said in one way:

    - `quality` from 0 (about 0.05 bits a pixel) to 100 (about 2). Of samples with more than 8 bits, the network keeps
      8; above 90 such pictures are coded without it, with a largest error that falls to 0 at 100.
    - `lossless=True`, or `max_error`: no sample off by more, in units of the picture's own depth. The same pixels on
      every machine.
    - `target_bytes` or `target_bpp` (bits a pixel): the best file that is not larger. `target_psnr` (dB) or
      `target_ssim` (0..1): the smallest file that is at least as good. `told` is called with what was reached.

    A lossy file that would be larger than a lossless one becomes lossless. `strip` leaves metadata behind: any of
    "gps", "exif", "xmp", "icc", "all". `model` is a bundle or its path, the default one unless given; `threads` is
    all cores unless given. `tile_log2` (6..15) sets the side of the tiles in which the file is coded. `limits` bounds
    picture, memory and time, as it does in `decode`. `effort` above 0 (to 9) searches for a smaller or better file of
    the same quality and format, for seconds to minutes a megapixel; it needs the extra `lab`, and `progress` is
    called with the steps done and in all.

    BadImage for what is no picture, UsageError for wrong options and targets that cannot be met, LimitExceeded for a
    picture that is too large or takes too long, MissingExtra for an effort that needs more than is installed.
    """
    targets = {"bytes": target_bytes, "bpp": target_bpp, "psnr": target_psnr, "ssim": target_ssim}
    way = chosen(quality, lossless, max_error, targets)
    refine = refiner(effort, progress)
    if refine is not None and (lossless or max_error):
        raise UsageError(
            "effort concerns lossy coding alone", "leave it at 0, or leave lossless and max_error out"
        )
    threads = thread_count(threads)
    limits = Limits.given(limits)
    with room.told(), deadline.within(limits.max_seconds):
        _check_sides(image, limits)
        with stage(Stage.PIXELS):
            picture = _picture(image, strip, bit_depth)
        pictures.check_metadata(picture, limits)
        way = way.for_depth(picture.bit_depth)
        if way.max_error is not None:
            return _written(encode_exact(picture, way.max_error, tile_log2, limits), limits)
        opened = open_model(bundles.resolve(model), threads)
        header = header_of(picture, way.quality, opened, tile_log2)
        check_lossy(header, opened, limits)  # before graphs are loaded
        opened.prepare("analysis", "hyper_analysis", "quantise")
        if way.target is not None:
            from mezzotint.runtime import search

            searched = search.find(picture, way.target, opened, tile_log2, limits, refine)
            if told is not None:
                told(searched)
            return searched.data
        watch = Watch(picture, opened)
        coded = encode_picture(
            picture, way.quality, opened, tile_log2, limits=limits, refine=refine, watch=watch
        )
        lossy = _written(coded, limits)
        found = lossless_if_smaller(picture, lossy, tile_log2, limits)
        if found is not lossy:  # most patterns in which the network is lost
            return found
        steady = steadied(coded, picture, watch, opened)
        return lossy if steady is coded else _written(steady, limits)


def _check_sides(image: Any, limits: Limits) -> None:
    """LimitExceeded for what is too large, before it is converted or, from an image file, even read."""
    sides = image.shape[1::-1] if isinstance(image, np.ndarray) else getattr(image, "size", None)
    if isinstance(sides, tuple) and len(sides) == 2:
        check_sides(int(sides[0]), int(sides[1]), limits, "cut it into parts, or ")


def _written(container: Container, limits: Limits) -> bytes:
    with stage(Stage.CONTAINER):
        return write(container, limits)


def _picture(image: Any, strip: Collection[str], bit_depth: int | None) -> Picture:
    if isinstance(image, Picture):
        if strip or bit_depth is not None:
            raise UsageError(
                "a Picture has its bit depth and its metadata", "give neither strip nor bit_depth"
            )
        return pictures.checked(image)
    if isinstance(image, np.ndarray):
        pictures.checked_strip(strip)  # nothing to leave behind, but an unknown word is a mistake here too
        array: NDArray[Any] = image
        return pictures.from_array(array, bit_depth)
    from PIL import Image

    if not isinstance(image, Image.Image):
        raise BadImage(f"a {type(image).__name__} cannot be encoded", "give a uint8 array or a Pillow image")
    if bit_depth is not None:
        raise UsageError("bit_depth is for arrays; a Pillow image has its own", "leave it out")
    return pictures.from_pillow(image, strip)
