# SPDX-License-Identifier: Apache-2.0
"""MultiRate-ATC: a fixed DCT, steps learned for every frequency and rate, tables chosen by what is coded already.

    pixels --- lapped DCT --- / steps(quality) --- cheapest symbols -+- tables by magnitudes coded before --- bytes
    pixels --- lapped DCT --- * steps(quality) --- symbols, moved ---+

"Multi-rate adaptive transform coding for video compression" (Duong et al., 2022): all that depends on the rate is a
few learned vectors, so that one model serves every rate. The cheap tier: no network, a few hundred operations a pixel.
The trap: JPEG's habits do not carry over; a step that grows with the frequency, made for eyes, costs PSNR.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from mezzotint.errors import DamagedFile
from mezzotint.lab.data.crops import Crops
from mezzotint.lab.layers.quality import QUALITY_MAX
from mezzotint.lab.models.codec import Output
from mezzotint.lab.models.framed import Start
from mezzotint.lab.models.multirate import MultiRate
from mezzotint.lab.registry import Source
from mezzotint.lab.systems import SYSTEMS, stream
from mezzotint.lab.systems.image import QUALITIES, Pixels, check_dial, padded, picture_sides, to_bytes
from mezzotint.lab.systems.still import reading, still
from mezzotint.lab.train.short import short_run

RATE = 2e-2  # of AdamW: logarithms of steps and weights, where two hundred steps of 2e-3 would hardly move
COUNTED = 80  # pictures that tables are counted on, at most four a step of training
ROUNDS = 2

SOURCE = Source(
    "MultiRate-ATC",
    "transform and quantizer",
    "Multi-rate adaptive transform coding for video compression",
    2022,
    "pictures, not residuals of a video codec's prediction; the fixed DCT only, no learned transform; contexts and"
    " tables are ours",
)


@SYSTEMS.register("multirate_atc", SOURCE)
class MultiRateAtc(nn.Module):
    """``multirate_atc(block=16, outer=4, overlap=8, anchors=5, reach=19)``: see `MultiRate`.

    ``anchors``: how many rates have steps and contexts of their own; 0 is one flat step, scaled. ``reach``: what tables
    are chosen by; 0 is the frequency and the pass alone.
    """

    name, media, gives, qualities = "multirate_atc", "photo", "same", QUALITIES

    def __init__(
        self,
        start: Start,
        block: int = 16,
        outer: int = 4,
        overlap: int = 8,
        anchors: int = 5,
        reach: int = 19,
    ) -> None:
        super().__init__()
        self.model = MultiRate(block, outer, overlap, anchors, reach)

    def forward(self, x: Tensor, quality: Tensor) -> Output:
        """As `MultiRate`."""
        found: Output = self.model(x, quality)
        return found

    def learn(self, crops: Crops, steps: int, seed: int) -> None:
        qualities = torch.linspace(0, QUALITY_MAX, 9).round().tolist()
        self.model.begin([crops.at(-1 - k) for k in range(2)])
        short_run(self, crops, steps, seed, RATE)
        self.model.freeze()
        pictures = [x for step in range(-(-min(COUNTED, 4 * steps) // crops.batch)) for x in crops.at(step)]
        for _ in range(ROUNDS):
            pairs = [(x[None], int(qualities[k % len(qualities)])) for k, x in enumerate(pictures)]
            self.model.count(pairs)

    @still
    def compress(self, media: Pixels, quality: int) -> bytes:
        x = self._input(media, quality)
        chunk = self.model.write(self.model.draw(x, int(quality)))
        return stream.write(
            stream.Stream(self.name, stream.identity(self), int(quality), media.shape, (chunk,))
        )

    @reading
    def decompress(self, data: bytes) -> Pixels:
        found = stream.read(data, self.name, stream.identity(self))
        height, width = picture_sides(found.shape)
        if len(found.chunks) != 1 or found.quality > QUALITY_MAX:
            raise DamagedFile("a stream of other chunks or qualities than this system writes")
        cells = (-(-side // self.model.cell) for side in (height, width))
        drawn = self.model.read(found.chunks[0], found.quality, *cells)
        return to_bytes(self.model.pixels(drawn, found.quality)[0, :, :height, :width])

    @still
    def rebuilt(self, media: Pixels, quality: int) -> Pixels:
        x = self._input(media, quality)
        pixels = self.model.pixels(self.model.draw(x, int(quality)), int(quality))
        return to_bytes(pixels[0, :, : media.shape[0], : media.shape[1]])

    @still
    def bits(self, media: Pixels, quality: int) -> float:
        """What the tables say that the symbols of a file cost, without head, ends and escapes' bytes."""
        return self.model.bits(self.model.draw(self._input(media, quality), int(quality)))

    def _input(self, media: Pixels, quality: int) -> Tensor:
        check_dial(quality)
        return padded(media, self.model.cell)
