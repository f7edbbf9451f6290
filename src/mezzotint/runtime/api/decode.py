# SPDX-License-Identifier: Apache-2.0
"""The bytes of a .mzt file to a picture: what people call as `mezzotint.decode`.

    bytes -> container -> lossy (decode.py) or exact (exact_decode.py) -> Picture -> array or Pillow image

Nothing of the encoder is imported here: a process that only decodes starts sooner.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, overload

from mezzotint import bundle as bundles
from mezzotint.bitstream import Container, Limits, Mode, read, read_front, read_header
from mezzotint.errors import TruncatedFile, UsageError
from mezzotint.runtime import deadline, pictures, room
from mezzotint.runtime.api.names import ModelName, Source
from mezzotint.runtime.area import Region, wanted
from mezzotint.runtime.decode import check_layers, decode_picture
from mezzotint.runtime.exact_decode import check_tables, decode_exact
from mezzotint.runtime.latents import check_size, open_model, thread_count
from mezzotint.runtime.memory import check_memory, copied_memory, decoding_memory, pillow_memory
from mezzotint.runtime.stages import Stage, stage

if TYPE_CHECKING:
    from PIL.Image import Image

    from mezzotint.runtime.pictures import Picture
    from mezzotint.runtime.pictures.picture import Samples


@overload
def decode(
    data: Source,
    *,
    as_: Literal["array"] = ...,
    region: Region | None = ...,
    scale: float = ...,
    partial: bool = ...,
    model: ModelName = ...,
    threads: int | None = ...,
    limits: Limits | None = ...,
) -> Samples: ...


@overload
def decode(
    data: Source,
    *,
    as_: Literal["pillow"],
    region: Region | None = ...,
    scale: float = ...,
    partial: bool = ...,
    model: ModelName = ...,
    threads: int | None = ...,
    limits: Limits | None = ...,
) -> Image: ...


@overload
def decode(
    data: Source,
    *,
    as_: Literal["picture"],
    region: Region | None = ...,
    scale: float = ...,
    partial: bool = ...,
    model: ModelName = ...,
    threads: int | None = ...,
    limits: Limits | None = ...,
) -> Picture: ...


def decode(
    data: Source,
    *,
    as_: Literal["array", "pillow", "picture"] = "array",
    region: Region | None = None,
    scale: float = 1,
    partial: bool = False,
    model: ModelName = None,
    threads: int | None = None,
    limits: Limits | None = None,
) -> Samples | Image | Picture:
    """The picture in a .mzt file: an array as it was encoded (uint8, or uint16 above 8 bits), a Pillow image, or a
    `Picture`, which has samples, alpha, bit depth and metadata.

    Arrays are (H, W, 3), (H, W) for grey, (H, W, 4) with alpha. `region` (x, y, width, height), in pixels of the
    whole picture, decodes that part and costs little more. `scale` 1/2, 1/4 or 1/8 gives ceil(side * scale) pixels a
    side; 1/8 reads the first layers of the file alone, and is the quickest. `partial=True` takes a file that was cut
    off, as by a broken download, and gives what there is: a coarser picture. The model is found by the id in the
    file; `model` (a bundle or its path) says where, and must fit. `threads` is all cores unless given. `limits`
    bounds what a file may ask for: pixels, sides, boxes, memory, time; docs/limits.md tells all.

    NotMezzotint, TruncatedFile, DamagedFile, UnsupportedVersion, UnsupportedMode, LimitExceeded or UnknownModel for a
    file that cannot be decoded; UsageError for a region outside the picture, or wrong options.
    """
    if as_ not in ("array", "pillow", "picture"):
        raise UsageError(f"as_={as_!r} is unknown", "choose 'array', 'pillow' or 'picture'")
    threads = thread_count(threads)
    limits = Limits.given(limits)
    with room.told(), deadline.within(limits.max_seconds):
        with stage(Stage.CONTAINER):  # the bundle is looked for among those at hand
            bundle = fitting(data, limits, model, as_)
        container = _read(data, limits, partial)
        header = container.header
        area = wanted(header.height, header.width, region, scale)
        if bundle is None:
            picture = decode_exact(container, area)
        else:
            opened = open_model(bundle, threads)
            opened.prepare(*(("preview",) if opened.previews(area.shrink) else ("dequantise", "synthesis")))
            picture = decode_picture(container, opened, area=area)
        if as_ == "picture":
            return picture
        with stage(Stage.PIXELS):
            return pictures.to_pillow(picture) if as_ == "pillow" else pictures.to_array(picture)


def fitting(data: Source, limits: Limits, model: ModelName, as_: str) -> bundles.Bundle | None:
    """The model of a lossy file. Whatever a header alone can rule out is refused here, before an index is read."""
    header = read_header(data, limits)
    check_size(header, limits)
    beside = copied_memory(header, memoryview(data).nbytes)
    beside += pillow_memory(header) if as_ == "pillow" else 0
    if header.mode != Mode.LOSSY:
        check_tables(header)
        check_memory(decoding_memory(header, None) + beside, limits)
        return None
    bundle = bundles.find(header.model_id, model)
    check_layers(header, bundle)
    check_memory(decoding_memory(header, bundle.card) + beside, limits)
    return bundle


def _read(data: Source, limits: Limits, partial: bool) -> Container:
    """7: a container that holds some picture."""
    with stage(Stage.CONTAINER):
        container = (read_front if partial else read)(data, limits, deadline.check)
    header = container.header
    if not any(container.has(0, tile) for tile in range(header.tile_count)):
        raise TruncatedFile("the file ends inside its first layer, which leaves no picture")
    return container
