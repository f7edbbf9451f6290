# SPDX-License-Identifier: Apache-2.0
"""GaussianImage: a picture as a sum of 2D Gaussians, fitted to it, tuned under their quantisers, coded, and drawn.

    pixels --- fit --- N x (place 2, shape 3, colour 3) --- tune under rounding --- integers --- entropy coder
                                                                                       |
    pixels --------- background + sum of Gaussians, no order, no opacity ------- integers

"GaussianImage: 1000 FPS Image Representation and Compression by 2D Gaussian Splatting" (Zhang et al., ECCV 2024).
Nothing is learned before a picture comes; the budget is that of a picture: ``steps`` of Adam, then ``tuning`` more with
quantisers in the loop. A quality is a density of Gaussians. The trap: time to fit grows with the pixels times the
Gaussians that lie over one, some ten, so the curve is measured on few and small pictures.
"""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor, nn

from mezzotint.errors import DamagedFile, LimitExceeded
from mezzotint.lab.data.crops import Crops
from mezzotint.lab.models import gaussian_coding
from mezzotint.lab.models.framed import Start
from mezzotint.lab.models.gaussians import Coded, Gaussians, Quantised, decoded
from mezzotint.lab.registry import Source
from mezzotint.lab.systems import SYSTEMS, stream
from mezzotint.lab.systems.image import Pixels, check_photo, picture_sides, to_bytes
from mezzotint.lab.systems.still import reading, still
from mezzotint.lab.train.overfit import Rated, overfit

SOURCE = Source(
    "GaussianImage",
    "overfitted",
    "GaussianImage: 1000 FPS Image Representation and Compression by 2D Gaussian Splatting",
    2024,
    "about a thousand steps of Adam where the authors take 50,000 of Adan; drawn by one core instead of a GPU; three"
    " codebooks of 16 colours where they take two of 8; places in eighths of a pixel, not half precision; places coded"
    " by cells instead of partial bits-back coding; a mean colour behind, and a start where the picture changes",
)
DENSITIES = (256, 160, 96, 64, 40)  # pixels a Gaussian, a quality each
RATES = (0.3, 0.1, 0.02)  # of positions (pixels), shapes (pixels), colours (0 to 1)
TUNED = 0.3  # of these rates while the quantisers are in the loop
BOOK_RATE, SCALE_RATE = 3e-3, 1e-3
STRAY = 0.1  # weight of the distance between colours and their codes
LARGEST = 1 << 24  # pixels that a decoder draws


@SYSTEMS.register("gaussian_image", SOURCE)
class GaussianImage:
    """``gaussian_image(steps=80, tuning=40, books=3, codes=16)``.

    ``steps`` without quantisers, then ``tuning`` with them; 0 of these is quantisation after the fact. Photos in,
    photos out; pictures of over 2^24 pixels are refused.
    """

    media, gives, qualities = "photo", "same", tuple(range(len(DENSITIES)))
    name = "gaussian_image"
    pictures_at_most, side_at_most = 2, 192  # of a curve

    def __init__(
        self, start: Start, steps: int = 80, tuning: int = 40, books: int = 3, codes: int = 16
    ) -> None:
        if steps < 1 or tuning < 0 or not 1 <= books <= 8 or not 2 <= codes <= 256:
            raise ValueError(
                f"steps={steps}, tuning={tuning}, books={books}, codes={codes}: choose at least 1 step, tuning of 0 or"
                " more, 1 to 8 books of 2 to 256 codes"
            )
        self.steps, self.tuning, self.books, self.codes = steps, tuning, books, codes

    def learn(self, crops: Crops, steps: int, seed: int) -> None:
        """Nothing: all is fitted to the picture, at coding."""

    @still
    def compress(self, media: Pixels, quality: int) -> bytes:
        chunks = gaussian_coding.write(self.fitted(media, quality), *media.shape[:2])
        return stream.write(stream.Stream(self.name, _nobody(), int(quality), media.shape, chunks))

    @reading
    def decompress(self, data: bytes) -> Pixels:
        found = stream.read(data, self.name, _nobody())
        height, width = picture_sides(found.shape)
        if height * width > LARGEST:
            raise LimitExceeded(f"a stream of {width} x {height} pixels", "give one of at most 2^24 pixels")
        if found.quality not in self.qualities:
            raise DamagedFile(f"a stream of quality {found.quality}, which there is not")
        return to_bytes(decoded(gaussian_coding.read(found.chunks, height, width), height, width) - 0.5)

    @still
    def rebuilt(self, media: Pixels, quality: int) -> Pixels:
        height, width = media.shape[:2]
        coded = gaussian_coding.in_order(self.fitted(media, quality), height, width)
        return to_bytes(decoded(coded, height, width) - 0.5)

    def fitted(self, media: Pixels, quality: int) -> Coded:
        """What is sent of a picture; ValueError as for `compress`."""
        check_photo(media)
        if (
            isinstance(quality, bool)
            or not isinstance(quality, int | np.integer)
            or quality not in self.qualities
        ):
            raise ValueError(f"quality {quality}: give one of {', '.join(map(str, self.qualities))}")
        height, width = media.shape[:2]
        if height * width > LARGEST:
            raise ValueError(f"{width} x {height} pixels: give at most 2^24")
        target = torch.from_numpy(media.copy()).permute(2, 0, 1).float() / 255
        gaussians = Gaussians.begin(target, max(1, height * width // DENSITIES[quality]))
        rated = [Rated((t,), rate) for t, rate in zip(gaussians.parameters(), RATES, strict=True)]
        overfit(rated, lambda: _error(gaussians, target), self.steps)
        quantised = Quantised(gaussians, self.books, self.codes)
        slower = [Rated(group.tensors, TUNED * group.rate) for group in rated]
        own = [Rated((quantised.books,), BOOK_RATE), Rated((quantised.scale, quantised.offset), SCALE_RATE)]
        overfit([*slower, *own], lambda: _error(quantised, target) + STRAY * quantised.strayed(), self.tuning)
        return quantised.coded(height, width)


def _error(model: nn.Module, target: Tensor) -> Tensor:
    """The mean square of what ``model`` draws wrongly."""
    drawn: Tensor = model(*target.shape[1:])
    return (drawn - target).square().mean()


def _nobody() -> bytes:
    """The weights of a system that has none."""
    return stream.identity(nn.Module())
