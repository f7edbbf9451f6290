# SPDX-License-Identifier: Apache-2.0
"""A file of 4.9 MB that truly holds the index of 983,040 empty chunks once took 1.4 s to refuse.

The layers are now counted before the index is read: by a header alone, for every way into a file. Row 7 holds the time
of `decode`; here are the other ways, and what is left where layers are as many as they should be.
"""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import replace
from time import perf_counter

import pytest
from attacks import bombs
from attacks.files import small
from attacks.trial import SLOWEST, Case, attempt
from PIL import Image

import mezzotint
import mezzotint.pillow
from mezzotint.bitstream import Header, read, read_header
from mezzotint.bitstream.header import pack_preamble
from mezzotint.bundle import default
from mezzotint.errors import DamagedFile
from mezzotint.runtime.decode import latent_digests

SOON = 0.05  # seconds, the best of five: the machine may be busy
FULL = [case for case in bombs.bombs() if "that are there" in case.what]


def quickest(work: Callable[[], object], count: int = 5) -> float:
    times = []
    for _ in range(count):
        start = perf_counter()
        work()
        times.append(perf_counter() - start)
    return min(times)


def refused(work: Callable[[], object], kind: type[Exception], says: str) -> None:
    with pytest.raises(kind, match=says):
        work()


def test_there_are_such_files() -> None:
    assert len(FULL) == 3
    assert {len(case.data) // 100_000 for case in FULL} == {49}
    assert len(list(bombs.bombs())) == bombs.WHOLE
    assert all(
        len(layer) == 65536 and not any(layer) for layer in read(FULL[0].data).layers
    )  # it is well-formed


@pytest.mark.parametrize("partial", [False, True])
@pytest.mark.parametrize("case", FULL, ids=lambda case: case.what.split(",")[0])
def test_decode_counts_layers_first(case: Case, partial: bool) -> None:
    assert quickest(lambda: attempt(replace(case, options={"partial": partial}))) < SOON
    assert attempt(replace(case, options={"partial": partial})) == ("", True)


def test_latents_count_layers_first() -> None:
    case = FULL[0]
    assert (
        quickest(
            lambda: refused(lambda: latent_digests(case.data, model=case.model), DamagedFile, "has 15 layers")
        )
        < SOON
    )


@pytest.mark.parametrize("case", FULL, ids=lambda case: case.what.split(",")[0])
def test_pillow_counts_layers_first(case: Case) -> None:
    header = replace(
        read_header(case.data), height=5440
    )  # what Pillow takes without a warning: 326,400 chunks
    if header.model_id == case.model.model_id:
        header = replace(header, model_id=default().model_id)  # Pillow finds what is at hand
    data = indexed(header)

    def load() -> None:
        with Image.open(io.BytesIO(data)) as image, pytest.raises(OSError, match="layers|made with model"):
            image.load()

    load()  # imports are not the file's
    assert quickest(load) < SOON


def indexed(header: Header) -> bytes:
    """A file of nothing but its header and the index of empty chunks."""
    body = bombs.ENTRY * header.layer_count * header.tile_count
    return pack_preamble(header, 0, body) + bytes(body)


def test_as_many_layers_as_there_should_be_take_time_by_their_bytes() -> None:
    """327,680 chunks in 1.6 MB: nothing tells before the index is read, and then the first chunk does."""
    sample = next(sample for sample in small() if sample.name == "lossless")
    data = indexed(replace(read_header(sample.data), width=16384, height=16384, tile_log2=6))
    assert (
        quickest(lambda: refused(lambda: mezzotint.decode(data), DamagedFile, "ends too early"), 2) < SLOWEST
    )
