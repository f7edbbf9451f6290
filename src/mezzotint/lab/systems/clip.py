# SPDX-License-Identifier: Apache-2.0
"""A video codec whose stream is the weights of a network fitted to the clip: what such papers share, and its files.

Everything that the decoder must know beside the weights follows from the clip's shape, the quality, which is a width of
the network, and the system's options, whose hash stands where others have that of their weights. The trap: decoding is
deterministic only frame by frame in one order, in float32, from weights that are whole numbers of steps.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Sequence
from dataclasses import astuple, dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from mezzotint.errors import DamagedFile, LimitExceeded
from mezzotint.lab.data.clips import Clip, high_band
from mezzotint.lab.data.crops import Crops
from mezzotint.lab.models import weight_coding
from mezzotint.lab.models.nerv import Nerv, NervConfig
from mezzotint.lab.models.rounded import Weights, restore
from mezzotint.lab.systems import stream
from mezzotint.lab.systems.image import to_bytes
from mezzotint.lab.systems.still import reading, still
from mezzotint.lab.train.clip_loss import LOSSES
from mezzotint.lab.train.fit_clip import ClipFit, begin, fit_clip

WIDTHS = (3, 4, 6, 8)  # of the networks, a quality each
FRAMES, LARGEST = 1024, 1 << 22  # most frames, and pixels of one, that a decoder makes


@dataclass(frozen=True)
class Design:
    """What the decoder shares: the ``block`` of the network (a spec) and the ``tables`` of its weights."""

    block: str
    tables: str


class ClipSystem:
    """``name``, that under which the system is registered, stands in its streams. Fitted to each clip, at coding."""

    media, gives, qualities = "clip", "same", tuple(range(len(WIDTHS)))

    def __init__(self, name: str, design: Design, fit: ClipFit) -> None:
        if design.tables not in weight_coding.KINDS:
            raise ValueError(f"tables '{design.tables}'; known: {', '.join(weight_coding.KINDS)}")
        if fit.loss not in LOSSES:
            raise ValueError(f"loss '{fit.loss}'; known: {', '.join(LOSSES)}")
        if fit.steps < 1 or fit.tuning < 0 or not fit.price >= 0:
            raise ValueError(f"{fit}: choose at least 1 step, no tuning or more, and no price below 0")
        self.name, self.design, self.fit = name, design, fit
        self.options = hashlib.sha256(f"{design.block} {design.tables}".encode()).digest()[: stream.IDENTITY]
        self.network((1, 1, 1, 3), 0)  # a block that does not exist is refused here

    def learn(self, crops: Crops, steps: int, seed: int) -> None:
        """Nothing: all is fitted to the clip, at coding."""

    @still
    def compress(self, media: Clip, quality: int) -> bytes:
        weights = self.fitted(media, quality)
        network = self.network(media.shape, quality)
        chunks = weight_coding.write(weights, network, self.design.tables)
        return stream.write(stream.Stream(self.name, self.options, int(quality), media.shape, chunks))

    @reading
    def decompress(self, data: bytes) -> Clip:
        found = stream.read(data, self.name, self.options)
        if len(found.shape) != 4 or found.shape[3] != 3:
            raise DamagedFile(f"a stream of media shaped {found.shape}, where a clip is read")
        if found.shape[0] > FRAMES or found.shape[1] * found.shape[2] > LARGEST:
            raise LimitExceeded(
                f"a stream of a clip shaped {found.shape}",
                f"give one of at most {FRAMES} frames of 2^22 pixels",
            )
        if found.quality not in self.qualities:
            raise DamagedFile(f"a stream of quality {found.quality}, which there is not")
        network = self.network(found.shape, found.quality)
        return frames_of(restored(network, weight_coding.read(found.chunks, network, self.design.tables)))

    @still
    def rebuilt(self, media: Clip, quality: int) -> Clip:
        weights = self.fitted(media, quality)
        return frames_of(restored(self.network(media.shape, quality), weights))

    def fitted(self, media: Clip, quality: int) -> Weights:
        """What is sent of a clip; ValueError as for `compress`."""
        check_clip(media)
        check_quality(quality, self.qualities)
        frames = torch.from_numpy(media.copy()).permute(0, 3, 1, 2).float() / 255
        return fit_clip(frames, self._config(media.shape, quality), self.fit)

    def _config(self, shape: tuple[int, ...], quality: int) -> NervConfig:
        return NervConfig(self.design.block, WIDTHS[quality], *shape[:3])

    def network(self, shape: tuple[int, ...], quality: int) -> Nerv:
        """The network of a clip of that shape, before any fitting."""
        return begin(self._config(shape, quality))


def restored(network: Nerv, weights: Weights) -> Nerv:
    """``network`` with these weights."""
    restore(network, weights)
    return network


def frames_of(network: Nerv) -> Clip:
    """The clip, uint8 (T, H, W, 3); DamagedFile where the weights make no numbers."""
    made = []
    for index in range(network.config.frames):
        frame = network(torch.tensor([index]))[0]
        if not bool(torch.isfinite(frame).all()):
            raise DamagedFile("the weights of a clip make a frame that is not finite")
        made.append(to_bytes(frame - 0.5))
    return np.stack(made)


@dataclass(frozen=True)
class Point:
    """One size of some clips, means over them: what files take, what each weight takes of that, and errors."""

    bytes: float
    bits_a_weight: float
    psnr: float  # decibels
    high_psnr: float  # of what `data.clips.high_band` leaves


def points(system: ClipSystem, clips: Sequence[Clip], qualities: tuple[int, ...]) -> tuple[Point, ...]:
    """Real files of the clips, decoded; a point a quality."""
    found = []
    for quality in qualities:
        each = [astuple(_point(system, clip, quality)) for clip in clips]
        found.append(Point(*np.mean(each, 0).tolist()))
    return tuple(found)


def _point(system: ClipSystem, clip: Clip, quality: int) -> Point:
    data = system.compress(clip, quality)
    back = system.decompress(data)
    weights = sum(p.numel() for p in system.network(clip.shape, quality).parameters())
    high = psnr(high_band(clip), high_band(back))
    return Point(len(data), 8 * len(data) / weights, psnr(clip, back), high)


def psnr(a: NDArray[np.generic], b: NDArray[np.generic]) -> float:
    """Of values in 0..255, or differences of such; decibels."""
    error = float(np.square(a.astype(np.float64) - b.astype(np.float64)).mean())
    return 10 * math.log10(255**2 / max(error, 1e-12))


def check_quality(quality: int, known: tuple[int, ...]) -> None:
    """ValueError for anything but one of ``known``."""
    if isinstance(quality, bool) or not isinstance(quality, int | np.integer) or int(quality) not in known:
        raise ValueError(f"quality {quality}: give one of {', '.join(map(str, known))}")


def check_clip(media: Clip) -> None:
    """ValueError for anything but uint8 (T, H, W, 3) of 1 to 1024 frames of 1 to 2^22 pixels."""
    if not isinstance(media, np.ndarray):
        raise ValueError(f"a clip in a {type(media).__name__}: give a numpy array, uint8 (T, H, W, 3)")
    if media.dtype != np.uint8 or media.ndim != 4 or media.shape[3] != 3 or not media.size:
        raise ValueError(f"{media.dtype} numbers shaped {media.shape}: give uint8 (T, H, W, 3)")
    if media.shape[0] > FRAMES or media.shape[1] * media.shape[2] > LARGEST:
        raise ValueError(f"a clip shaped {media.shape}: give at most {FRAMES} frames of 2^22 pixels")
