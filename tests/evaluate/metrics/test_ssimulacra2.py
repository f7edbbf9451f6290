# SPDX-License-Identifier: Apache-2.0
"""SSIMULACRA2 against scores of libjxl's own tool, and its parts against what they are derived from."""

import json
import math
import tracemalloc
from types import ModuleType

import numpy as np
import pytest
from numpy.typing import NDArray

from mezzotint.errors import UsageError
from mezzotint.evaluate.metrics import smooth, ssimulacra2
from mezzotint.evaluate.metrics.ssimulacra2 import _TAPS

Picture = NDArray[np.uint8]


def scores(pairs: ModuleType) -> list[tuple[dict[str, float], float]]:
    """What the tool's builds say, and what we say, of each pair."""
    found = []
    for case, said in zip(pairs.CASES, json.loads(pairs.SCORES.read_text())["scores"], strict=True):
        pair = case.build()
        assert (said["case"], said["digest"]) == (case.name, pairs.digest(pair))
        score = ssimulacra2(*pair)
        assert score is not None
        found.append((said, score))
    return found


def test_it_agrees_with_the_tool(pairs: ModuleType) -> None:
    """In double precision closely; as it is built, within what its builds differ among themselves."""
    found = scores(pairs)
    rounding = []
    for said, score in found:
        assert score == pytest.approx(said["double"], abs=0.02), said
        assert score == pytest.approx(said["avx2"], abs=0.05 if score < 85 else 1), said
        rounding.append(abs(score - said["avx2"]))
    assert sum(rounding) / len(rounding) < 0.07


def test_identical_pictures_have_exactly_100(photo: Picture) -> None:
    assert ssimulacra2(photo, photo.copy()) == 100.0
    assert ssimulacra2(photo[:9, :8], photo[:9, :8]) == 100.0


def test_it_is_not_symmetric_and_falls_with_the_damage(photo: Picture, pairs: ModuleType) -> None:
    falling = [ssimulacra2(photo, pairs.noise(photo, spread)) for spread in (1, 4, 16, 64)]
    assert falling == sorted(falling, reverse=True)  # type: ignore[type-var]
    soft = pairs.soft(photo, 1)
    assert ssimulacra2(photo, soft) != pytest.approx(ssimulacra2(soft, photo), abs=0.1)


def test_too_small_to_have_a_score(photo: Picture) -> None:
    assert ssimulacra2(photo[:7, :50], photo[:7, :50]) is None
    assert ssimulacra2(photo[:50, :7], photo[:50, :7]) is None
    assert ssimulacra2(photo[:8, :8], photo[9:17, :8]) is not None


def test_the_filter_is_the_recursion_of_its_source() -> None:
    """Charalampidis 2016, equations 33 to 57 for sigma 1.5, run over an impulse in double precision."""
    sigma = 1.5
    reach = round(3.2795 * sigma + 0.2546)
    omega = [k * math.pi / (2 * reach) for k in (1, 3, 5)]
    p = [sign / math.tan(w / 2) for sign, w in zip((1, -1, 1), omega, strict=True)]
    r = [sign * x * x / math.sin(w) for sign, x, w in zip((1, -1, 1), p, omega, strict=True)]
    rho = [math.exp(-((sigma * w) ** 2) / 2) / reach for w in omega]
    d13, d35, d51 = (p[i] * r[j] - r[i] * p[j] for i, j in ((0, 1), (1, 2), (2, 0)))
    system = [p, r, [d35 / d13, d51 / d13, 1]]
    beta = np.linalg.solve(system, [1, reach**2 - sigma**2, d35 / d13 * rho[0] + d51 / d13 * rho[1] + rho[2]])
    impulse = np.zeros(31)
    impulse[15] = 1
    response = np.zeros(31)
    before, last = np.zeros(3), np.zeros(3)
    for n in range(-reach + 1, 31):
        enters = impulse[n + reach - 1] if n + reach - 1 < 31 else 0
        leaves = impulse[n - reach - 1] if n - reach - 1 >= 0 else 0
        step = (
            -beta * np.cos(np.multiply(omega, reach + 1)) * (enters + leaves)
            + 2 * np.cos(omega) * last
            - before
        )
        before, last = last, step
        if n >= 0:
            response[n] = step.sum()
    np.testing.assert_allclose(response[11:20], _TAPS, atol=1e-12)
    assert abs(response[:11]).max() < 1e-12 and abs(response[20:]).max() < 1e-12


def test_bands_leave_no_seam(photo: Picture, pairs: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    other = pairs.soft(photo, 1)
    whole = ssimulacra2(photo, other)
    monkeypatch.setattr(smooth, "_BAND_SAMPLES", 1)
    monkeypatch.setattr(smooth, "_FEWEST_ROWS", 6)
    assert ssimulacra2(photo, other) == pytest.approx(whole, abs=1e-4)


def test_memory() -> None:
    one = np.zeros((1000, 1500, 3), np.uint8)
    tracemalloc.start()
    ssimulacra2(one, one)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 15 * one[..., 0].size + 20_000_000


def test_what_cannot_be_compared(photo: Picture) -> None:
    grey, four = photo[..., 0], np.dstack([photo, photo[..., 0]])
    for one, other in ((photo, photo[1:]), (grey, grey), (four, four), (photo, photo.astype(np.float32))):
        with pytest.raises(UsageError):
            ssimulacra2(one, other)  # type: ignore[arg-type]
