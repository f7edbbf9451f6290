# SPDX-License-Identifier: Apache-2.0
"""A codec between wavelet packets: one linear layer encodes, a deep network decodes.

    x --- packets --- 1x1, linear --- y --- / step, round --- y_hat -+- 1x1, linear ---------- + --- packets --- x_hat
                                                                      \\- blocks at 1/16, 1/8 -/

"Learned Compression for Compressed Learning" (DCC 2025). The linear layers begin as the principal components of the
packets (`begin`), so that training starts from a transform codec, whatever the front end is. The trap: they are as
good a start for plain patches, so what a comparison shows of the packets is their overlap, not the start.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from mezzotint.lab.data.crops import Crops
from mezzotint.lab.layers.precision import in_float32
from mezzotint.lab.layers.quality import QUALITY_MAX, QualityVector
from mezzotint.lab.layers.wavelet_packet import analyse, synthesise
from mezzotint.lab.models.codec import Output, lambda_of
from mezzotint.lab.models.metablock import metastack
from mezzotint.lab.models.skeleton import CONFIG, DEPTH, hidden_width
from mezzotint.lab.models.transform import Synthesis
from mezzotint.lab.priors.stepped import Stepped

LEVELS = 4  # y is at 1/16
NUMBERS = 3 * 4**LEVELS  # that a cell of y stands for
FINE = 3  # levels of what the network adds, at 1/8
BATCHES = 16  # from which the components are found


class PacketAnalysis(nn.Module):
    """x (B, 3, 16h, 16w) -> y (B, M, h, w): the packets, then a product."""

    def __init__(self, channels: int, packets: int) -> None:
        super().__init__()
        self.packets = packets
        self.shortcut = nn.Conv2d(NUMBERS, channels, 1, bias=False)

    @in_float32
    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = self.shortcut(analyse(x, LEVELS, self.packets))
        return y


class PacketSynthesis(nn.Module):
    """y_hat (B, M, h, w), quality (B,) -> x_hat (B, 3, 16h, 16w), not clipped; twice the skeleton's blocks."""

    def __init__(self, channels: int, packets: int, mixer: str) -> None:
        super().__init__()
        self.packets = packets
        self.shortcut = nn.Conv2d(channels, NUMBERS, 1, bias=False)
        self.body = Synthesis(
            CONFIG.synthesis, torch.zeros(channels, NUMBERS), torch.ones(channels), CONFIG.anchors
        )
        self.body.shortcut = nn.Identity()  # ours goes back through the packets
        self.body.coarse = metastack(2 * DEPTH, CONFIG.synthesis.coarse, hidden_width(mixer), mixer)

    def forward(self, y_hat: Tensor, quality: Tensor) -> Tensor:
        added = self.body.head(self.body.features(y_hat, quality)).float()
        return self._linear(y_hat) + synthesise(added, FINE, min(FINE, self.packets))

    def _linear(self, y_hat: Tensor) -> Tensor:
        with torch.autocast(y_hat.device.type, enabled=False):
            return synthesise(self.shortcut(y_hat.float()), LEVELS, self.packets)


class PacketCodec(nn.Module):
    """x (B, 3, H, W) in [-1/2, 1/2], sides multiples of 64, quality (B,) in 0..4095 -> Output.

    ``packets`` of the LEVELS are wavelets, the rest plain phases. ValueError where there are more, or too few channels.
    """

    def __init__(self, channels: int, packets: int, mixer: str) -> None:
        super().__init__()
        if not 0 <= packets <= LEVELS or not 1 <= channels <= NUMBERS:
            raise ValueError(
                f"packets={packets}, channels={channels}: choose 0 to {LEVELS} packets and 1 to {NUMBERS} channels"
            )
        self.analysis, self.synthesis = (
            PacketAnalysis(channels, packets),
            PacketSynthesis(channels, packets, mixer),
        )
        self.prior = Stepped(torch.ones(channels))
        step = (
            26 / lambda_of(torch.linspace(0, QUALITY_MAX, CONFIG.anchors))
        ).sqrt() / 255  # as in framed.py
        self.step = QualityVector(channels, CONFIG.anchors, step[:, None].expand(-1, channels))

    def forward(self, x: Tensor, quality: Tensor) -> Output:
        coded = self.prior(self.analysis(x) / self.step(quality), self.step(quality))
        return Output(self.pixels(coded.y_hat, quality), coded.bits, torch.zeros_like(coded.bits))

    def pixels(self, y_hat: Tensor, quality: Tensor) -> Tensor:
        """y_hat in steps -> x_hat."""
        x_hat: Tensor = self.synthesis(y_hat * self.step(quality), quality)
        return x_hat

    @torch.no_grad()
    def begin(self, crops: Crops) -> None:
        """Set the linear layers to the packets' principal components on some batches, and scales to what they give."""
        moment = torch.zeros(NUMBERS, NUMBERS)
        for step in range(BATCHES):
            bands = analyse(crops.at(step).float().cpu(), LEVELS, self.analysis.packets)
            flat = bands.transpose(0, 1).flatten(1)  # (NUMBERS, positions)
            moment += flat @ flat.T / flat.shape[1] / BATCHES
        values, vectors = torch.linalg.eigh(moment.double())  # rising
        channels = self.prior.channels
        rows = vectors.T.flip(0)[:channels].float()
        spread = values.flip(0)[:channels].clamp_min(1e-8).sqrt().float()
        self.analysis.shortcut.weight.copy_(rows[:, :, None, None])
        self.synthesis.shortcut.weight.copy_(rows.T[:, :, None, None])
        self.synthesis.body.gain.copy_((1 / spread).view(1, -1, 1, 1))
        self.prior.rescale(spread)
