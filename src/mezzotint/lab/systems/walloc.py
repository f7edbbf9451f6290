# SPDX-License-Identifier: Apache-2.0
"""WaLLoC: one linear layer on wavelet packets encodes, a deep network decodes, and classifiers learn from the latents.

    pixels --- three levels of 9/7 packets --- 768 to 192 numbers, linear --- y --- densities --- y_hat --- learner
                                                                                                    |
    pixels --- three levels of 9/7 packets --- linear, beside blocks at 1/16 and 1/8 -------------- +

"Learned Compression for Compressed Learning" (Jacobellis and Yadwadkar, DCC 2025). The encoder is as cheap as a
transform of JPEG's kind; the dimension falls by the same factor everywhere, so that a learner takes y as it would a
smaller picture. The trap: without a hyperprior nothing tells where a picture is quiet, so its rate is that of a much
plainer codec.
"""

from __future__ import annotations

from torch import Tensor, nn

from mezzotint.lab.data.crops import Crops
from mezzotint.lab.models.codec import Output
from mezzotint.lab.models.framed import CHANNELS, Start
from mezzotint.lab.models.packet_codec import LEVELS, PacketCodec
from mezzotint.lab.registry import Source
from mezzotint.lab.systems import SYSTEMS, stream
from mezzotint.lab.systems.image import (
    CELL,
    QUALITIES,
    Pixels,
    check_dial,
    padded,
    picture_sides,
    to_bytes,
)
from mezzotint.lab.systems.still import reading, still
from mezzotint.lab.train.short import short_run

SOURCE = Source(
    "WaLLoC",
    "asymmetric transform",
    "Learned Compression for Compressed Learning",
    2025,
    "pictures only, no audio; three levels and 2x2 phases to 1/16, reduced by 4; a density a channel for all"
    " qualities and our coder in place of a codec for 8-bit latents; the decoder is the skeleton's, twice as deep",
)
CELLS = CELL >> LEVELS  # of y along each side of a padding cell


@SYSTEMS.register("walloc", SOURCE)
class Walloc(nn.Module):
    """``walloc(packets=3, channels=192, mixer="depthwise")``: ``packets`` of 4 halvings are wavelets."""

    name, media, gives, qualities = "walloc", "photo", "same", QUALITIES

    def __init__(
        self, start: Start, packets: int = 3, channels: int = CHANNELS, mixer: str = "depthwise"
    ) -> None:
        super().__init__()
        self.codec = PacketCodec(channels, packets, mixer)  # finds its own linear start, not ``start``'s

    def forward(self, x: Tensor, quality: Tensor) -> Output:
        out: Output = self.codec(x, quality)
        return out

    def learn(self, crops: Crops, steps: int, seed: int) -> None:
        self.codec.begin(crops)
        short_run(self, crops, steps, seed)

    @still
    def compress(self, media: Pixels, quality: int) -> bytes:
        dial = check_dial(quality)
        y, step = self._latent(padded(media), dial)
        chunks = self.codec.prior.compress(y, step)
        return stream.write(
            stream.Stream(self.name, stream.identity(self), int(quality), media.shape, tuple(chunks))
        )

    @reading
    def decompress(self, data: bytes) -> Pixels:
        y_hat, found = self._read(data)
        return self._pixels(y_hat, check_dial(found.quality), *picture_sides(found.shape))

    @still
    def rebuilt(self, media: Pixels, quality: int) -> Pixels:
        dial = check_dial(quality)
        y, step = self._latent(padded(media), dial)
        return self._pixels(self.codec.prior(y, step).y_hat, dial, *media.shape[:2])

    @reading
    def latents(self, data: bytes) -> Tensor:
        """What a learner takes of a file, without any synthesis: (1, M, H'/16, W'/16), each of about unit variance."""
        y_hat, found = self._read(data)
        return self._told(y_hat, self.codec.step(check_dial(found.quality)))

    @still
    def seen(self, x: Tensor, quality: int) -> Tensor:
        """The same of a batch (B, 3, H', W') in [-1/2, 1/2] that no file is made of."""
        y, step = self._latent(x, check_dial(quality).expand(len(x)))
        return self._told(self.codec.prior(y, step).y_hat, step)

    def _latent(self, x: Tensor, dial: Tensor) -> tuple[Tensor, Tensor]:
        """y in steps (B, M, h, w), and the steps (B, M, 1, 1)."""
        step = self.codec.step(dial)
        return self.codec.analysis(x) / step, step

    def _told(self, y_hat: Tensor, step: Tensor) -> Tensor:
        return y_hat * step / self.codec.prior.unit

    def _read(self, data: bytes) -> tuple[Tensor, stream.Stream]:
        """y_hat in steps, (1, M, h, w), and the rest of a file."""
        found = stream.read(data, self.name, stream.identity(self))
        height, width = picture_sides(found.shape)
        rows, columns = -(-height // CELL) * CELLS, -(-width // CELL) * CELLS
        step = self.codec.step(check_dial(found.quality))
        return self.codec.prior.decompress(found.chunks, rows, columns, step), found

    def _pixels(self, y_hat: Tensor, dial: Tensor, height: int, width: int) -> Pixels:
        return to_bytes(self.codec.pixels(y_hat, dial)[0, :, :height, :width])
