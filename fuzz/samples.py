# SPDX-License-Identifier: Apache-2.0
"""The models of the targets: the hand-made one of tests/bundle/tiny.py, with and without context, and the default one.

Trap: the package must be imported by the target first, or nothing of it would be watched for coverage.
"""

from __future__ import annotations

from functools import cache
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from random import Random
from types import ModuleType
from typing import TYPE_CHECKING

from repair import KINDS, LAYERS, MODEL, join, split

if TYPE_CHECKING:
    from mezzotint.bundle import Bundle

LAYERS_OF_EXACT = 5  # docs/format.md 15
ROOT = Path(__file__).resolve().parents[1]


@cache
def _tiny() -> ModuleType:
    spec = spec_from_file_location("fuzz_tiny", ROOT / "tests" / "bundle" / "tiny.py")
    assert spec is not None and spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@cache
def model(context: bool) -> Bundle:
    found: Bundle = _tiny().bundle(context)
    return found


def default() -> Bundle:
    """The one that ships with the package."""
    from mezzotint.bundle import resolve

    return resolve(None)


def fitted(data: bytes, context: bool, most: int, rng: Random) -> bytes:
    """A file with the id of a model at hand, and sides of at most `most` pixels, or it would be refused for those.

    Of every fourth one, the chunks of a tile are exchanged for others that are sound.
    """
    import forged

    from mezzotint.runtime.lossless import TABLES_ID

    parts = split(data)
    if parts is None:
        return data
    if max(parts.width, parts.height) > most:
        parts.width, parts.height = (1 + (side - 1) % most for side in (parts.width, parts.height))
        parts.fit()
    lossy = parts.fixed[KINDS] & 15 == 0
    parts.fixed[MODEL] = model(context).model_id if lossy else TABLES_ID
    if not rng.randrange(4):
        parts.fixed[LAYERS] = 1 + len(model(context).card.latent_groups) if lossy else LAYERS_OF_EXACT
        parts.fit()
        forged.file(parts, rng, model(context))
    return join(parts)
