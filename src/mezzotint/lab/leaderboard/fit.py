# SPDX-License-Identifier: Apache-2.0
"""Train one skeleton on the board's budget and draw its rate-distortion curve on held-out photos.

Which crops and qualities come at a step depends on the step alone, so that all parts see the same in the same order; a
seed changes the initial weights and the noise. AdamW at one rate for all: nothing is tuned for a part.
"""

from __future__ import annotations

import hashlib
import math
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from mezzotint.lab.data import photos
from mezzotint.lab.data.basis import strongest_rows
from mezzotint.lab.data.crops import Crops, middles, signed
from mezzotint.lab.layers.precision import bf16_pays
from mezzotint.lab.leaderboard.rows import Terms
from mezzotint.lab.models.codec import Codec
from mezzotint.lab.models.skeleton import BLOCK_KMAC, CONFIG, skeleton
from mezzotint.lab.train.short import short_run

CROP, BATCH = 256, 4
RATE = 1e-3
QUALITIES = (500, 1250, 2000, 2750, 3500)  # of the curve

Curve = tuple[tuple[float, float], ...]  # (bits per pixel, PSNR in decibels), a quality each


@dataclass(frozen=True)
class Data:
    """Crops to train on, pictures (N, 3, side, side) uint8 to measure on, and the block transform to start from."""

    crops: Crops
    held_out: Tensor
    rows: Tensor
    spread: Tensor
    digest: str


@dataclass(frozen=True)
class Fit:
    model: Codec
    curve: Curve
    skipped: int  # steps
    seconds: float  # of training


def steps_of(budget_pixels: int) -> int:
    """As many steps as the budget has batches; ValueError when it has none."""
    steps = budget_pixels // (BATCH * CROP * CROP)
    if steps < 1:
        raise ValueError(
            f"a budget of {budget_pixels} pixels holds no batch: give {BATCH * CROP * CROP} or more"
        )
    return steps


def prepare(folder: Path, validation: Path | None, device: str, side: int = CROP) -> Data:
    """Photos on the device; those that measure are of ``validation``, or up to 40 held out by name, ``side`` pixels."""
    pictures = photos.load(folder)
    named = [f"{name} {tuple(p.shape)}" for name, p in pictures]
    if validation is None:
        train, held_out = photos.split(pictures, min(40, len(pictures) // 4))
    else:
        train, measured = [p for _, p in pictures], photos.load(validation)
        held_out = [p for _, p in measured]
        named += ["measured on", *(f"{name} {tuple(p.shape)}" for name, p in measured)]
    measured_on = middles(held_out, side)
    if not measured_on:
        raise ValueError(
            f"no held-out photo has {side} pixels on both sides: give larger photos or more of them"
        )
    rows, spread = strongest_rows(train, CONFIG.channels, size=CROP)
    digest = hashlib.sha256("\n".join(named).encode()).hexdigest()[:12]
    crops = Crops([p.to(device) for p in train], CROP, BATCH)
    return Data(crops, torch.stack(measured_on).to(device), rows, spread, digest)


def terms(data: Data, budget_pixels: int) -> Terms:
    """Under which a row of this run compares with others."""
    device = data.held_out.device.type
    precision = "bfloat16" if bf16_pays(device) else "float32"
    return Terms(budget_pixels, BLOCK_KMAC, data.digest, device, precision)


def fit(spec: str, seed: int, data: Data, budget_pixels: int) -> Fit:
    """ValueError when the mixers are too dear (`skeleton`), or when training did not stay finite."""
    torch.manual_seed(seed)
    model = skeleton(spec, data.rows, data.spread).to(data.held_out.device)
    done = short_run(model, data.crops, steps_of(budget_pixels), seed, RATE)
    return Fit(model, curve(model, data.held_out), done.skipped, done.seconds)


@torch.no_grad()
def curve(model: Codec, pictures: Tensor) -> Curve:
    """Mean rate of rounded symbols and mean PSNR of 8-bit pixels, in float32; ValueError where they are not finite."""
    model.eval()
    points = []
    for q in QUALITIES:
        bits, psnr = 0.0, 0.0
        for batch in torch.split(pictures, 8):
            x = signed(batch).contiguous(memory_format=torch.channels_last)
            out = model(x, torch.full((len(x),), q, device=x.device))
            error = ((out.x_hat + 0.5).clamp(0, 1) * 255).round() - batch.float()
            psnr += (10 * torch.log10(255**2 / error.square().mean((1, 2, 3)))).sum().item()
            bits += (out.y_bits + out.z_bits).sum().item()
        points.append((bits / pictures[:, 0].numel(), psnr / len(pictures)))
    if not all(math.isfinite(v) for point in points for v in point):
        raise ValueError("the trained codec gives values that are not finite")
    return tuple(points)
