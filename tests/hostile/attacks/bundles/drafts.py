# SPDX-License-Identifier: Apache-2.0
"""A bundle taken apart, to be changed in any way and put together again with lengths and hashes that agree.

So that damage is seen by the law that it breaks, and not by the SHA-256 in front of it. The trap: `packed` believes
the header, so whatever shall be right has to be settled first.
"""

from __future__ import annotations

import hashlib
import json
import struct
import sys
from copy import deepcopy
from dataclasses import dataclass
from functools import cache
from types import ModuleType
from typing import Any

from attacks.files import model
from mezzotint.bundle import dump, with_preview
from mezzotint.errors import DamagedModel, MezzotintError

MAGIC = b"\x8dMZM"
KINDS = ("plain", "context", "preview", "context and preview")


@dataclass(frozen=True)
class Hostile:
    """A bundle that must not pass, and what has to be said of it."""

    what: str
    data: bytes
    message: str  # a part of the error's text
    error: type[MezzotintError] = DamagedModel
    used: bool = False  # it can be loaded, and is refused where a picture needs it


@dataclass
class Draft:
    """The header as JSON gives it, and the blobs in its order."""

    header: dict[str, Any]
    blobs: list[bytes]

    def place(self, name: str) -> int:
        return next(i for i, record in enumerate(self.header["blobs"]) if record["name"] == name)

    def record(self, name: str) -> dict[str, Any]:
        found: dict[str, Any] = self.header["blobs"][self.place(name)]
        return found

    def blob(self, name: str) -> bytes:
        return self.blobs[self.place(name)]

    def put(self, name: str, blob: bytes) -> Draft:
        """Another blob under this name, with offsets, length and hash to match."""
        self.blobs[self.place(name)] = blob
        return self.settle()

    def settle(self) -> Draft:
        """Offsets, lengths and hashes as the blobs are."""
        offset = 0
        for record, blob in zip(self.header["blobs"], self.blobs, strict=True):
            record |= {"offset": offset, "length": len(blob), "sha256": hashlib.sha256(blob).hexdigest()}
            offset += len(blob)
        return self

    def packed(self) -> bytes:
        text = json.dumps(self.header, ensure_ascii=False, separators=(",", ":"))
        return wrapped(text.encode("utf-8", "surrogatepass"), b"".join(self.blobs))


def wrapped(text: bytes, blobs: bytes, version: int = 1, length: int | None = None) -> bytes:
    """Magic, version and the length of the header in front of both."""
    return MAGIC + struct.pack("<II", version, len(text) if length is None else length) + text + blobs


def apart(data: bytes) -> Draft:
    (length,) = struct.unpack_from("<I", data, 8)
    header, blobs = json.loads(data[12 : 12 + length]), []
    for record in header["blobs"]:
        start = 12 + length + record["offset"]
        blobs.append(data[start : start + record["length"]])
    return Draft(header, blobs)


def tiny() -> ModuleType:
    """tests/bundle/tiny.py, as `model` imported it."""
    model()
    return sys.modules["mezzotint_tests_tiny"]


def draft(kind: str = "plain") -> Draft:
    """A sound one of the tiny model, to be changed: every call gives another."""
    return deepcopy(_sound(kind))


@cache
def sound(kind: str = "plain") -> bytes:
    """The bytes of a bundle of the tiny model."""
    bundle = model("context" in kind)
    return dump(with_preview(bundle, tiny().preview()) if "preview" in kind else bundle)


@cache
def _sound(kind: str) -> Draft:
    return apart(sound(kind))
