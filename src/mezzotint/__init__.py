# SPDX-License-Identifier: Apache-2.0
"""Mezzotint: a learned image codec that installs and runs on an ordinary CPU.

    data = mezzotint.encode(image, quality=75)  # uint8 array or Pillow image -> bytes
    again = mezzotint.decode(data)              # -> the same kind of array

Names are looked up when first used, so that importing the package costs nothing and a training machine needs
neither onnxruntime nor constriction for `mezzotint.lab`.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from mezzotint._version import __version__

if TYPE_CHECKING:
    from mezzotint.bitstream import Header, Limits, read_header
    from mezzotint.bundle import Bundle
    from mezzotint.errors import ConversionWarning, MezzotintError
    from mezzotint.runtime.api.decode import decode
    from mezzotint.runtime.api.encode import encode
    from mezzotint.runtime.api.salvage import Salvaged, salvage
    from mezzotint.runtime.pictures import Picture

__all__ = [
    "Bundle",
    "ConversionWarning",
    "Header",
    "Limits",
    "MezzotintError",
    "Picture",
    "Salvaged",
    "__version__",
    "decode",
    "encode",
    "read_header",
    "salvage",
]

_HOMES = {  # public name -> the module that defines it
    "encode": "mezzotint.runtime.api.encode",
    "decode": "mezzotint.runtime.api.decode",
    "salvage": "mezzotint.runtime.api.salvage",
    "Salvaged": "mezzotint.runtime.api.salvage",
    "read_header": "mezzotint.bitstream",
    "Header": "mezzotint.bitstream",
    "Limits": "mezzotint.bitstream",
    "Picture": "mezzotint.runtime.pictures",
    "Bundle": "mezzotint.bundle",
    "MezzotintError": "mezzotint.errors",
    "ConversionWarning": "mezzotint.errors",
}


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module 'mezzotint' has no attribute {name!r}")
    value = getattr(import_module(_HOMES[name]), name)
    globals()[name] = value  # the next look-up does not come here
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
