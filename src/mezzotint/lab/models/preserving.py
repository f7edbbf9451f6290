# SPDX-License-Identifier: Apache-2.0
"""A codec beside a frozen classifier: what the classifier sees of the decoded picture is part of the distortion.

    x --- codec --- x_hat --- frozen stages --- distance --- extra term
     \\---------------------- frozen stages ---/

"Identity Preserving Loss for Learned Image Compression" (CVPRW 2022) has a face recogniser there; ours tells textures
apart. Distances are of tiles, each stage's over its own size, so that no stage outweighs the others. The trap: a
codec learns to please the very network that it is trained with; judge it with another.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from mezzotint.lab.data.labelled import SIDE, cut
from mezzotint.lab.models.classifier import ConvClassifier
from mezzotint.lab.models.codec import Output
from mezzotint.lab.models.framed import Framed


class Preserving(nn.Module):
    """(x, quality) -> the codec's Output, with ``weight`` times the distance as its further term."""

    def __init__(self, framed: Framed, critic: ConvClassifier, weight: float) -> None:
        super().__init__()
        self.framed, self.weight = framed, weight
        self.critic = critic.eval().requires_grad_(False)

    def train(self, mode: bool = True) -> Preserving:
        """The critic stays in evaluation."""
        super().train(mode)
        self.critic.eval()
        return self

    def forward(self, x: Tensor, quality: Tensor) -> Output:
        out: Output = self.framed(x, quality)
        return out._replace(extra=self.weight * distance(self.critic, x, out.x_hat))


def distance(critic: ConvClassifier, x: Tensor, x_hat: Tensor) -> Tensor:
    """Squared distance of all stages over their size in x, of tiles of SIDE pixels, mean; a scalar."""
    across = x.shape[2] // SIDE
    with torch.no_grad():
        wanted = _seen(critic, cut(x, across))
    found = _seen(critic, cut(x_hat, across))
    off = [
        (a.float() - b.float()).square().mean() / b.float().square().mean()
        for a, b in zip(found, wanted, strict=True)
    ]
    return torch.stack(off).mean()


def _seen(critic: ConvClassifier, tiles: Tensor) -> list[Tensor]:
    """All stages, and what the last layer reads of them."""
    stages = critic.stages(critic.early(tiles))
    return [*stages, stages[-1].mean((2, 3))]
