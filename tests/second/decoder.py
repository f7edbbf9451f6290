# SPDX-License-Identifier: Apache-2.0
"""A second decoder in plain numpy, written from docs/format.md alone; numbers in comments are its sections.

It gives z_hat, scale indices and symbols of lossy files (mode 0), and the alpha plane of any.
It must never import the package, or its agreement would mean nothing.
"""

from __future__ import annotations

import hashlib
import json
import struct
import zlib
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np


class Refused(ValueError):
    """The file is not what the document allows."""


def need(good: object, what: str) -> None:
    if not good:
        raise Refused(what)


class Reader:  # 1
    def __init__(self, data: bytes) -> None:
        self.data, self.place = data, 0

    def take(self, count: int) -> bytes:
        need(count <= len(self.data) - self.place, "bytes are missing")
        self.place += count
        return self.data[self.place - count : self.place]

    def number(self, size: int) -> int:
        return int.from_bytes(self.take(size), "little")

    def varint(self) -> int:
        value = 0
        for k in range(5):
            byte = self.number(1)
            value |= (byte & 127) << 7 * k
            if byte < 128:
                need(byte or k == 0, "not the shortest varint")
                return value
        raise Refused("a varint of more than 5 bytes")


@dataclass
class File:
    mode: int
    alpha: int
    channels: int
    tile: int  # pixels a side
    depth: int
    quality: int
    layers: int
    model_id: bytes
    width: int = 0
    height: int = 0
    boxes: Sequence[tuple[bytes, bytes]] = ()
    chunks: Sequence[Sequence[bytes]] = ()  # [layer][tile]

    @property
    def tiles(self) -> list[tuple[int, int]]:  # 7.2: height and width of each, without padding
        sides = (self.height, self.width)
        rows, columns = ([min(self.tile, side - k) for k in range(0, side, self.tile)] for side in sides)
        return [(height, width) for height in rows for width in columns]


def parse(data: bytes) -> File:
    reader = Reader(data)
    file, boxes = parse_header(reader)
    file.boxes = [parse_box(reader, file) for _ in range(boxes)]  # 3
    tags = [tag for tag, _ in file.boxes]
    need(all(tags.count(tag) < 2 for tag in (b"ALPH", b"iCCP", b"eXIF", b"xMP ")), "a known box twice")  # 3.2
    need((b"ALPH" in tags) == (file.alpha != 0), "header and boxes disagree about alpha")
    count = len(file.tiles)
    entries = [(reader.varint(), reader.number(4)) for _ in range(file.layers * count)]  # 4
    chunks = [reader.take(length) for length, _ in entries]  # 5
    need([zlib.crc32(chunk) for chunk in chunks] == [crc for _, crc in entries], "a chunk's checksum")
    need(reader.place == len(data), "bytes are left over")
    file.chunks = [chunks[k : k + count] for k in range(0, len(chunks), count)]
    return file


