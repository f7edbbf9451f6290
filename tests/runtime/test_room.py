# SPDX-License-Identifier: Apache-2.0
"""Memory that runs out comes as LimitExceeded, whoever lacks it; other errors come as they are."""

from __future__ import annotations

import numpy as np
import pytest

from mezzotint.errors import DamagedFile, LimitExceeded
from mezzotint.runtime import room


@pytest.mark.parametrize(
    "reason",
    [
        MemoryError(),
        MemoryError("Unable to allocate 4.00 MiB for an array"),
        ImportError("libgcc_s.so.1: failed to map segment from shared object"),
        RuntimeError("can't start new thread"),
    ],
)
def test_what_stands_for_too_little_memory(reason: Exception) -> None:
    with pytest.raises(LimitExceeded, match="^there is too little memory") as raised, room.told():
        raise reason
    assert reason.__traceback__ is None  # or the error would hold on to the memory
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize("reason", [ImportError("no module"), RuntimeError("bug"), DamagedFile("a word")])
def test_other_errors_pass(reason: Exception) -> None:
    with pytest.raises(type(reason)) as raised, room.told():
        raise reason
    assert raised.value is reason


def test_room_is_asked_for_and_given_back() -> None:
    room.take(1000)
    with pytest.raises(MemoryError, match="MiB more are needed"):
        room.take(1 << 60)


def test_an_array_that_is_too_large() -> None:
    with pytest.raises(LimitExceeded), room.told():
        np.empty(1 << 60, np.uint8)
