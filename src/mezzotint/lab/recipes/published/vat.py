# SPDX-License-Identifier: Apache-2.0
"""VAT's growing scales against as many scales of equal counts, with the same number of tokens in all.

Command:  mzt-lab systems --only vat --photos PHOTOS --validation VALIDATION --out results/lab/systems.jsonl
Machine:  2 CPU cores with bf16 (AVX-512)
Result:   results/lab/systems.jsonl, row VAT
"""

from __future__ import annotations

import itertools

import numpy as np

from mezzotint.errors import MezzotintError
from mezzotint.evaluate.metrics import psnr
from mezzotint.lab.systems.claims import Figure, Published, Trial, Verdict, by_rate
from mezzotint.lab.systems.vat import Vat

CUTS = 20  # places at which a stream is cut


def judge(trial: Trial) -> Verdict:
    """PSNR of all scales, for as many tokens and nearly as many bits; what each adds; whether cut streams decode."""
    assert isinstance(trial.on, Vat)
    (bits, whole), (other_bits, other) = trial.on_curve[-1], trial.off_curve[-1]
    qualities = [quality for _, quality in trial.on_curve]
    steps = [after - before for before, after in itertools.pairwise(qualities)]
    figures = (
        Figure("PSNR of the first scale", qualities[0], "dB"),
        Figure("least that a scale adds", min(steps), "dB"),
        Figure("bits of all scales", bits, "bpp"),
        Figure("bits of all scales, equal counts", other_bits, "bpp"),
        Figure("BD-rate over all scales, against equal counts", by_rate(trial).on, "%"),
        Figure("prefixes that decode as the quality of their scales", _prefixes(trial.on, trial), "%"),
    )
    return Verdict("PSNR of all scales at the same number of tokens, dB", whole, other, False, figures)


def _prefixes(system: Vat, trial: Trial) -> float:
    """Percent of cuts behind the first scale that give the picture which a stream of as many scales gives."""
    picture = np.asarray(trial.pictures[0], np.uint8)
    data = system.compress(picture, system.qualities[-1])
    wanted = [system.rebuilt(picture, quality) for quality in system.qualities]
    good, tried = 0, 0
    for length in np.linspace(len(data) // 4, len(data), CUTS).astype(int).tolist():
        try:
            found = system.prefix(data[:length])
        except MezzotintError:  # inside the head or the first scale
            continue
        tried += 1
        good += any(psnr(found, whole) == float("inf") for whole in wanted)
    return 100 * good / max(1, tried)


RECIPE = Published(
    on="vat",
    off="vat(counts=(12, 12, 12, 12, 12))",
    claim="Residual scales of ever more tokens describe more than scales of equal counts, and every prefix decodes",
    judge=judge,
)
