# SPDX-License-Identifier: Apache-2.0
"""One thread means one: speeds and parallel sweeps depend on it, and libraries take all cores unless told."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial

import pytest

from mezzotint.evaluate.codecs import FAMILIES, Codec, available

_SOME = 0.03  # of the processor time; where one thread does all, others have less than 0.002
LOSSY = [family.id for family in FAMILIES.values() if not family.lossless]


def opened(name: str) -> Codec:
    """The last settings of a family, which are as quick as any."""
    found, missing = available([name], None)
    if missing:
        pytest.skip(missing[0])
    return found[-1]


def elsewhere(work: Callable[[], object]) -> float:
    """The part of the processor time that other threads than this one spend on `work`."""
    work()
    here, everywhere = time.thread_time(), time.process_time()
    for _ in range(3):
        work()
    spent = time.process_time() - everywhere
    return 1 - (time.thread_time() - here) / spent


@pytest.mark.parametrize("name", [name for name in LOSSY if name not in ("heic", "mozjpeg")])
def test_one_thread_is_the_thread_that_calls(name, photo):
    codec = opened(name)
    quality = codec.qualities[len(codec.qualities) // 2]
    data = codec.encode(photo, quality, 1)
    assert elsewhere(partial(codec.encode, photo, quality, 1)) < _SOME
    assert elsewhere(partial(codec.decode, data, 1)) < _SOME


@pytest.mark.parametrize("name", ["mezzotint", "avif", "jxl"])
def test_two_threads_are_two(name, photo):
    """On a busy machine the thread that calls may have done the work before another gets to run: not every time."""
    codec = opened(name)
    encode = partial(codec.encode, photo, codec.qualities[-1], 2)
    assert any(elsewhere(encode) > _SOME for _ in range(20))


def test_heic_hands_the_number_to_x265(monkeypatch, photo):
    """libheif gives even a single thread a pool of its own, so that only the option can be looked at."""
    codec = opened("heic")
    import pillow_heif

    encode = pillow_heif.encode
    asked = []

    def spy(*arguments, **options):
        asked.append(options["enc_params"]["x265:pools"])
        encode(*arguments, **options)

    monkeypatch.setattr(pillow_heif, "encode", spy)
    for threads in (1, 3):
        codec.encode(photo[:64, :64], 20, threads)
    assert asked == ["1", "3"]
