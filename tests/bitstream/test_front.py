# SPDX-License-Identifier: Apache-2.0
"""Files that were cut off: what is there is read, what is not is listed, and nothing else is forgiven."""

from __future__ import annotations

from dataclasses import replace

import pytest

from mezzotint.bitstream import Box, Container, Header, read, read_front, unpack_preamble, write
from mezzotint.errors import DamagedFile, MezzotintError, TruncatedFile

HEADER = Header(width=100, height=60, channels=3, quality=9, model_id=bytes(8), layer_count=3, tile_log2=6)
LAYERS = ((b"a", b"bc"), (b"defg", b""), (b"hij", b"k" * 200))
WHOLE = Container(HEADER, (Box(b"note", b"words"),), LAYERS)
DATA = write(WHOLE)
BEHIND_INDEX = len(DATA) - sum(len(chunk) for layer in LAYERS for chunk in layer)


def test_a_whole_file_is_read_as_ever() -> None:
    assert read_front(DATA) == read(DATA) == WHOLE


@pytest.mark.parametrize("size", range(BEHIND_INDEX, len(DATA)))
def test_every_cut_behind_the_index_leaves_the_chunks_before_it(size: int) -> None:
    found = read_front(DATA[:size])
    assert found.header == HEADER and found.boxes == WHOLE.boxes
    end = BEHIND_INDEX
    for place, chunk in enumerate(chunk for layer in LAYERS for chunk in layer):
        end += len(chunk)
        layer, tile = divmod(place, 2)
        assert found.has(layer, tile) == (end <= size or not chunk)  # of no bytes, none is missing
        assert found.layers[layer][tile] == (chunk if end <= size else b"")


@pytest.mark.parametrize("size", range(BEHIND_INDEX))
def test_a_cut_before_the_chunks_leaves_nothing(size: int) -> None:
    with pytest.raises(MezzotintError) as caught:
        read_front(DATA[:size])
    assert type(caught.value) is (TruncatedFile if size else caught.type)


def test_nothing_else_is_forgiven() -> None:
    with pytest.raises(DamagedFile, match="layer 0, tile 1"):
        read_front(DATA[: BEHIND_INDEX + 1] + b"x" + DATA[BEHIND_INDEX + 2 : -1])
    longer = DATA + b"!"
    with pytest.raises(DamagedFile, match="should have"):
        read_front(longer)
    size = unpack_preamble(DATA).size
    short = write(replace(WHOLE, layers=(*LAYERS[:2], (b"hij", b"k" * 201))))
    with pytest.raises(DamagedFile, match="does not add up"):  # a header and an index of two files
        read_front((short[:size] + DATA[size:])[:-5])
