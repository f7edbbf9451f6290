# SPDX-License-Identifier: Apache-2.0
"""One measurement: encode a picture, decode it, compare, and give a row; what goes wrong becomes a `Failure`.

The last two pictures are kept, which is all that a sweep in order of pictures needs. Trap: the first call of a codec
loads libraries and networks; it is made on a small piece of the picture before the clock runs.
"""

from __future__ import annotations

import time
import warnings
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mezzotint.errors import BadImage, ConversionWarning, MezzotintError, MissingExtra
from mezzotint.evaluate import images
from mezzotint.evaluate.codecs.protocol import Codec
from mezzotint.evaluate.failures import Failure, Note, reason
from mezzotint.evaluate.rows import PSNR_CAP, Row

METRICS = ("psnr", "ms_ssim", "ssimulacra2")
THREADS = 1  # of each codec: the processes are what runs in parallel
_KEPT = 2  # pictures
_PIECE = 64  # rows and columns


@dataclass(frozen=True)
class Look:
    """Job: read a picture, and say what it is."""

    path: Path
    image: str  # its name in tables

    def label(self) -> str:
        return self.image


@dataclass(frozen=True)
class Measure:
    """Job: encode a picture, decode it and compare."""

    path: Path
    image: str
    codec: Codec
    quality: float

    def label(self) -> str:
        return f"{self.image} {self.codec.id} ({self.codec.settings}) {self.quality:g}"


Job = Look | Measure


@dataclass(frozen=True)
class Seen:
    """The answer to `Look`."""

    image: str
    digest: str
    notes: tuple[Note, ...]


Answer = Seen | Row | Failure | MezzotintError  # the last where no other job can do better


@dataclass(frozen=True)
class Setup:
    metrics: tuple[str, ...]  # some of METRICS, in their order
    max_pixels: int = images.MAX_PIXELS


@dataclass(frozen=True)
class _Picture:
    pixels: NDArray[np.uint8]  # (H, W, 3)
    digest: str
    notes: tuple[Note, ...]


class Measurer:
    """What does the jobs, one after another."""

    def __init__(self, setup: Setup) -> None:
        self._setup = setup
        self._pictures: dict[str, _Picture] = {}  # the oldest first
        self._warm: set[tuple[str, str, str]] = set()

    def answer(self, job: Job) -> Answer:
        """Never raises; a MezzotintError comes back where no other job can do better."""
        try:
            picture = self._picture(job.path, job.image)
        except Exception as error:
            # `load` names the path, which is nobody else's business: the picture has a name here
            return Failure(job.image, reason(error, without=f"{job.path}: "))
        if isinstance(job, Look):
            return Seen(job.image, picture.digest, picture.notes)
        try:
            return self._measure(job, picture)
        except MissingExtra as error:
            return error
        except Exception as error:  # codecs raise what they like
            return Failure(job.image, reason(error), job.codec.id, job.codec.settings, job.quality)

    def _picture(self, path: Path, image: str) -> _Picture:
        picture = self._pictures.pop(image, None)
        if picture is None:
            while len(self._pictures) >= _KEPT:
                del self._pictures[next(iter(self._pictures))]
            with warnings.catch_warnings(record=True) as caught:
                warnings.simplefilter("always")
                pixels = images.load(path, self._setup.max_pixels)
            texts = [str(found.message) for found in caught if issubclass(found.category, ConversionWarning)]
            notes = tuple(Note(image, text) for text in texts)
            picture = _Picture(pixels, images.digest(pixels), notes)
        self._pictures[image] = picture
        return picture

    def _measure(self, job: Measure, picture: _Picture) -> Row:
        codec, quality, pixels = job.codec, job.quality, picture.pixels
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            self._warm_up(job, pixels)
            start = time.perf_counter()
            data = codec.encode(pixels, quality, THREADS)
            middle = time.perf_counter()
            back = codec.decode(data, THREADS)
            end = time.perf_counter()
            if back.shape != pixels.shape or back.dtype != np.uint8:
                raise BadImage(f"what comes back is {back.dtype} {back.shape}, not uint8 {pixels.shape}")
            psnr, ms_ssim, ssimulacra2 = (self._metric(name, pixels, back) for name in METRICS)
        height, width = pixels.shape[:2]
        return Row(
            codec=codec.id,
            version=codec.version,
            settings=codec.settings,
            quality=quality,
            image=job.image,
            digest=picture.digest,
            width=width,
            height=height,
            bytes=len(data),
            bpp=8 * len(data) / (width * height),
            psnr=None if psnr is None else min(psnr, PSNR_CAP),
            ms_ssim=ms_ssim,
            ssimulacra2=ssimulacra2,
            encode_s=middle - start,
            decode_s=end - middle,
            threads=THREADS,
            metrics=" ".join(self._setup.metrics),
        )

    def _metric(self, name: str, pixels: NDArray[np.uint8], back: NDArray[np.uint8]) -> float | None:
        if name not in self._setup.metrics:
            return None
        from mezzotint.evaluate import metrics

        one = {"psnr": metrics.psnr, "ms_ssim": metrics.ms_ssim, "ssimulacra2": metrics.ssimulacra2}
        return one[name](pixels, back)

    def _warm_up(self, job: Measure, pixels: NDArray[np.uint8]) -> None:
        """The first call of a codec loads libraries and networks, which is no part of its time."""
        codec = job.codec
        key = codec.id, codec.version, codec.settings
        if key in self._warm:
            return
        self._warm.add(key)
        with suppress(Exception):  # it will fail again, in its place
            codec.decode(
                codec.encode(np.ascontiguousarray(pixels[:_PIECE, :_PIECE]), job.quality, THREADS), THREADS
            )
