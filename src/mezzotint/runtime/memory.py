# SPDX-License-Identifier: Apache-2.0
"""How much memory encoding and decoding take at most, as follows from the header; docs/memory.md explains the terms.

Bytes over what the process held before (the picture or the file among it, and the loaded model, about 100 MB). Measured
as resident memory, networks included, whatever the number of threads. Only the picture itself grows with the area: all
else follows from a window of the network, a band of tiles across the picture, and one tile.
"""

from __future__ import annotations

from mezzotint.bitstream import Alpha, Header, Limits, Mode
from mezzotint.bitstream.limits import hold
from mezzotint.bundle import Card
from mezzotint.runtime.tiles import BAND_BLOCKS, BLOCK, WINDOW_PIXELS, Y_CELLS, blocks, windows

SLACK = 96 << 20  # what allocators keep, and whatever does not grow
ANALYSIS, SYNTHESIS = 50, 66  # bytes a pixel of a window, in the network
ENCODE_SYMBOL, DECODE_SYMBOL = 80, 40  # bytes a symbol of the tile at work: network, tables, order of coding
EXACT_SAMPLE = 64  # bytes a sample of the tile at work, in lossless coding
GRANTED = 16 << 20  # bytes of a file, beyond those of the samples, that SLACK covers
HELD_PIXELS = 1 << 24  # a search for a target keeps y of pictures up to here, 100 MB


def encoding_memory(header: Header, card: Card | None) -> int:
    """Bytes that encoding at effort 0 takes beside the picture; `card` is the model's, None without one."""
    if card is None or header.mode is not Mode.LOSSY:
        return _exact(header) + _coded(header)
    high, wide, _, tile = _sizes(header)
    band = wide * BLOCK * min(high * BLOCK, _tile_rows(header, BAND_BLOCKS * BLOCK))
    window = min(high * wide * BLOCK**2, WINDOW_PIXELS)
    y = 2 * 4 * card.latent_channels * band // 256  # of a band, and of a window that is put into it
    return SLACK + _coded(header) + ANALYSIS * window + y + ENCODE_SYMBOL * card.latent_channels * tile // 256


def decoding_memory(header: Header, card: Card | None) -> int:
    """Bytes that decoding the whole picture takes, the picture among them; `card` is the model's, None without one."""
    planes = header.channels + (
        0 if header.alpha is Alpha.NONE else 5
    )  # alpha, and four planes that become the array
    picture = planes * header.sample_bytes * header.width * header.height
    if card is None or header.mode is not Mode.LOSSY:
        return _exact(header) + picture + _coded(header) // 2
    high, wide, padded, tile = _sizes(header)
    window = min(padded, WINDOW_PIXELS)
    halo = -(-card.synthesis_halo // Y_CELLS)
    reach = BLOCK * max(cut.reach.height for cut in windows(high, wide, halo))
    held = min(padded, wide * BLOCK * _tile_rows(header, reach))
    y_hat = 4 * card.latent_channels * (held + window) // 256
    return SLACK + picture + SYNTHESIS * window + y_hat + DECODE_SYMBOL * card.latent_channels * tile // 256


def coding_memory(header: Header, card: Card | None) -> int:
    """What encoding takes whatever becomes of it: a drawing is tried without loss too, which large tiles dominate."""
    return max(encoding_memory(header, card), encoding_memory(header, None))


def searching_memory(header: Header, card: Card) -> int:
    """What a search for a target takes: it encodes, keeps y of a smaller picture, and looks at what it made."""
    _, _, padded, _ = _sizes(header)
    held = 4 * card.latent_channels * padded // 256 if padded <= HELD_PIXELS else 0
    return coding_memory(header, card) + held + decoding_memory(header, card)


def pillow_memory(header: Header) -> int:
    """What the decoded picture takes once more as an image of Pillow, which holds colour in four bytes a pixel."""
    grey = header.channels == 1 and header.alpha is Alpha.NONE
    return header.width * header.height * (header.sample_bytes if grey else 4)


def copied_memory(header: Header, size: int) -> int:
    """What a file of `size` bytes takes that is larger than its picture: boxes are copied, chunks up to four times.

    Files up to the size of their samples, and a little metadata, are in the formula already.
    """
    planes = header.channels + (header.alpha is not Alpha.NONE)
    return 4 * max(0, size - planes * header.sample_bytes * header.width * header.height - GRANTED)


def check_memory(needed: int, limits: Limits, instead: str = "") -> None:
    """LimitExceeded for more bytes than the limit on memory grants; `instead` is what else may help."""
    what = f"the picture takes {needed:,} bytes of memory, over {limits.max_memory or 0:,}"
    hold(limits, [("max_memory", needed, what)], instead)


def _exact(header: Header) -> int:
    _, _, _, tile = _sizes(header)
    return SLACK + EXACT_SAMPLE * header.channels * tile


def _coded(header: Header) -> int:
    """The chunks and the file: two copies of at most the samples themselves."""
    return 2 * header.channels * header.sample_bytes * header.width * header.height


def _sizes(header: Header) -> tuple[int, int, int, int]:
    """Rows and columns of blocks, pixels of the padded picture, and of the largest tile."""
    high, wide = blocks(header.height), blocks(header.width)
    side = 1 << header.tile_log2
    return high, wide, high * wide * BLOCK**2, min(high * BLOCK, side) * min(wide * BLOCK, side)


def _tile_rows(header: Header, pixels: int) -> int:
    """Rows of pixels in the tiles that so many rows can touch."""
    side = 1 << header.tile_log2
    return (-(-pixels // side) + 1) * side