def parse_header(reader: Reader) -> tuple[File, int]:  # 2
    fields = struct.unpack("<4s7BHB8s", reader.take(22))
    magic, version, kinds, shape, depth, _, _, _, quality, layers, model_id = fields
    need(magic == b"\x8dMZ\n" and version == 0, "magic or version")
    file = File(kinds & 15, kinds >> 4, shape & 15, 1 << (shape >> 4), depth, quality, layers, model_id)
    file.width, file.height, total, boxes = (reader.varint() for _ in range(4))
    checked = reader.data[: reader.place]
    need(reader.number(4) == zlib.crc32(checked), "the header's checksum")
    need(file.mode <= 2 and file.alpha <= 1 and file.channels in (1, 3) and shape >> 4 >= 6, "kinds")  # 2.1
    need(1 <= depth <= 16 and quality < 4096 and 1 <= layers <= 15, "depth, quality or layers")
    need(file.mode != 1 or 1 <= quality < 1 << depth, "the largest error")
    need(file.mode != 2 or quality == 0, "lossless with an error")
    padded = [-(-side // 64) * 64 for side in (file.width, file.height)]  # 10
    tile = [min(side, file.tile) for side in padded]
    need(file.width >= 1 and file.height >= 1 and file.width * file.height <= 1 << 28, "the pixels")
    need(max(file.width, file.height) <= 1 << 15, "a side that is too long")
    need(padded[0] * padded[1] <= 1 << 29 and tile[0] * tile[1] <= 1 << 24, "too many pixels once padded")
    tiles = -(-file.width // file.tile) * -(-file.height // file.tile)
    need(file.layers * tiles <= 1 << 20 and boxes <= 64, "too many chunks or boxes")
    need(total == len(reader.data), "the total length")
    return file, boxes


def parse_box(reader: Reader, file: File) -> tuple[bytes, bytes]:  # 3
    tag, length, checksum = reader.take(4), reader.varint(), reader.number(4)
    need(tag[:1].isalpha() and all(0x20 <= c <= 0x7E for c in tag), "an impossible tag")
    alpha = 2 * (1 + (file.depth > 8)) * file.width * file.height + 1024
    need(length <= {b"ALPH": alpha, b"iCCP": 1 << 22}.get(tag, 1 << 24), "a box that is too long")  # 3.1
    payload = reader.take(length)
    need(zlib.crc32(tag + payload) == checksum, "a box's checksum")
    need(tag == b"ALPH" or tag[:1].islower(), "an unknown critical box")
    return tag, payload


def inflate(data: bytes, size: int) -> bytes:
    stream = zlib.decompressobj()
    try:
        out = stream.decompress(data, size + 1)
    except zlib.error as error:
        raise Refused("a damaged zlib stream") from error
    need(len(out) == size and stream.eof and not stream.unused_data, "a zlib stream of another length")
    return out


def decode_alpha(file: File) -> np.ndarray | None:  # 3.3
    payload = dict(file.boxes).get(b"ALPH")
    if payload is None:
        return None
    kind, rest, shape = payload[:1], payload[1:], (file.height, file.width)
    dtype = np.dtype("<u2" if file.depth > 8 else "u1")
    if kind == b"\0":
        need(len(rest) == dtype.itemsize, "a plane of one value")
        plane = np.full(shape, np.frombuffer(rest, dtype)[0])
    else:
        need(kind in (b"\1", b"\2", b"\3"), "an unknown kind of alpha")
        raw = inflate(rest, file.height * file.width * dtype.itemsize)
        plane = np.frombuffer(raw, dtype).reshape(shape)
        if kind != b"\1":
            plane = np.cumsum(plane, axis=1 if kind == b"\2" else 0, dtype=dtype)
    need(plane.max() < 1 << file.depth, "alpha over its depth")
    return plane


class Bundle(NamedTuple):  # 6
    groups: list[int]
    model_id: bytes
    arrays: dict[str, Any]


def read_bundle(data: bytes) -> Bundle:  # 6.1
    magic, version, length = struct.unpack("<4sII", data[:12])
    need(magic == b"\x8dMZM" and version == 1, "no bundle")
    head: dict[str, Any] = json.loads(data[12 : 12 + length])
    arrays, rows = {}, []
    for blob in (blob for blob in head["blobs"] if blob["side"] == "decoder"):
        array = blob["kind"] == "array"
        dtype, shape = (blob["dtype"], blob["shape"]) if array else ("", [])
        rows.append([blob["name"], blob["kind"], dtype, shape, blob["length"], blob["sha256"]])
        raw = data[12 + length + blob["offset"] :][: blob["length"]]
        need(hashlib.sha256(raw).hexdigest() == blob["sha256"], "a blob's hash")
        if array:
            arrays[blob["name"]] = np.frombuffer(raw, np.dtype(dtype).newbyteorder("<")).reshape(shape)
    sizes = [head["latent_channels"], head["latent_groups"], head["hyper_channels"]]
    others = [head["synthesis_halo"], head["anchors"], head["z_banks"]]
    text = json.dumps(["mezzotint model 1", sizes, others, sorted(rows)], separators=(",", ":"))  # 6.2
    return Bundle(head["latent_groups"], hashlib.sha256(text.encode("ascii")).digest()[:8], arrays)


def shift(x: np.ndarray, k: int) -> np.ndarray:  # 1
    return (x + (1 << (k - 1))) >> k


def product(matrix: np.ndarray, cells: np.ndarray) -> np.ndarray:  # 8: float64 holds every sum exactly
    return np.tensordot(matrix.astype(np.float64), cells.astype(np.float64), 1).astype(np.int64)


def window(u: np.ndarray) -> np.ndarray:  # 8
    p = np.pad(u, ((0, 0), (1, 1), (1, 1)), "edge")
    t = p[:, :-2] + 2 * p[:, 1:-1] + p[:, 2:]
    return t[..., :-2] + 2 * t[..., 1:-1] + t[..., 2:]


def scale_map(z: np.ndarray, quality: int, arrays: dict[str, Any]) -> np.ndarray:  # 8: v + o of (M, 4hz, 4wz)
    acc = product(arrays["scale.weight"], z) + arrays["scale.bias"].astype(np.int64)[:, None, None]
    m, h, w = len(acc) // 16, *z.shape[1:]
    u = acc.reshape(m, 4, 4, h, w).transpose(0, 3, 1, 4, 2).reshape(m, 4 * h, 4 * w)
    offset = arrays["scale.offset"].astype(np.int64)
    position = quality * (len(offset) - 1) * 128 // 4095
    k = min(position // 128, len(offset) - 2)
    f = position - 128 * k
    return window(u) + shift(offset[k] * (128 - f) + offset[k + 1] * f, 7)[:, None, None]


def scale_context(known: np.ndarray, group: int, rows: slice, arrays: dict[str, Any]) -> np.ndarray:  # 8.1
    octaves = np.array([0, 32, 51, 64, 74, 83, 90, 96, 101, 106, 111, 115, 118, 122, 125, 128])
    e = octaves[np.minimum(np.abs(known), 15)]
    inner = arrays["scale.inner"][group - 2, :, :, : len(known)]
    a = product(inner[:, 0], 16 * e) + product(inner[:, 1], window(e))
    return shift(product(arrays["scale.outer"][rows], shift(a, 8)), 5)


class Table(NamedTuple):  # 9.1
    minimum: int
    left: Sequence[int]  # with 2^24 behind the last
    escape: bool = False


def make_table(minimum: int, frequencies: np.ndarray, escape: bool = False) -> Table:
    return Table(int(minimum), [0, *np.cumsum(frequencies, dtype=np.int64).tolist()], escape)


class Stack:  # 9.3
    def __init__(self, chunk: bytes) -> None:
        need(chunk and len(chunk) % 4 == 0 and any(chunk[-4:]), "impossible words")
        self.words, self.state = list(struct.unpack(f"<{len(chunk) // 4}I", chunk)), 0
        self.refill()
        self.refill()

    def refill(self) -> None:
        if self.state < 1 << 32 and self.words:
            self.state = self.state << 32 | self.words.pop()

    def pop(self, left: Sequence[int]) -> int:
        q = self.state & 0xFFFFFF
        i = bisect_right(left, q) - 1
        self.state = (self.state >> 24) * (left[i + 1] - left[i]) + q - left[i]
        self.refill()
        return i


def decode_symbols(chunk: bytes, numbers: np.ndarray, tables: Sequence[Table]) -> np.ndarray:  # 9.2, 9.3
    values = np.array([t.minimum for t in tables])[numbers]
    certain = np.array([len(t.left) == 2 for t in tables])[numbers]
    order = np.argsort(numbers, kind="stable")
    coded = order[~certain[order]].tolist()
    if not coded:
        need(not chunk, "words where nothing is coded")
        return values
    stack, escaped = Stack(chunk), []
    for place in coded:
        table = tables[numbers[place]]
        entry = stack.pop(table.left)
        values[place] += entry
        if table.escape and entry == len(table.left) - 2:
            escaped.append(place)
    for place, e in decode_escapes(stack, escaped).items():  # values[place] is last + 1 so far
        values[place] = tables[numbers[place]].minimum - 1 - e // 2 if e & 1 else values[place] + e // 2
    need(stack.state == 1 << 24 and not stack.words, "a damaged chunk")
    return values


def decode_escapes(stack: Stack, escaped: list[int]) -> dict[int, int]:  # 9.4
    found, pending = dict.fromkeys(escaped, 0), escaped
    for k in range(4):
        spelt = [(place, stack.pop(range(0, (1 << 24) + 1, 1 << 16))) for place in pending]
        for place, byte in spelt:
            need(byte or k == 0, "not the shortest escape")
            found[place] |= (byte & 127) << 7 * k
        pending = [place for place, byte in spelt if byte >= 128]
    need(not pending, "an escape of more than 4 bytes")
    return found


def decode_latents(file: File, bundle: Bundle) -> list[tuple[np.ndarray, np.ndarray, np.ndarray]]:
    """z_hat, scale indices and symbols of each tile."""
    need(file.mode == 0 and file.model_id == bundle.model_id, "another model")
    need(file.layers == len(bundle.groups) + 1, "another number of layers")  # 5
    arrays, found = bundle.arrays, []
    banks = arrays["z.frequencies"]  # 9.1
    z_tables = [make_table(-127, row) for row in banks[file.quality * len(banks) // 4096]]
    parts = np.split(arrays["y.frequencies"], np.cumsum(arrays["y.lengths"])[:-1])
    tables = [make_table(arrays["y.minima"][k], part, k > 0) for k, part in enumerate(parts)]
    for (height, width), *chunks in zip(file.tiles, *file.chunks, strict=True):
        h, w = -(-height // 64), -(-width // 64)  # 7.1
        numbers = np.arange(len(z_tables)).repeat(h * w)
        z = decode_symbols(chunks[0], numbers, z_tables).reshape(-1, h, w)
        total, start = scale_map(z, file.quality, arrays), 0
        indices, symbols = np.zeros_like(total), np.zeros_like(total)
        for group, size in enumerate(bundle.groups, 1):
            own = slice(start, start + size)
            if group > 1 and "scale.inner" in arrays:
                rows = slice(start - bundle.groups[0], start - bundle.groups[0] + size)
                total[own] += scale_context(symbols[:start], group, rows, arrays)
            indices[own] = np.clip(shift(total[own], 8), 0, 63)
            part = decode_symbols(chunks[group], indices[own].ravel(), tables)
            symbols[own] = part.reshape(-1, 4 * h, 4 * w)
            start += size
        found.append((z, indices, symbols))
    return found
