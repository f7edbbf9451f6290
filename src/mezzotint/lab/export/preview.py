# SPDX-License-Identifier: Apache-2.0
"""The optional graph `preview` of a bundle: its head fitted beside the frozen model, traced, put into the bundle, and
measured.

The linear half by least squares, the rest by gradient: begun at random, the whole head had not caught up with the
squares after 3,000 steps. Examples count by one over the error that the squares leave at their quality, or the coarse
qualities, whose errors are ten times as large, would be all that is fitted.
"""

from __future__ import annotations

import math

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from mezzotint.bundle import Bundle, with_preview
from mezzotint.lab.export.graphs import Signature, to_onnx
from mezzotint.lab.export.preview_examples import Examples, code
from mezzotint.lab.layers.quality import QUALITY_MAX
from mezzotint.lab.models.codec import Codec
from mezzotint.lab.models.preview import PIXELS, Preview
from mezzotint.lab.train.overfit import Rated, overfit
from mezzotint.runtime.latents import Model

BATCH = 16  # tiles
RATE, LINEAR_RATE = 3e-3, 6e-5
BANDS = 8  # of quality, whose errors are weighed
RIDGE = 1e-7  # of the mean square of the inputs
TINY = 1e-8  # a squared error of 0.03 levels: below it nothing is weighed higher
VECTORS = ("step", "ctx_hyper")
_UNUSED = torch.zeros(1)


def attach(bundle: Bundle, frozen: Codec, tiles: Examples, steps: int) -> Bundle:
    """The same bundle with a preview fitted to these tiles; ``frozen`` must be the model that is in the bundle."""
    with torch.random.fork_rng():
        torch.manual_seed(0)
        model = Preview(frozen)
    with torch.no_grad():
        found = model.first(tiles.symbols[:8], tiles.z_hat[:8], tiles.quality[:8])[0]
    if (found - tiles.y_hat[:8]).abs().max() > 1e-3 * tiles.y_hat[:8].abs().max():
        raise ValueError(
            "the weights are not those of the bundle: give the checkpoint that it was exported from"
        )
    fit(model, tiles, steps)
    return with_preview(bundle, graph(model))


def fit(preview: Preview, tiles: Examples, steps: int) -> None:
    """Fit the head, and round it to fp16."""
    inputs, head = _inputs(preview, tiles), preview.head
    band = (tiles.quality * BANDS).long() // (QUALITY_MAX + 1)
    sizes = _squares(head.linear, inputs[0], tiles.target, band)[band]
    generator = torch.Generator().manual_seed(1)

    def loss() -> Tensor:
        some = torch.randint(len(sizes), (BATCH,), generator=generator)
        error = (head(*(part[some] for part in inputs)) - tiles.target[some]).square().mean((1, 2, 3))
        return (error / sizes[some]).mean()

    linear = tuple(head.linear.parameters())
    rest = tuple(p for name, p in head.named_parameters() if not name.startswith("linear"))
    overfit([Rated(linear, LINEAR_RATE), Rated(rest, RATE)], loss, steps)
    for p in head.parameters():
        p.data = p.data.half().float()


@torch.no_grad()
def _inputs(preview: Preview, tiles: Examples) -> tuple[Tensor, ...]:
    """What the head reads, of all tiles; some of them at a time."""
    parts = zip(*(part.split(64) for part in (tiles.symbols, tiles.z_hat, tiles.quality)), strict=True)
    columns = zip(*(preview.inputs(*some) for some in parts), strict=True)
    return tuple(torch.cat(column) for column in columns)


def _squares(linear: nn.Conv2d, y: Tensor, target: Tensor, band: Tensor) -> Tensor:
    """Set the linear half to the least squares, each band weighed by what plain squares leave of it; (BANDS,) of that.

    Sums of products, band by band, are all that it takes, so the tiles are gone through once.
    """
    size, outputs = linear.weight[0].numel() + 1, len(linear.weight)
    a, b = (torch.zeros(BANDS, size, columns, dtype=torch.float64) for columns in (size, outputs))
    energy, count = torch.zeros(2, BANDS, dtype=torch.float64)
    for one, wanted, k in zip(y, target.flatten(2), band.tolist(), strict=True):
        x = F.unfold(one[None], 3)[0]  # (9 M_1, cells)
        x = torch.cat([x, torch.ones(1, x.shape[1])])
        a[k] += x @ x.T
        b[k] += x @ wanted.T
        energy[k] += wanted.square().sum()
        count[k] += wanted.numel()
    left = torch.ones(BANDS, dtype=torch.float64)
    for _ in range(2):  # plain, then weighed
        share = (1 / left)[:, None, None]
        whole = (a * share).sum(0)
        ridge = RIDGE * whole.diagonal().mean() * torch.eye(size, dtype=torch.float64)
        found = torch.linalg.solve(whole + ridge, (b * share).sum(0))
        error = (found * (a @ found)).sum((1, 2)) - 2 * (found * b).sum((1, 2)) + energy
        left = torch.where(count > 0, error / count.clamp_min(1), error.sum() / count.sum()).clamp_min(TINY)
    linear.weight.data = found[:-1].T.reshape(linear.weight.shape).float().contiguous()
    linear.bias.data = found[-1].float().contiguous()
    return left.float()


def graph(preview: Preview) -> bytes:
    """The ONNX bytes; docs/format.md, section 11, names inputs and output."""
    first, h = preview.first, 8
    stem = first.hyper_synthesis.stem
    inputs = {
        "symbols": torch.zeros(1, first.channels, h, h),
        "z_hat": torch.zeros(1, stem.in_channels, h // 4, h // 4),
    }
    signature = Signature(inputs, {2: "height", 3: "width"}, "pixels", {1: "out_height", 2: "out_width"})
    return to_onnx(preview, _pixels, VECTORS, signature)


def _pixels(preview: Preview, symbols: Tensor, z_hat: Tensor) -> Tensor:
    """Bytes (1, 2h, 2w, 3); moved in runs of a row of a cell."""
    cells = preview(symbols, z_hat, _UNUSED).permute(0, 2, 3, 1)
    cells = cells * 255 + 128  # of x + 1/2 in 0..1, to be rounded
    b, height, width, _ = cells.shape
    runs = cells.clamp(0, 255).to(torch.uint8).view(b, height, width, 2, PIXELS // 2).transpose(2, 3)
    return runs.reshape(b, 2 * height, 2 * width, 3)


def measure(model: Model, pictures: list[Tensor], qualities: tuple[int, ...]) -> dict[int, float]:
    """Quality 0..4095 -> mean PSNR in dB of previews against the whole decoder's pictures, averaged over 8x8 pixels.

    ``pictures``: uint8 (3, H, W), sides multiples of 64 and at most one tile.
    """
    first = model.card.latent_groups[0]
    found = {}
    for quality in qualities:
        scores = []
        for picture in pictures:
            coded = code(model, picture.permute(1, 2, 0).numpy(), quality)
            symbols, z_hat = (
                array.astype(np.float32)[None]
                for array in (coded.latents.symbols[:first], coded.latents.z_hat)
            )
            pixels = model.run("preview", quality, coded.small.shape, symbols=symbols, z_hat=z_hat)[0]
            error = np.square(pixels.astype(np.float32) - coded.small).mean(dtype=np.float64)
            scores.append(10 * math.log10(255**2 / max(float(error), 1e-9)))
        found[quality] = float(np.mean(scores))
    return found
