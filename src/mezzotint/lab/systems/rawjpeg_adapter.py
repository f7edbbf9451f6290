# SPDX-License-Identifier: Apache-2.0
"""RawJPEG-Adapter: linear light, bent by maps that a small network steers, in a plain JPEG whose comment undoes them.

    16 bits --- tone curve --- local gains --- spectrum of 8x8 --- 8 bits --- JPEG --- any viewer
                    ^              ^               ^                           |
    thumbnail --- network: some seventy bytes, which ride in the comment ------+--- undone --- 16 bits

"Raw-JPEG Adapter: Efficient Raw Image Compression with JPEG" (Afifi, Zhang, Brown, 2025). The file is a JPEG and
nothing else; what its comment (COM) holds is enough to undo the maps, so that decoding needs no weights:

    magic and checksum: data/jpeg_comment.py | version 1 | height, width, a varint each
    number of maps 1, then kind 1 and size 1 of each | their bytes | their notes, 2 each, little-endian

The trap: JPEG programs rewrite files. One that keeps the comment and changes anything else has made another picture,
and the checksum over all the rest refuses it; whoever drops the comment keeps what viewers show and loses the light.
"""

from __future__ import annotations

import io
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor, nn
from tqdm import tqdm

from mezzotint.bitstream import varint
from mezzotint.bitstream.reader import Reader
from mezzotint.errors import DamagedFile, LimitExceeded, UnsupportedVersion
from mezzotint.lab.data import jpeg_comment
from mezzotint.lab.data.crops import Crops
from mezzotint.lab.data.linear import WHITE, photographed
from mezzotint.lab.layers.remaps import REMAPS, Remap, chain
from mezzotint.lab.models.adapter import Adapter
from mezzotint.lab.models.framed import Start
from mezzotint.lab.registry import Source
from mezzotint.lab.systems import SYSTEMS
from mezzotint.lab.systems.stream import MAX_ELEMENTS
from mezzotint.lab.train import optim
from mezzotint.lab.train.short import RATE, schedule
from mezzotint.one_line import one_line

MAGIC = b"MZRJ"
VERSION = 1
KINDS = ("power", "curve", "gain", "spectrum")  # maps as files number them
BLOCK = 8
LONGEST_SIDE = 65496  # of libjpeg, in whole blocks
QUALITIES = (25, 50, 75, 90, 95)
LOWEST, HIGHEST = 10, 98  # qualities that it is trained on

SOURCE = Source(
    "RawJPEG-Adapter",
    "image codec",
    "Raw-JPEG Adapter: Efficient Raw Image Compression with JPEG",
    2025,
    "one curve of 8 pieces and one 4x4 grid of gains in place of tables of values and an exponent a pixel and plane;"
    " a scale a diagonal, not a coefficient; linear light made from photos, no raw files; one model for all qualities",
)

Light = NDArray[np.uint16]


@dataclass(frozen=True, eq=False)
class Note:
    """What a comment says: the picture's sides, its maps, their bytes (1, n) and notes (1, m) as float64."""

    height: int
    width: int
    maps: tuple[Remap, ...]
    steer: Tensor
    noted: Tensor


@SYSTEMS.register("rawjpeg_adapter", SOURCE)
def rawjpeg_adapter(start: Start, maps: str = "curve(8) | gain(4) | spectrum()") -> RawJpegAdapter:
    """``rawjpeg_adapter(maps="curve(8) | gain(4) | spectrum()")``; no maps is the JPEG of the light, to 8 bits."""
    return RawJpegAdapter(maps)


class RawJpegAdapter(nn.Module):
    """See the module."""

    media, gives, qualities = "linear", "same", QUALITIES
    name = "rawjpeg_adapter"

    def __init__(self, maps: str) -> None:
        super().__init__()
        self.adapter = Adapter(chain(maps))

    def learn(self, crops: Crops, steps: int, seed: int) -> None:
        """AdamW on crops as a camera might see them; without bytes to steer there is nothing to learn."""
        if not len(self.adapter.start):
            return
        plan, chance = schedule(crops, steps), np.random.default_rng(0)
        (optimiser,) = optim.build(self, RATE, None)
        for step in tqdm(range(steps), desc=f"training, seed {seed}", unit="step", leave=False):
            quality = torch.from_numpy(chance.integers(LOWEST, HIGHEST + 1, crops.batch)).float()
            x = photographed((crops.at(step) + 0.5).clamp(0, 1), seed * 1_000_003 + step) / WHITE
            optimiser.zero_grad()
            self.adapter.loss(_whole_blocks(x), quality.to(x.device)).backward()
            norm = torch.nn.utils.clip_grad_norm_(self.parameters(), plan.clip)
            if not torch.isfinite(norm):
                continue
            for group in optimiser.param_groups:
                group["lr"] = group["initial_lr"] * plan.rate(step)
            optimiser.step()

    def compress(self, media: Light, quality: int) -> bytes:
        values, note = self.mapped(media, quality)
        return jpeg_comment.write(written(values, quality), MAGIC, packed(note))

    def decompress(self, data: bytes) -> Light:
        note = comment_of(data)
        return unmapped(shown(data), note)

    def rebuilt(self, media: Light, quality: int) -> Light:
        values, note = self.mapped(media, quality)
        return unmapped(shown(written(values, quality)), note)

    @torch.no_grad()
    def mapped(self, media: Light, quality: int) -> tuple[Tensor, Note]:
        """Light -> values (1, 3, H, W) in 0..1 for 8 bits, float64, sides multiples of 8; and how to undo them."""
        check_light(media)
        if not 1 <= quality <= 100:
            raise ValueError(f"quality {quality}: give a whole number from 1 to 100")
        x = torch.from_numpy(media.astype(np.float64) / WHITE).permute(2, 0, 1)[None]
        x = F.pad(x, (0, -x.shape[3] % BLOCK, 0, -x.shape[2] % BLOCK), mode="replicate")
        steer = self.adapter.steered(x, torch.tensor([float(quality)])).double()
        values, noted = self.adapter.apply(x, steer)
        return values, Note(*media.shape[:2], self.adapter.maps, steer, noted)


