# SPDX-License-Identifier: Apache-2.0
"""Words by search are the codec half's words by tables of the same counts, compiled or not; damage is refused."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from mezzotint import entropy
from mezzotint.entropy import TableSet, reference
from mezzotint.errors import DamagedFile, MezzotintError, MissingExtra, UsageError
from mezzotint.lab.priors import mixture_coder
from mezzotint.lab.priors.integer_mixture import IntegerMixture, curve, integers
from mezzotint.lab.priors.mixture_coder import PLAIN, compiled, decode, encode, frequencies

COUNT = 400


def sample(count: int = COUNT, seed: int = 0) -> tuple[IntegerMixture, NDArray[np.int32]]:
    """Mixtures of all widths and symbols of them, some of which escape, near and far."""
    g = torch.Generator().manual_seed(seed)
    weight = (2 * torch.randn(3, count, generator=g)).softmax(0)
    mean = 4 * torch.randn(1, count, generator=g) + 2 * torch.randn(3, count, generator=g)
    scale = torch.exp(1.5 * torch.randn(3, count, generator=g)).clamp_min(0.11)
    pick = torch.randint(0, 3, (1, count), generator=g)
    noise = torch.randn(1, count, generator=g)
    values = (mean.gather(0, pick) + scale.gather(0, pick) * noise)[0].round().to(torch.int32).numpy()
    m = integers(weight, mean, scale)
    values[7], values[50] = m.low[7] - 1, m.low[50] + m.size[50]
    values[60:65] = -(1 << 26), 1 << 26, 12345, -300, m.low[64] + m.size[64] - 1
    return m, values


def tables(m: IntegerMixture) -> TableSet:
    return TableSet.from_arrays(frequencies(m), m.size + 1, m.low, escape=True)


def numbers(m: IntegerMixture) -> NDArray[np.uint16]:
    return np.arange(len(m), dtype=np.uint16)


def test_words_are_those_of_tables_of_the_same_counts() -> None:
    m, values = sample()
    data = encode(values, m)
    assert data == entropy.encode(values, numbers(m), tables(m))
    plain = [
        reference.PlainTable(t.minimum, tuple(t.frequencies.tolist()), t.escape) for t in tables(m).tables
    ]
    words = reference.encode(values.tolist(), range(len(m)), plain)
    assert data == np.array(words, "<u4").tobytes()
    assert np.array_equal(decode(data, m), values)


def test_words_of_the_least_likely_symbols() -> None:
    """Frequencies of 1 between two narrow hills bring the state to every border."""
    ends = torch.tensor([[-100.0], [100.0]]).expand(2, COUNT)
    m = integers(torch.full_like(ends, 0.5), ends, torch.full_like(ends, 0.11))
    values = np.random.default_rng(0).integers(-90, 90, COUNT).astype(np.int32)
    data = encode(values, m)
    assert (frequencies(m)[20:180] == 1).mean() > 0.9
    assert data == entropy.encode(values, numbers(m), tables(m))
    assert np.array_equal(decode(data, m), values)


def test_compiled_and_plain_agree() -> None:
    m, values = sample(120, seed=1)
    data = encode(values, m, PLAIN)
    assert data == encode(values, m, compiled())
    assert np.array_equal(decode(data, m, PLAIN), values)
    assert np.array_equal(frequencies(m, PLAIN), frequencies(m))


def test_search_finds_the_only_entry_that_holds_a_place() -> None:
    m, _ = sample(100, seed=2)
    ends = np.cumsum(m.size + 1)
    places = np.random.default_rng(0).integers(0, 1 << 24, 300)
    for i, (stop, size) in enumerate(zip(ends, m.size, strict=True)):
        right = np.cumsum(frequencies(m)[stop - size - 1 : stop].astype(np.int64))
        asked = [0, (1 << 24) - 1, *(right[:-1] - 1), *right[:-1], *places[:20]]
        for place in asked:
            entry = int(np.searchsorted(right, place, side="right"))
            begin = 0 if entry == 0 else right[entry - 1]
            found = compiled().search(
                compiled().left, curve(), m.parts[i], m.low[i], m.size[i], np.int64(place)
            )
            assert found == (entry, begin, right[entry])


def test_nothing_is_coded_in_nothing() -> None:
    m, values = sample()
    none = IntegerMixture(m.parts[:0], m.low[:0], m.size[:0])
    assert encode(values[:0], none) == b"" and decode(b"", none).size == 0
    with pytest.raises(DamagedFile, match="no symbols"):
        decode(b"word", none)


def test_refuses_and_reads_the_same_damage_as_tables() -> None:
    """Every cut, some flips, and noise: what the codec half reads of it is read alike, the rest is refused."""
    m, values = sample()
    data, by_tables, which = encode(values, m), tables(m), numbers(m)
    rng = np.random.default_rng(0)
    damaged = [data[:k] for k in range(0, len(data), 7)]
    damaged += [b"", data + b"\0", data + bytes(4), data + b"word", b"word" + data]
    for place in range(0, len(data), 11):
        damaged.append(data[:place] + bytes([data[place] ^ 0x55]) + data[place + 1 :])
    damaged += [rng.integers(0, 256, 4 * k, np.uint8).tobytes() for k in range(1, 40)]
    refused = 0
    for one in damaged:
        try:
            wanted = entropy.decode(one, which, by_tables)
        except DamagedFile:
            refused += 1
            with pytest.raises(DamagedFile):
                decode(one, m)
        else:
            assert np.array_equal(decode(one, m), wanted)
    assert refused > len(damaged) / 2


def test_bad_input_is_one_line() -> None:
    m, values = sample()
    with pytest.raises(UsageError, match="one a mixture"):
        encode(values[1:], m)
    with pytest.raises(UsageError, match="one a mixture"):
        encode(values.astype(np.int64), m)
    values[0] = -(1 << 31)
    with pytest.raises(UsageError, match="smaller values"):
        encode(values, m)


def test_says_what_to_install_where_numba_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "numba", None)
    with pytest.raises(MissingExtra, match=r"pip install 'mezzotint\[systems\]'") as caught:
        mixture_coder.compiled.__wrapped__()
    assert isinstance(caught.value, MezzotintError)
