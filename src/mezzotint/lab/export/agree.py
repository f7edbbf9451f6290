# SPDX-License-Identifier: Apache-2.0
"""Does the exported bundle compute what torch computes? Indices bit for bit, pixels within one step."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from mezzotint.bundle import Bundle
from mezzotint.lab.layers.phases import split_phases
from mezzotint.lab.models.codec import Codec
from mezzotint.lab.priors.factorized import REACH
from mezzotint.lab.priors.scale_context import ScaleContextTwin
from mezzotint.runtime import decode, encode, pictures
from mezzotint.runtime.latents import open_model


@dataclass(frozen=True)
class Agreement:
    """Over all pictures and qualities tried: wrong indices, largest pixel difference, share of pixels that differ."""

    indices_wrong: int
    indices: int
    pixel_max: int
    pixel_share: float

    @property
    def good(self) -> bool:
        return self.indices_wrong == 0 and self.pixel_max <= 1


@torch.no_grad()
def check(
    frozen: Codec, bundle: Bundle, crops: list[Tensor], qualities: tuple[int, ...] = (300, 2000, 3800)
) -> Agreement:
    """``crops``: uint8 (3, H, W), sides multiples of 64 and at most one tile."""
    model = open_model(bundle)
    wrong = total = differing = samples = largest = 0
    for picture in crops:
        pixels = picture.permute(1, 2, 0).contiguous().numpy()
        for q in qualities:
            container = encode.encode_picture(pictures.from_array(pixels), q, model)
            (tile,) = decode.read_latents(container, bundle)
            theirs = decode.decode_picture(container, model).colour
            index, ours = _torch_decode(frozen, tile.z_hat, tile.symbols, q)
            wrong += int((index != tile.indices).sum())
            total += index.size
            difference = np.abs(ours.astype(np.int16) - theirs.astype(np.int16))
            largest = max(largest, int(difference.max()))
            differing, samples = differing + int((difference > 0).sum()), samples + difference.size
    return Agreement(wrong, total, largest, differing / max(1, samples))


def _torch_decode(
    frozen: Codec, z_hat: np.ndarray, symbols: np.ndarray, q: int
) -> tuple[np.ndarray, np.ndarray]:
    """What torch makes of the decoded integers: (indices uint8 (M, h, w), pixels uint8 (H, W, 3))."""
    quality = torch.tensor([float(q)])
    z = torch.from_numpy(z_hat.astype(np.float32))[None].clamp(-REACH, REACH)
    phases = split_phases(torch.from_numpy(symbols.astype(np.float32))[None])
    features = frozen.hyper_synthesis(z, quality)
    steps = frozen.steps(features, quality)
    y_hat = frozen.context(features, lambda k, mean: mean + phases[k] * steps[k])
    x = (frozen.synthesis(y_hat, quality)[0].permute(1, 2, 0) + 0.5) * 255
    return integer_index(frozen, z, symbols, q), (x + 0.5).clamp(0, 255).to(torch.uint8).numpy()


def integer_index(frozen: Codec, z_hat: Tensor, symbols: np.ndarray, q: int) -> np.ndarray:
    """The twin's index in its own integer arithmetic (int64), rounded as docs/format.md says."""
    twin = frozen.scale_map
    weight, bias, offset = (t.detach().round().long() for t in twin.integers())
    z = z_hat[0].round().long()
    acc = torch.einsum("oc,chw->ohw", weight, z) + bias[:, None, None]
    u = torch.nn.functional.pixel_shuffle(acc[None], 4)[0]
    v = _window(u)
    position = q * (len(offset) - 1) * 128 // 4095
    k = min(position // 128, len(offset) - 2)
    f = position - 128 * k
    o = torch.div(offset[k] * (128 - f) + offset[k + 1] * f + 64, 128, rounding_mode="floor")
    v = v + o[:, None, None] + 128
    if frozen.scale_context is not None:
        v += _context(frozen.scale_context, torch.from_numpy(symbols).long())
    return torch.div(v, 256, rounding_mode="floor").clamp(0, 63).to(torch.uint8).numpy()


def _context(twin: ScaleContextTwin, symbols: Tensor) -> Tensor:
    """What is added to v + o, (M, h, w)."""
    inner, outer = (t.detach().long() for t in twin.integers())
    octaves = twin.octaves.long()[symbols.abs().clamp(max=len(twin.octaves) - 1)]
    added, low = [torch.zeros_like(symbols[: twin.groups[0]])], twin.groups[0]
    for weights, rows in zip(inner, outer.split(twin.groups[1:]), strict=True):
        cells, near = (torch.einsum("oc,chw->ohw", weights[:, k, :low], octaves[:low]) for k in (0, 1))
        features = torch.div(16 * cells + _window(near) + 128, 256, rounding_mode="floor")
        total = torch.einsum("of,fhw->ohw", rows, features)
        added.append(torch.div(total + 16, 32, rounding_mode="floor"))
        low += len(rows)
    return torch.cat(added)


def _window(u: Tensor) -> Tensor:
    """[1 2 1] along rows and columns of integers (C, h, w), edges repeated."""
    p = torch.cat([u[:, :1], u, u[:, -1:]], 1)
    p = p[:, :-2] + 2 * p[:, 1:-1] + p[:, 2:]
    p = torch.cat([p[:, :, :1], p, p[:, :, -1:]], 2)
    return p[:, :, :-2] + 2 * p[:, :, 1:-1] + p[:, :, 2:]
