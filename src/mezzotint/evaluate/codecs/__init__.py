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


def available(ids: Sequence[str] | None, model: str | None) -> tuple[list[Codec], list[str]]:
    """All settings of the chosen families that can run here, in the order of FAMILIES, and a line for each that cannot.

    `ids` None means every lossy family; `model` is the path of our bundle, None for the default one. UsageError for an
    unknown id; what is wrong with a model is raised as `mezzotint.encode` raises it.
    """
    unknown = [name for name in ids or () if name not in FAMILIES]
    if unknown:
        raise UsageError(f"unknown codec {unknown[0]!r}", "known are " + ", ".join(FAMILIES))
    codecs: list[Codec] = []
    missing: list[str] = []
    for family in (FAMILIES | {ours.ID: ours.family(model)}).values():
        if family.lossless if ids is None else family.id not in ids:
            continue
        try:
            codecs += family.open()
        except (ImportError, MissingExtra) as reason:
            missing.append(f"{family.id} is left out: {_why(reason)}; {family.remedy}")
    return codecs, missing


def _why(reason: ImportError | MissingExtra) -> str:
    if isinstance(reason, MissingExtra):
        return reason.what
    if isinstance(reason, ModuleNotFoundError) and reason.name:
        return f"{reason.name.replace('_', '-')} is not installed"
    return " ".join(str(reason).split())  # installed, but it cannot be loaded
