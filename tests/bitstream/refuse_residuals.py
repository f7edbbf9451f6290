# SPDX-License-Identifier: Apache-2.0
"""Lossless files to refuse for the words of a pass, or for what they say (docs/format.md 9 and 15.6).

Every pass but the changed one is sound, and so are all lengths and checksums.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from refuse_build import LOSSLESS, NEAR, Case, flipped, lossless
from refuse_pass import DEPTH, ENDS, HEIGHT, WIDTH, WORDS, ZERO, Made, Pass, grey, noise, picture, tile

RESIDUALS, NO_BITS = "impossible residuals", "belong to no residual"


def cases() -> list[Case]:
    parts = (_words(), _escapes(), _plain(), _residuals())
    return [
        Case(f"lattice-{name}", data, "DamagedFile", says, "decode")
        for part in parts
        for name, data, says in part
    ]


# What is done to a run of words, and what a decoder says of it.
DAMAGE: dict[str, tuple[Callable[[bytes], bytes], str]] = {
    "bit": (lambda words: flipped(words, 4 * len(words) + 1), ENDS),
    "word-more": (lambda words: b"\1\2\3\4" + words, ENDS),
    "word-less": (lambda words: words[4:], ENDS),
    "byte-less": (lambda words: words[:-1], WORDS),
    "zero-word": (lambda words: words + bytes(4), ZERO),
    "empty": (lambda _: b"", WORDS),
}


def _words() -> Made:
    """Of residuals: in chunk 4 of a grey picture, and in chunk 3 of the last plane of one of colour."""
    found = []
    for what, (change, says) in DAMAGE.items():
        found.append((f"words-{what}", grey(lambda work, c=change: work._replace(words=c(work.words))), says))
    blue = tile(picture(8, 3), 8, 0, 17, lambda work: work._replace(words=flipped(work.words, 9)))
    near = tile(picture(8), 8, 2, 5, lambda work: work._replace(words=b"\1\2\3\4" + work.words))
    return [
        *found,
        ("words-of-blue-bit", lossless(blue, WIDTH, HEIGHT, 3), ENDS),
        ("words-near-lossless-word-more", lossless(near, WIDTH, HEIGHT, kinds=NEAR, quality=2), ENDS),
    ]


def _plain() -> Made:
    """Words of low bits: where there are such bits, and where there are none."""
    made = [
        ("plain-words-of-nothing", grey(lambda work: work._replace(plain=b"\0\0\0\1"), rough=0), NO_BITS),
        ("plain-words-of-nothing-zero", grey(lambda work: work._replace(plain=bytes(4)), rough=0), NO_BITS),
    ]
    for what in [
        what for what in DAMAGE if what != "bit"
    ]:  # all low bits are alike, so another bit is as good
        change, says = DAMAGE[what]
        chunks = tile(noise(16), 16, 0, 8, lambda work, c=change: work._replace(plain=c(work.plain)))
        made.append((f"plain-words-{what}", lossless(chunks, WIDTH, HEIGHT, depth=16), says))
    return made


def _residuals() -> Made:
    """Words that are sound, and residuals that no picture has (15.6)."""
    found = [
        *((f"residual-high-{'below' if v < 0 else 'above'}", picture(8), 8, 0, v, RESIDUALS)
          for v in (-(2**18) - 1, 2**18 + 1)),
        *((f"residual-{'below' if v < 0 else 'above'}-of-{depth}-bits", picture(depth), depth, 0, v, RESIDUALS)
          for v in (-(2**17), 2**17) for depth in (8, 16)),
        *((f"residual-near-lossless-{'below' if v < 0 else 'above'}", picture(8), 8, 3, v, RESIDUALS)
          for v in (-(2**17), 2**17)),
    ]  # fmt: skip
    made = []
    for name, planes, depth, error, value, says in found:
        chunks = tile(planes, depth, error, 8, lambda work, v=value: work.with_residual(v))
        made.append(
            (
                name,
                lossless(
                    chunks, WIDTH, HEIGHT, depth=depth, kinds=NEAR if error else LOSSLESS, quality=error
                ),
                says,
            )
        )
    wide = tile(noise(16), 16, 0, 8, lambda work: work.with_residual(2**17, int(np.argmax(work.view.low))))
    made.append(("residual-of-high-and-bits", lossless(wide, WIDTH, HEIGHT, depth=16), RESIDUALS))
    for depth, error in ((8, 0), (8, 3), (1, 0), (12, 0), (12, 100), (16, 0)):
        for name, beyond in (("below", -error - 1), ("above", (1 << depth) + error)):
            chunks = tile(picture(depth), depth, error, 8, lambda work, b=beyond, m=error: _far(work, b, m))
            kinds = NEAR if error else LOSSLESS
            data = lossless(chunks, WIDTH, HEIGHT, depth=depth, kinds=kinds, quality=error)
            made.append(
                (f"sample-{name}-{depth}-bits" + f"-near-lossless-{error}" * bool(error), data, DEPTH)
            )
    return made


def _far(work: Pass, beyond: int, error: int) -> Pass:
    """The first residual is the smallest that leads to a sample at `beyond` or farther outside."""
    whole, sign = int(work.view.whole.flat[0]), int(work.view.sign.flat[0])
    steps = -(-abs(beyond - whole) // (2 * error + 1))
    return work.with_residual(sign * steps if beyond > whole else -sign * steps)


def _escapes() -> Made:
    """The entry of an escape without its bytes: what is read instead is not there."""

    def cut(work: Pass) -> Pass:
        return work.with_residual(5000)._replace(words=work.with_residual(5000).words[4:])

    return [("escape-word-less", grey(cut), ENDS)]
