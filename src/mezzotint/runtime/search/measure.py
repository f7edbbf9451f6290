# SPDX-License-Identifier: Apache-2.0
"""What a coded picture reached, in the unit of its goal: bytes of the file, dB, or SSIM."""

from __future__ import annotations

import math
from collections.abc import Callable

from mezzotint.bitstream import MAX_QUALITY, Box, Container, Header, Mode, write
from mezzotint.runtime.decode import decode_picture
from mezzotint.runtime.exact_decode import decode_exact
from mezzotint.runtime.latents import Model
from mezzotint.runtime.pictures import Picture
from mezzotint.runtime.search.metrics import psnr, ssim
from mezzotint.runtime.search.sample import Sample

Measure = Callable[[Container, bytes], float]  # of a container and its bytes

_SEAMS = (
    0.11  # logarithm of what the seams of a sample add at quality 0, over what JPEG spends on them; 0 at 100
)
_METRICS = {"psnr": psnr, "ssim": ssim}


def file_size(container: Container, data: bytes) -> float:
    return len(data)


def likeness(kind: str, picture: Picture, model: Model) -> Measure:
    """PSNR or SSIM of the colour that the file gives when it is decoded; transparency is kept whole anyway."""
    metric, peak = _METRICS[kind], (1 << picture.bit_depth) - 1

    def measure(container: Container, data: bytes) -> float:
        lossy = container.header.mode == Mode.LOSSY
        again = decode_picture(container, model) if lossy else decode_exact(container)
        return metric(picture.colour, again.colour, peak)

    return measure


def size_of_whole(sample: Sample, beside: int) -> Measure:
    """About the size of the whole picture's file, from that of its sample."""

    def measure(container: Container, data: bytes) -> float:
        coded = sum(len(chunk) for layer in container.layers for chunk in layer)
        seams = math.exp(_SEAMS * (1 - container.header.quality / MAX_QUALITY))
        return beside + sample.times * sample.busier * coded / seams

    return measure


def bytes_beside(header: Header, boxes: tuple[Box, ...]) -> int:
    """About how many bytes of a file are no coded pixels: header, boxes, and an index of 6 bytes a chunk or so."""
    layer = (b"",) * header.tile_count
    empty = Container(header, boxes, (layer,) * header.layer_count)
    return len(write(empty)) + header.layer_count * header.tile_count
