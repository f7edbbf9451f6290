# SPDX-License-Identifier: Apache-2.0
"""What is measured: the parts of a bench, the codecs in it, and how often each is run."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from mezzotint.errors import UsageError
from mezzotint.evaluate import codecs
from mezzotint.evaluate.codecs.protocol import Codec

OURS = codecs.ours.ID
PARTS = ("coding", "stages", "start", "memory", "macs", "entropy")
AGAINST = ("avif (speed 6, 4:2:0)", "avif", "webp", "jpeg")  # the usual rival: the first of these that runs
# Not timed: tuning for a metric costs no time to speak of, and other samplings tell little beside those that stay.
_UNUSUAL = (
    *(("jpeg", "optimize, progressive, 4:4:4"), ("mozjpeg", "progressive, trellis, 4:4:4")),
    *(("avif", "speed 4, 4:2:0"), ("heic", "preset slow, 4:4:4")),
)
_SLOW = (("avif", "speed 4, 4:4:4"),)  # takes longer than all others together; not in a quick run


@dataclass(frozen=True)
class Plan:
    """`photos` is a folder; `against` an id or a label, or None for the usual rival."""

    photos: Path
    codecs: tuple[Codec, ...]  # ours first
    parts: tuple[str, ...] = PARTS
    threads: tuple[int, ...] = (1, 2)
    repeat: int = 7
    quality: float = 50
    model: str | None = None
    against: str | None = None
    quick: bool = False  # two photos, small sizes, few turns


def chosen_codecs(
    ids: Sequence[str] | None, model: str | None, quick: bool = False
) -> tuple[tuple[Codec, ...], list[str]]:
    """(ours and the rivals, a line for each that is missing); `ids` as `codecs.available` takes them.

    Of a family the settings that are usually timed, unless some are named, as in "avif:speed 4". UsageError for what is
    not known.
    """
    wanted = None if ids is None else list(dict.fromkeys([OURS, *ids]))
    found, missing = codecs.available(wanted, model)
    named = {name.partition(":")[0] for name in ids or () if ":" in name}
    kept = [codec for codec in found if codec.id in named or _usual(codec, quick)]
    return tuple(sorted(kept, key=lambda codec: codec.id != OURS)), missing


def _usual(codec: Codec, quick: bool) -> bool:
    without = _UNUSUAL + _SLOW if quick else _UNUSUAL
    return (codec.id, codec.settings) not in without and "tune" not in codec.settings


def label(codec: Codec) -> str:
    """ "avif (speed 6, 4:2:0)"."""
    return f"{codec.id} ({codec.settings})"


def rival(labels: Sequence[str], against: str | None) -> str:
    """The label that `against` means: itself, or the first of that id. UsageError where it is not in the run."""
    for name in (against,) if against is not None else (*AGAINST, *labels[1:], *labels):
        for found in labels:
            if name == found or name == found.split(" ")[0]:
                return found
    raise UsageError(f"{against!r} is not in this run", f"--against takes one of: {'; '.join(labels)}")
