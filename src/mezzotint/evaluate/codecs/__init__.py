# SPDX-License-Identifier: Apache-2.0
"""Mezzotint and its rivals behind one protocol; settings that a careful person would use, named in full.

Takes: uint8 pixels (H, W, 3) and a quality in the codec's own unit; whole files.
Gives: whole files and their pixels; which codecs can run here, and how to get the others.
May import: `runtime` and below, Pillow; one package of the extra `eval` in the one file that needs it.
"""

from __future__ import annotations

from collections.abc import Sequence

from mezzotint.errors import MissingExtra, UsageError
from mezzotint.evaluate.codecs import avif, heic, jp2, jpeg, jxl, mozjpeg, ours, png, webp
from mezzotint.evaluate.codecs.protocol import Codec, Family, Pixels
from mezzotint.one_line import one_line

__all__ = ["FAMILIES", "Codec", "Family", "Pixels", "available"]

_LOSSY = (
    ours.family(),
    jpeg.FAMILY,
    mozjpeg.FAMILY,
    webp.FAMILY,
    avif.FAMILY,
    jxl.FAMILY,
    heic.FAMILY,
    jp2.FAMILY,
)
_LOSSLESS = (png.LOSSLESS, webp.LOSSLESS, jxl.LOSSLESS)
FAMILIES: dict[str, Family] = {family.id: family for family in _LOSSY + _LOSSLESS}


def available(names: Sequence[str] | None, model: str | None) -> tuple[list[Codec], list[str]]:
    """The settings that were asked for and can run here, as FAMILIES has them, and a line for each family that cannot.

    `names` are ids, alone ("avif") or with a part of the settings ("avif:speed 6"); None means every lossy family.
    `model` is the path of our bundle, None for the default one. UsageError for an unknown id, or where no settings have
    the part; what is wrong with a model is raised as `mezzotint.encode` raises it.
    """
    wanted: dict[str, list[str]] = {}
    for name in FAMILIES if names is None else names:
        id, _, part = name.partition(":")
        if id not in FAMILIES:
            raise UsageError(f"unknown codec {name!r}", "known are " + ", ".join(FAMILIES))
        if names is not None or not FAMILIES[id].lossless:
            wanted.setdefault(id, []).append(part.strip() or (ours.USUAL if id == ours.ID else ""))
    codecs: list[Codec] = []
    missing: list[str] = []
    efforts = any("effort" in part for part in wanted.get(ours.ID, ()))
    for family in (FAMILIES | {ours.ID: ours.family(model, efforts)}).values():
        if family.id not in wanted:
            continue
        try:
            found = family.open()
        except (ImportError, MissingExtra) as reason:
            missing.append(f"{family.id} is left out: {_why(reason)}; {family.remedy}")
            continue
        codecs += [codec for codec in found if _asked(codec, found, wanted[family.id])]
    return codecs, missing


def _asked(codec: Codec, found: Sequence[Codec], parts: Sequence[str]) -> bool:
    for part in parts:
        if all(part not in one.settings for one in found):
            known = "; ".join(one.settings for one in found)
            raise UsageError(f"{codec.id} has no settings with {part!r}", f"it has: {known}")
    return any(part in codec.settings for part in parts)


def _why(reason: ImportError | MissingExtra) -> str:
    if isinstance(reason, MissingExtra):
        return reason.what
    if isinstance(reason, ModuleNotFoundError) and reason.name:
        return f"{reason.name.replace('_', '-')} is not installed"
    return one_line(reason)  # installed, but it cannot be loaded
