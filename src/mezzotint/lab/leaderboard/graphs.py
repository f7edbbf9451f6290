# SPDX-License-Identifier: Apache-2.0
"""Analysis and synthesis of a skeleton as two ONNX files of one size and one quality, to be timed.

Sizes are fixed: several mixers unroll their windows and Fourier matrices while they are traced. That is for the clock
only; what a bundle needs beyond it (any size, the tile rule) a mixer states by its reach.
"""

from __future__ import annotations

import warnings
from pathlib import Path

import torch
from torch import Tensor, nn

from mezzotint.lab.export.graphs import OPSET, freeze
from mezzotint.lab.layers.quality import QualityVector
from mezzotint.lab.models.codec import Codec
from mezzotint.lab.models.skeleton import CONFIG, HEIGHT, WIDTH

QUALITY = 2048.0
NAMES = ("analysis", "synthesis")


class _Side(nn.Module):
    """One transform at a fixed quality."""

    def __init__(self, transform: nn.Module) -> None:
        super().__init__()
        self.transform = transform

    def forward(self, x: Tensor) -> Tensor:
        return self.transform(x, torch.full((1,), QUALITY))


@torch.no_grad()
def write(codec: Codec, folder: Path) -> None:
    """analysis.onnx (pixels (1, 3, HEIGHT, WIDTH) -> y) and synthesis.onnx (y -> pixels) into the folder."""
    frozen = freeze(codec)
    for vector in frozen.modules():
        if isinstance(vector, QualityVector):
            vector.fixed = vector(torch.tensor([QUALITY]))
    inputs = (torch.zeros(1, 3, HEIGHT, WIDTH), torch.zeros(1, CONFIG.channels, HEIGHT // 16, WIDTH // 16))
    folder.mkdir(parents=True, exist_ok=True)
    for name, x in zip(NAMES, inputs, strict=True):
        with warnings.catch_warnings():
            warnings.simplefilter(
                "ignore"
            )  # the TorchScript exporter warns of its age and of every traced shape
            torch.onnx.export(
                _Side(getattr(frozen, name)),
                (x,),
                str(folder / f"{name}.onnx"),
                input_names=["x"],
                output_names=["out"],
                opset_version=OPSET,
                dynamo=False,
            )
