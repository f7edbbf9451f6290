# SPDX-License-Identifier: Apache-2.0
"""A codec beside a frozen classifier: what the classifier sees of the decoded picture is part of the distortion.

    x --- codec --- x_hat --- frozen layers --- distance --- extra term
     \\---------------------- frozen layers ---/

"Identity Preserving Loss for Learned Image Compression" (CVPRW 2022) has a face recogniser there; ours tells textures
apart. Distances are of tiles, each layer's over its own size, so that no layer outweighs the others. The trap: a codec
learns to please the very network that it is trained with; judge it with another. The deeper the layers that are held,
the more of the gain was the critic's own.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from mezzotint.lab.data.labelled import SIDE, cut
from mezzotint.lab.models.classifier import ConvClassifier
from mezzotint.lab.models.codec import Output
from mezzotint.lab.models.framed import Framed


class Preserving(nn.Module):
    """(x, quality) -> the codec's Output; its further term is ``weight`` times the distance of ``depth`` layers."""

    def __init__(self, framed: Framed, critic: ConvClassifier, weight: float, depth: int) -> None:
        super().__init__()
        self.framed, self.weight, self.depth = framed, weight, depth
        self.critic = critic.eval().requires_grad_(False)

    def train(self, mode: bool = True) -> Preserving:
        """The critic stays in evaluation."""
        super().train(mode)
        self.critic.eval()
        return self

    def forward(self, x: Tensor, quality: Tensor) -> Output:
        out: Output = self.framed(x, quality)
        return out._replace(extra=self.weight * distance(self.critic, x, out.x_hat, self.depth))


def distance(critic: ConvClassifier, x: Tensor, x_hat: Tensor, depth: int) -> Tensor:
    """Squared distance of the first ``depth`` layers over their size in x, of tiles of SIDE pixels, mean; a scalar."""
    across = x.shape[2] // SIDE
    with torch.no_grad():
        wanted = critic.layers(cut(x, across), depth)
    found = critic.layers(cut(x_hat, across), depth)
    off = [
        (a.float() - b.float()).square().mean() / b.float().square().mean()
        for a, b in zip(found, wanted, strict=True)
    ]
    return torch.stack(off).mean()
