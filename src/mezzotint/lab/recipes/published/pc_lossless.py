# SPDX-License-Identifier: Apache-2.0
"""PC-Lossless against itself with one hidden state, which makes all variables independent: the factorised prior.

Command:  mzt-lab systems --only pc_lossless --photos PHOTOS --validation VALIDATION --out results/lab/systems.jsonl
Machine:  2 CPU cores
Result:   results/lab/systems.jsonl, row PC-Lossless

A dimension is one of a pixel's three numbers. Passes over the whole circuit are timed at a few tokens and multiplied by
the number of tokens: a coder without the circuit's order would make one for each.
"""

from __future__ import annotations

import io
import time
from collections.abc import Callable
from typing import TypeVar

import numpy as np
from PIL import Image

from mezzotint.lab.priors.circuit import Circuit, marginal, walk, work
from mezzotint.lab.priors.halving import Counter, Masses, Tokens
from mezzotint.lab.systems.claims import Figure, Published, Trial, Verdict
from mezzotint.lab.systems.pc_lossless import PCLossless, Pixels

Kind = TypeVar("Kind")

PASSES = 4  # that are timed
BLOCKS = 512  # that the marginals are timed on


def judge(trial: Trial) -> Verdict:
    """Bits a dimension; PNG's; what the grid of tables costs; seconds; and the walk against passes over the circuit."""
    assert isinstance(trial.on, PCLossless) and isinstance(trial.off, PCLossless)
    dimensions = sum(picture.size for picture in trial.pictures)
    files, encoding = _timed(lambda: [trial.on.compress(p, 0) for p in trial.pictures])
    back, decoding = _timed(lambda: [trial.on.decompress(f) for f in files])
    differing = sum(not np.array_equal(a, b) for a, b in zip(back, trial.pictures, strict=True))
    off = sum(len(trial.off.compress(p, 0)) for p in trial.pictures)
    counted = [_counted(trial.on, p) for p in trial.pictures]
    coded, ideal = (sum(getattr(c, name) for c in counted) for name in ("coded", "ideal"))
    tokens = trial.on.tokens(trial.pictures[0])[0][:BLOCKS]
    walked, passed = marginal_seconds(trial.on.circuit, tokens)
    done = work(trial.on.circuit)
    megapixels = dimensions / 3e6
    figures = (
        Figure("pictures that came back otherwise", float(differing), "pictures"),
        Figure("PNG", 8 * sum(map(png, trial.pictures)) / dimensions, "bits a dimension"),
        Figure("tokens' cross-entropy", ideal / dimensions, "bits a dimension"),
        Figure("the grid of tables beyond it", 100 * (coded / ideal - 1), "%"),
        Figure("encoding", encoding / megapixels, "s a megapixel"),
        Figure("decoding", decoding / megapixels, "s a megapixel"),
        Figure("products a token", done.products / tokens.shape[1], "products"),
        Figure("most products for one token", float(done.most), "products"),
        Figure("products a token by passes over the circuit", done.plainly / tokens.shape[1], "products"),
        Figure(
            "marginals by passes over the circuit, against the walk", passed / walked, "times its seconds"
        ),
    )
    bits = (8 * size / dimensions for size in (sum(map(len, files)), off))
    return Verdict("bits a dimension", *bits, True, figures)


def marginal_seconds(circuit: Circuit, tokens: Tokens) -> tuple[float, float]:
    """Seconds for all masses of ``tokens`` (B, D) by the walk, and by one pass over the circuit for each token."""
    step = iter(range(tokens.shape[1]))

    def known(masses: Masses) -> Tokens:
        return tokens[:, next(step)]

    _, walked = _timed(lambda: walk(circuit, len(tokens), known))
    prefixes = np.linspace(0, tokens.shape[1] - 1, PASSES).astype(int)
    seen = np.arange(tokens.shape[1])
    _, passed = _timed(lambda: [marginal(circuit, tokens, seen < n) for n in prefixes])
    return walked, passed / PASSES * tokens.shape[1]


def png(picture: Pixels) -> int:
    """Bytes of Pillow's smallest PNG."""
    file = io.BytesIO()
    Image.fromarray(picture).save(file, "PNG", optimize=True)
    return len(file.getvalue())


def _counted(system: PCLossless, picture: Pixels) -> Counter:
    tokens, _ = system.tokens(picture)
    counter = Counter(tokens)
    walk(system.circuit, len(tokens), counter)
    return counter


def _timed(call: Callable[[], Kind]) -> tuple[Kind, float]:
    begun = time.process_time()
    return call(), time.process_time() - begun


RECIPE = Published(
    on="pc_lossless",
    off="pc_lossless(states=1)",
    claim="A probabilistic circuit codes pictures in fewer bits than a factorised prior, at a few products a number",
    judge=judge,
)
