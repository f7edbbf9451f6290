# SPDX-License-Identifier: Apache-2.0
"""The file of a rebuilt system: who wrote it, what is in it, its chunks, a checksum; little-endian, nothing else.

    magic 4 | version 1 | system: length 1, ASCII | weights 8 | quality 2 | axes 1, a varint each
    chunks: a varint, then the length of each as a varint | the chunks | CRC-32 of all that stands before it, 4

For comparisons in the lab: it spends some thirty bytes, all of them counted, and promises nothing to later releases.
The traps: weights are named by a hash, since the same system trained twice reads the other's files as noise; and the
checksum comes before anything is believed, so that a damaged file is never a wrong picture.
"""

from __future__ import annotations

import hashlib
import math
import zlib
from dataclasses import dataclass, replace

import torch
from torch import nn

from mezzotint.bitstream import varint
from mezzotint.bitstream.reader import Reader
from mezzotint.errors import DamagedFile, LimitExceeded, NotMezzotint, UnknownModel, UnsupportedVersion

MAGIC = b"\x8aMZL"
VERSION = 1
IDENTITY = 8  # bytes
CHECKSUM = 4
MAX_ELEMENTS = 1 << 28  # of the media: a limit that no example nears and that a reader can allocate
MAX_AXIS = 1 << 16  # so that padding a thin picture stays small beside it
MAX_AXES = 8
MAX_CHUNKS = 1 << 16


@dataclass(frozen=True)
class Stream:
    """``shape`` is that of the media; ``quality`` is 0 to 65535."""

    system: str
    weights: bytes
    quality: int
    shape: tuple[int, ...]
    chunks: tuple[bytes, ...]


def identity(model: nn.Module) -> bytes:
    """The first 8 bytes of SHA-256 over names, types, shapes and values of all that the model has learned."""
    digest = hashlib.sha256()
    for name, tensor in sorted(model.state_dict().items()):
        digest.update(f"{name} {tensor.dtype} {tuple(tensor.shape)}\n".encode())
        digest.update(tensor.detach().cpu().contiguous().reshape(-1).view(torch.uint8).numpy().tobytes())
    return digest.digest()[:IDENTITY]


def write(stream: Stream) -> bytes:
    """The bytes of a file; ValueError for what `read` would refuse."""
    name = stream.system.encode("ascii")
    _check_shape(stream.shape, ValueError)
    if not 0 < len(name) < 256 or len(stream.weights) != IDENTITY or len(stream.chunks) > MAX_CHUNKS:
        raise ValueError(
            f"a stream of '{stream.system}' with {len(stream.chunks)} chunks: give fewer, and a name"
        )
    head = [
        MAGIC,
        bytes([VERSION, len(name)]),
        name,
        stream.weights,
        stream.quality.to_bytes(2, "little"),
        bytes([len(stream.shape)]),
        *map(varint.pack, stream.shape),
        varint.pack(len(stream.chunks)),
        *(varint.pack(len(chunk)) for chunk in stream.chunks),
    ]
    body = b"".join([*head, *stream.chunks])
    return body + zlib.crc32(body).to_bytes(CHECKSUM, "little")


def read(data: bytes, system: str, weights: bytes) -> Stream:
    """The file that ``system`` with these ``weights`` wrote.

    NotMezzotint for other bytes, UnsupportedVersion, DamagedFile for a failed checksum or a field that lies,
    UnknownModel for the file of another system or of other weights, LimitExceeded for media of over 2^28 numbers or
    2^16 along an axis.
    """
    check_magic(data)
    body = data[:-CHECKSUM]
    if zlib.crc32(body).to_bytes(CHECKSUM, "little") != data[-CHECKSUM:]:
        raise DamagedFile("the checksum of a stream does not fit its bytes")
    reader = Reader(body, DamagedFile)
    head, lengths = read_head(reader, system, weights)
    chunks = tuple(bytes(reader.take(length, "a chunk")) for length in lengths)
    if reader.left:
        raise DamagedFile("bytes are left behind the last chunk of a stream")
    return replace(head, chunks=chunks)


def check_magic(data: bytes) -> None:
    """NotMezzotint for other bytes than a stream's, UnsupportedVersion."""
    if data[: len(MAGIC)] != MAGIC:
        raise NotMezzotint("these bytes are no stream of the lab", "give what a system's compress returned")
    if data[len(MAGIC) : len(MAGIC) + 1] != bytes([VERSION]):
        raise UnsupportedVersion("a stream of another version of the lab")


def read_head(reader: Reader, system: str, weights: bytes) -> tuple[Stream, list[int]]:
    """What stands before the chunks, from a reader at the first byte: a stream without any, and their lengths."""
    reader.take(len(MAGIC) + 1, "the magic")
    name = bytes(reader.take(reader.unsigned(1, "a length"), "the system")).decode("ascii", "replace")
    found = bytes(reader.take(IDENTITY, "the weights"))
    if name != system:
        raise UnknownModel(f"a stream of the system {name!r}, not '{system}'", f"decode it with {name!r}")
    if found != weights:
        raise UnknownModel(
            f"a stream of '{name}' with other weights ({found.hex()})",
            "decode it with the weights that coded it",
        )
    quality = reader.unsigned(2, "the quality")
    shape = tuple(reader.varint("an axis") for _ in range(reader.unsigned(1, "the number of axes")))
    _check_shape(shape, DamagedFile)
    count = reader.varint("the number of chunks")
    if count > MAX_CHUNKS:
        raise DamagedFile(f"a stream of {count} chunks")
    lengths = [reader.varint("a length") for _ in range(count)]
    return Stream(name, found, quality, shape, ()), lengths


def _check_shape(shape: tuple[int, ...], empty: type[Exception]) -> None:
    """``empty`` for media without numbers or with too many axes, LimitExceeded for too many numbers."""
    if not 0 < len(shape) <= MAX_AXES or 0 in shape:
        raise empty("a stream of empty media, or of over 8 axes")
    if math.prod(shape) > MAX_ELEMENTS or max(shape) > MAX_AXIS:
        raise LimitExceeded(
            f"a stream of media shaped {shape}", "give fewer than 2^28 numbers, and 65536 along an axis"
        )
