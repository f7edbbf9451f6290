# SPDX-License-Identifier: Apache-2.0
"""The memory formula in numbers: its constants, and what it says of colour photos of some sizes."""

from __future__ import annotations

from dataclasses import replace

from grid import table

from mezzotint import bundle
from mezzotint.bitstream import Header, Mode
from mezzotint.runtime import memory
from mezzotint.runtime.lossless import LAYERS, TABLES_ID

SIZES = ((1, 1024, 1024), (12, 4000, 3000), (24, 6000, 4000), (100, 12240, 8160))  # MP, width, height


def terms() -> str:
    """The constants of the formula."""
    return table(
        ("constant", "bytes", "of what"),
        (
            ("SLACK", f"{memory.SLACK >> 20} MiB", "what allocators keep, and whatever does not grow"),
            ("ANALYSIS", str(memory.ANALYSIS), "a pixel of a window, in the encoder's network"),
            ("SYNTHESIS", str(memory.SYNTHESIS), "a pixel of a window, in the decoder's network"),
            ("ENCODE_SYMBOL", str(memory.ENCODE_SYMBOL), "a symbol of the tile at work, while encoding"),
            ("DECODE_SYMBOL", str(memory.DECODE_SYMBOL), "a symbol of the tile at work, while decoding"),
            ("EXACT_SAMPLE", str(memory.EXACT_SAMPLE), "a sample of the tile at work, without loss"),
        ),
        right=(1,),
    )


def totals() -> str:
    """What comes out, in MB."""
    model = bundle.default()
    card = model.card
    rows = []
    for megapixels, width, height in SIZES:
        lossy = Header(
            width=width,
            height=height,
            channels=3,
            quality=0,
            model_id=model.model_id,
            layer_count=1 + len(card.latent_groups),
        )
        exact = replace(lossy, model_id=TABLES_ID, layer_count=LAYERS, mode=Mode.LOSSLESS)
        peaks = (
            memory.encoding_memory(lossy, card),
            memory.decoding_memory(lossy, card),
            memory.encoding_memory(exact, None),
            memory.decoding_memory(exact, None),
        )
        numbers = [f"{value / 1e6:,.0f}" for value in (3 * width * height, *peaks)]
        rows.append((f"{megapixels} MP", f"{width}x{height}", *numbers))
    head = (
        "picture",
        "pixels",
        "its samples, MB",
        "encode, MB",
        "decode, MB",
        "lossless encode, MB",
        "decode, MB",
    )
    return table(head, rows, right=range(2, len(head)))
