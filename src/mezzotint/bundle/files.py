# SPDX-License-Identifier: Apache-2.0
"""Bundles as files: magic, version, JSON header, then the blobs back to back with no holes.

The idea is that of safetensors. The loader trusts no length: every number is checked against the size of the
file before anything is sliced, JSON keys must be exactly the known ones, and each blob must have its stated
SHA-256.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import stat
import struct
import tempfile
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

from mezzotint.bundle.laws import check, check_header, damaged
from mezzotint.bundle.schema import Blob, Bundle, Card, Entry, model_id
from mezzotint.errors import FileAccess

MAGIC = b"\x8dMZM"
FORMAT = 1
_PREFIX = struct.Struct("<4sII")  # magic, version, length of the JSON header
_MAX_FILE = 1 << 30
_MAX_HEADER = 1 << 20
_MAX_BLOBS = 256
_MAX_DIGITS = 20  # of a number in the header: turning a longer one into an integer may take seconds
_HALF = re.compile(r"[\ud800-\udfff]")
_NO_BUNDLE = "it is not a Mezzotint model (.mztm)"
_CARD_KEYS = {field.name for field in fields(Card)}
_BLOB_KEYS = {field.name for field in fields(Entry)} | {"offset"}


@dataclass(frozen=True)
class Summary:
    """What the header of a bundle file says; the blobs have not been read."""

    path: Path
    size: int  # bytes
    card: Card
    model_id: bytes


def dump(bundle: Bundle) -> bytes:
    """The bytes of a bundle file."""
    header: dict[str, Any] = {"format": FORMAT} | asdict(bundle.card)
    header["blobs"], offset = [], 0
    for blob in bundle.blobs:
        header["blobs"].append(asdict(blob.entry) | {"offset": offset})
        offset += blob.entry.length
    text = json.dumps(header, ensure_ascii=False, separators=(",", ":")).encode("utf-8")
    return b"".join([_PREFIX.pack(MAGIC, FORMAT, len(text)), text, *(blob.data for blob in bundle.blobs)])


def save(path: str | os.PathLike[str], bundle: Bundle) -> None:
    """Write a bundle, whole or not at all (a temporary file in the same folder is moved into place)."""
    target = Path(path)
    temporary = None
    try:
        with tempfile.NamedTemporaryFile(dir=target.parent, prefix=f".{target.name}.", delete=False) as file:
            temporary = file.name
            file.write(dump(bundle))
        os.chmod(temporary, 0o644)
        os.replace(temporary, target)
    except OSError as reason:
        if temporary is not None:
            Path(temporary).unlink(missing_ok=True)
        raise FileAccess(f"{target} cannot be written: {reason.strerror}", "choose another place") from None


def load(source: str | os.PathLike[str] | bytes) -> Bundle:
    """A checked bundle from a file or its bytes."""
    data = source if isinstance(source, bytes) else _read(Path(source), _MAX_FILE)[0]
    card, entries, start = _header(data, len(data))
    blobs, position = [], start
    for entry in entries:
        content = data[position : position + entry.length]
        position += entry.length
        if hashlib.sha256(content).hexdigest() != entry.sha256:
            raise damaged(f"the blob {entry.name!r} has changed (its SHA-256 differs)")
        blobs.append(Blob(entry, content))
    bundle = Bundle(card, tuple(blobs))
    check(bundle)
    return bundle


def read_summary(path: str | os.PathLike[str]) -> Summary:
    """Name, numbers and model id of a bundle file, from its first kilobytes; `load` checks the rest."""
    path = Path(path)
    prefix, size = _read(path, _PREFIX.size + _MAX_HEADER)
    card, entries, _ = _header(prefix, size)
    return Summary(path, size, card, model_id(card, entries))


def _read(path: Path, most: int) -> tuple[bytes, int]:
    """The first `most` bytes, and the size of the whole file. Of what is no bundle next to nothing is read."""
    try:
        with open(path, "rb") as file:
            status = os.fstat(file.fileno())
            if not MAGIC.startswith(file.peek(len(MAGIC))[: len(MAGIC)]):
                raise damaged(_NO_BUNDLE)
            if not stat.S_ISREG(status.st_mode):  # a pipe does not know its size
                return file.read(most), status.st_size
            if status.st_size > _MAX_FILE:
                raise damaged(f"it has {status.st_size} bytes, over {_MAX_FILE}")
            # No more than there is: `read` takes memory for what it is asked for.
            return file.read(min(most, status.st_size)), status.st_size
    except OSError as reason:
        raise FileAccess(f"the model {path} cannot be read: {reason.strerror}", "check the path") from None


def _header(data: bytes, size: int) -> tuple[Card, list[Entry], int]:
    """Card, entries, and where the first blob starts; `size` is that of the whole file."""
    if not data.startswith(MAGIC) or len(data) < _PREFIX.size:
        raise damaged(_NO_BUNDLE)
    _, version, length = _PREFIX.unpack_from(data)
    if version != FORMAT:
        raise damaged(f"its format version is {version}, and this program reads version {FORMAT}")
    start = _PREFIX.size + length
    if length > _MAX_HEADER or start > len(data):
        raise damaged("its header is too long or cut off")
    card, records = _card(_json(data[_PREFIX.size : start]))
    entries, offset = [], 0
    for record in records:
        entries.append(_entry(record, offset))
        offset += entries[-1].length
    if start + offset != size:
        raise damaged(f"it has {size} bytes instead of {start + offset}")
    check_header(card, entries)
    return card, entries, start


def _json(text: bytes) -> dict[str, Any]:
    def unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        if len({key for key, _ in pairs}) != len(pairs):
            raise ValueError("a key occurs twice")
        return dict(pairs)

    def whole(digits: str) -> int:
        if len(digits) > _MAX_DIGITS:
            raise ValueError(f"a number has {len(digits)} digits")
        return int(digits)

    def broken(number: str) -> float:
        raise ValueError(f"{number[:_MAX_DIGITS]} is no whole number")

    try:
        header = json.loads(
            text.decode("utf-8"),
            object_pairs_hook=unique,
            parse_int=whole,
            parse_float=broken,
            parse_constant=broken,  # NaN and infinities
        )
    except (ValueError, RecursionError) as reason:
        raise damaged(f"its header is not valid JSON ({reason})") from None
    if not isinstance(header, dict):
        raise damaged("its header is not a JSON object")
    return header


def _keys(record: dict[str, Any], expected: set[str], what: str) -> None:
    wrong = sorted(record.keys() ^ expected)
    if wrong:
        state = "unknown" if wrong[0] in record else "missing"
        raise damaged(f"the key {wrong[0][:40]!r} of its {what} is {state}")


def _card(header: dict[str, Any]) -> tuple[Card, list[dict[str, Any]]]:
    _keys(header, _CARD_KEYS | {"format", "blobs"}, "header")
    if type(header["format"]) is not int or header["format"] != FORMAT:
        raise damaged("its header has another format")
    blobs = header["blobs"]
    if not isinstance(blobs, list) or len(blobs) > _MAX_BLOBS or not all(isinstance(b, dict) for b in blobs):
        raise damaged("its list of blobs is wrong")
    values: dict[str, Any] = {}
    for key in _CARD_KEYS:
        value = header[key]
        if key in ("name", "about"):
            values[key] = _typed(value, str, key)
        elif key == "latent_groups":
            values[key] = tuple(_typed(item, int, key) for item in _typed(value, list, key))
        else:
            values[key] = _typed(value, int, key)
    return Card(**values), blobs


def _entry(record: dict[str, Any], offset: int) -> Entry:
    _keys(record, _BLOB_KEYS, "list of blobs")
    words = {key: _typed(record[key], str, key) for key in ("name", "kind", "side", "dtype", "sha256")}
    shape = tuple(_typed(side, int, "shape") for side in _typed(record["shape"], list, "shape"))
    length = _typed(record["length"], int, "length")
    if _typed(record["offset"], int, "offset") != offset:
        raise damaged(f"the blob {words['name'][:40]!r} does not follow the one before it")
    if not 0 < length <= _MAX_FILE:
        raise damaged(f"the blob {words['name'][:40]!r} has an impossible length")
    return Entry(shape=shape, length=length, **words)


def _typed(value: Any, kind: type, key: str) -> Any:
    if type(value) is not kind:  # exactly: a JSON true is no integer here
        raise damaged(f"{key} in its header is not of type {kind.__name__}")
    if kind is str and _HALF.search(str(value)):
        raise damaged(f"{key} in its header holds half a character")  # from an escape; no UTF-8 has it
    return value
