# SPDX-License-Identifier: Apache-2.0
"""The one number by which runs of a recipe compare: mean loss on held-out photos, symbols rounded as they are coded."""

from __future__ import annotations

import torch
from torch import Tensor

from mezzotint.lab.data.crops import middles, signed
from mezzotint.lab.models.codec import Codec
from mezzotint.lab.train.loss import rate_distortion

QUALITIES = (500, 1500, 2500, 3500)
BATCH = 8


@torch.no_grad()
def validate(model: Codec, pictures: list[Tensor], crop: int) -> float:
    """Mean loss over the middle crops of photos (uint8 (3, H, W)) at fixed qualities; 0 where none is large enough."""
    model.eval()
    total, count = 0.0, 0
    crops = [signed(middle) for middle in middles(pictures, crop)]
    for i in range(0, len(crops), BATCH):
        batch = torch.stack(crops[i : i + BATCH]).contiguous(memory_format=torch.channels_last)
        for q in QUALITIES:
            quality = torch.full((len(batch),), q, device=batch.device)
            loss = rate_distortion(batch, model(batch, quality), quality)
            total, count = total + loss.total.item() * len(batch), count + len(batch)
    return total / max(1, count)
