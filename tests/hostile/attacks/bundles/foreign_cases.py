# SPDX-License-Identifier: Apache-2.0
"""Files of other formats that were given the name of a bundle, by hand.

Several hold pickles, and each of these would leave a mark if anything unpickled it: `MARK` is its path, which no case
may create. Pickles are written as their operations, so that this file imports none either.
"""

from __future__ import annotations

import bz2
import gzip
import io
import json
import lzma
import struct
import tarfile
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from attacks.bundles.drafts import Hostile, draft, sound, wrapped

MARK = Path(tempfile.gettempdir()) / "mezzotint-was-unpickled"
NO = "it is not a Mezzotint model"


def cases() -> Iterator[Hostile]:
    for name, data in foreign():
        yield Hostile(name, data, NO)
    # Within a bundle: where it would be an array, and where it would be a graph.
    made = draft()
    length = len(made.blob("scale.weight"))
    yield Hostile(
        "a pickle for an array, too short",
        made.put("scale.weight", pickle(4)).packed(),
        f"bytes instead of {length}",
    )
    for name, data in (("a pickle", pickle(2)), ("an archive of torch", torch_archive()), ("text", b"text")):
        yield Hostile(f"{name} for a graph", draft().put("synthesis", data).packed(), "the graph 'synthesis'")
    yield Hostile("a pickle for the header", wrapped(pickle(0), b""), "its header is not valid JSON")
    yield Hostile("a pickle behind the bundle", sound() + pickle(2), "bytes instead of")
    yield Hostile("an archive of torch behind the bundle", sound() + torch_archive(), "bytes instead of")


def foreign() -> Iterator[tuple[str, bytes]]:
    """(name, content)"""
    yield "a .pt of torch", torch_archive()
    yield "a .pt of torch before 1.6", legacy_torch()
    for protocol in range(6):
        yield f"a .pkl of protocol {protocol}", pickle(protocol)
    yield "a .joblib", zlib.compress(pickle(3))
    yield "a .ckpt of numpy, as an object", object_array()
    yield "a .npy", _npy(np.zeros((4, 4), np.float32))
    yield "a .npz", _zip({"weight.npy": _npy(np.zeros(8, np.float32))})
    yield "a .npz with an object", _zip({"weight.npy": object_array()})
    yield "a .safetensors", _safetensors(8)
    yield "a .safetensors whose header has 2^63 bytes", struct.pack("<Q", 2**63) + b'{"a":{}}' + bytes(64)
    yield "an .onnx", draft().blob("synthesis")
    yield "an .ort", b"\x14\0\0\0ORTM" + bytes(200)
    yield "a .tflite", b"\x1c\0\0\0TFL3" + bytes(200)
    yield "a .gguf", b"GGUF" + struct.pack("<IQQ", 3, 1, 0) + bytes(64)
    yield "an .h5", b"\x89HDF\r\n\x1a\n" + bytes(200)
    yield "a .pb of tensorflow", b"\x08\x01\x12\x08saved" + bytes(50)
    yield "a .msgpack of flax", b"\x82\xa6params\x80\xa4step\x00"
    yield "a wheel", _zip({"model.py": b"raise SystemExit"})
    yield "an empty archive", _zip({})
    yield "an archive of the bundle", _zip({"model.mztm": sound()})
    yield "a .tar of the bundle", _tar(sound())
    yield "a .gz of the bundle", gzip.compress(sound(), 1)
    yield "a .bz2 of the bundle", bz2.compress(sound(), 1)
    yield "a .xz of the bundle", lzma.compress(sound(), preset=0)
    yield "a .zst", b"\x28\xb5\x2f\xfd" + bytes(40)
    yield "a picture of ours", b"\x8dMZ\n" + bytes(200)
    yield "a .png", b"\x89PNG\r\n\x1a\n" + bytes(40)
    yield (
        "a pointer of Git LFS",
        b"version https://git-lfs.github.com/spec/v1\noid sha256:" + b"0" * 64 + b"\nsize 9\n",
    )
    yield "a page that says 404", b"<!DOCTYPE html><title>404</title>"
    yield "JSON", json.dumps(draft().header).encode()
    yield "a script", b"#!/bin/sh\ntouch " + str(MARK).encode() + b"\n"
    yield "Python", f"open({str(MARK)!r}, 'w')\n".encode()
    yield "a program", b"\x7fELF\x02\x01\x01" + bytes(57)
    yield "zeros", bytes(4096)
    yield "ones", b"\xff" * 4096


def pickle(protocol: int) -> bytes:
    """`open(MARK, "w")`, in the operations of this protocol."""
    path = str(MARK).encode()
    if protocol == 0:
        return b"cio\nopen\n(V" + path + b"\nVw\ntR."
    head = b"" if protocol == 1 else b"\x80" + bytes([protocol])
    texts = b"".join(b"X" + struct.pack("<I", len(text)) + text for text in (path, b"w"))
    if protocol < 4:
        return head + b"cio\nopen\n(" + texts + b"tR."
    body = b"\x8c\x08builtins\x8c\x04open\x93" + texts + b"\x86R."
    return head + b"\x95" + struct.pack("<Q", len(body)) + body


def torch_archive() -> bytes:
    return _zip({"archive/data.pkl": pickle(2), "archive/version": b"3\n", "archive/data/0": bytes(64)})


def legacy_torch() -> bytes:
    """A magic number, a version and the system, pickled one by one, and then what was saved."""
    number = b"\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19."
    return number + b"\x80\x02M\xe9\x03." + b"\x80\x02}." + pickle(2)


def object_array() -> bytes:
    """A .npy whose array is a pickle."""
    header = b"{'descr': '|O', 'fortran_order': False, 'shape': (1,), }"
    header += b" " * (-(len(header) + 11) % 64) + b"\n"
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header + pickle(3)


def _npy(array: np.ndarray[tuple[int, ...], np.dtype[np.float32]]) -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, array, allow_pickle=False)
    return buffer.getvalue()


def _zip(files: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, data in files.items():
            archive.writestr(zipfile.ZipInfo(name), data)
    return buffer.getvalue()


def _tar(data: bytes) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        member = tarfile.TarInfo("model.mztm")
        member.size = len(data)
        archive.addfile(member, io.BytesIO(data))
    return buffer.getvalue()


def _safetensors(count: int) -> bytes:
    header = json.dumps({"w": {"dtype": "F32", "shape": [count], "data_offsets": [0, 4 * count]}}).encode()
    return struct.pack("<Q", len(header)) + header + bytes(4 * count)