@torch.no_grad()
def unmapped(values: Tensor, note: Note) -> Light:
    """What `mapped` gave, changed by a codec or not -> light; of unchanged values exactly what they were."""
    x = Adapter(note.maps).undo(values, note.steer, note.noted)[0, :, : note.height, : note.width]
    light: Light = (x * WHITE).round().clamp(0, WHITE).permute(1, 2, 0).contiguous().numpy().astype(np.uint16)
    return light


def check_light(media: Light) -> None:
    """ValueError for anything but uint16 (H, W, 3) with at least a pixel, and sides that a JPEG can have."""
    if media.dtype != np.uint16 or media.ndim != 3 or media.shape[2] != 3 or not media.size:
        raise ValueError(f"{media.dtype} light shaped {media.shape}: give uint16 (H, W, 3)")
    if max(media.shape) > LONGEST_SIDE:
        raise ValueError(f"light shaped {media.shape}: give sides of {LONGEST_SIDE} pixels at most")


def written(values: Tensor, quality: int) -> bytes:
    """Values (1, 3, H, W) in 0..1 -> a JPEG by Pillow, chroma not subsampled, tables fitted."""
    pixels = (255 * values[0]).round().clamp(0, 255).to(torch.uint8).permute(1, 2, 0).contiguous()
    file = io.BytesIO()
    Image.fromarray(pixels.numpy()).save(file, "JPEG", quality=quality, subsampling="4:4:4", optimize=True)
    return file.getvalue()


def shown(jpeg: bytes) -> Tensor:
    """What a viewer shows of a JPEG, as values (1, 3, H, W) in 0..1; DamagedFile where Pillow cannot read it."""
    try:
        with Image.open(io.BytesIO(jpeg), formats=("JPEG",)) as image:
            pixels = np.asarray(image.convert("RGB"), np.float64)
    except MemoryError:
        raise
    except Exception as error:  # a hostile file makes Pillow raise nearly anything
        raise DamagedFile(f"the JPEG cannot be decoded: {one_line(error)}") from error
    return torch.from_numpy(pixels / 255).permute(2, 0, 1)[None]


def packed(note: Note) -> bytes:
    """What the comment holds."""
    kinds = [(type(REMAPS.build(name)), number) for number, name in enumerate(KINDS)]
    maps = [(number, m.size) for m in note.maps for kind, number in kinds if isinstance(m, kind)]
    return b"".join(
        [
            bytes([VERSION]),
            varint.pack(note.height),
            varint.pack(note.width),
            bytes([len(maps), *(number for pair in maps for number in pair)]),
            note.steer[0].numpy().astype(np.uint8).tobytes(),
            note.noted[0].numpy().astype("<u2").tobytes(),
        ]
    )


def comment_of(data: bytes) -> Note:
    """What the comment of a whole, unchanged file says.

    NotMezzotint for other bytes and for JPEGs without a comment of ours, UnsupportedVersion, DamagedFile for a checksum
    or a field that lies, LimitExceeded for light of over 2^28 numbers.
    """
    found = jpeg_comment.read(data, MAGIC)
    reader = Reader(found.body, DamagedFile)
    if reader.unsigned(1, "the version") != VERSION:
        raise UnsupportedVersion("a comment of another version of the lab")
    height, width = reader.varint("the height"), reader.varint("the width")
    if 3 * height * width > MAX_ELEMENTS:
        raise LimitExceeded(f"light of {width} x {height} pixels", "give one of fewer than 2^28 numbers")
    padded = tuple(-(-side // BLOCK) * BLOCK for side in (height, width))
    if not height * width or padded != (found.height, found.width):
        raise DamagedFile("the sides of a picture differ between a JPEG and its comment")
    return _maps(reader, height, width)


def _maps(reader: Reader, height: int, width: int) -> Note:
    """The maps of a comment, their bytes and notes."""
    maps: list[Remap] = []
    for _ in range(reader.unsigned(1, "the number of maps")):
        kind, size = reader.unsigned(1, "a kind of map"), reader.unsigned(1, "a size")
        if kind >= len(KINDS):
            raise DamagedFile(f"there is no map of kind {kind}")
        try:
            maps.append(REMAPS.build(f"{KINDS[kind]}({size or ''})"))
        except ValueError as error:
            raise DamagedFile(f"a map cannot be: {error}") from error
    steer = np.frombuffer(reader.take(sum(m.steered for m in maps), "the maps' bytes"), np.uint8)
    noted = np.frombuffer(reader.take(2 * sum(m.notes for m in maps), "the maps' notes"), "<u2")
    if reader.left or (noted == 0).any():
        raise DamagedFile("a comment of maps that cannot be undone")
    return Note(
        height, width, tuple(maps), *(torch.from_numpy(a.astype(np.float64))[None] for a in (steer, noted))
    )


def _whole_blocks(x: Tensor) -> Tensor:
    return x[:, :, : x.shape[2] // BLOCK * BLOCK, : x.shape[3] // BLOCK * BLOCK]
