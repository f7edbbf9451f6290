# SPDX-License-Identifier: Apache-2.0
"""A tiny model and a tiny folder of photos for the lab's tests."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from PIL import Image  # noqa: E402

from mezzotint.lab.layers.patch import dct_basis  # noqa: E402
from mezzotint.lab.models.codec import Codec, CodecConfig  # noqa: E402
from mezzotint.lab.models.transform import TransformConfig  # noqa: E402

SMALL = TransformConfig(fine=8, fine_hidden=8, fine_depth=1, coarse=16, coarse_hidden=16, coarse_depth=1)
TINY = CodecConfig(
    groups=(8, 24),
    context_hidden=(8, 16),
    hyper_channels=4,
    hyper_width=16,
    features=8,
    anchors=3,
    z_banks=2,
    analysis=SMALL,
    synthesis=SMALL,
)


@pytest.fixture
def tiny_config() -> CodecConfig:
    return TINY


@pytest.fixture
def tiny() -> Codec:
    """An untrained model whose zero-initialised layers were stirred, so that every path shows in the output."""
    torch.manual_seed(0)
    order = dct_basis(16).view(3, 16, 16, 768)[:, :4, :4].reshape(48, 768)[:32]
    model = Codec(TINY, order, torch.linspace(2, 0.1, 32))
    for p in model.parameters():
        p.data += 0.02 * torch.randn_like(p)
    return model


@pytest.fixture(scope="session")
def photo_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Six smooth random photos of 160x192."""
    folder = tmp_path_factory.mktemp("photos")
    rng = np.random.default_rng(0)
    for i in range(6):
        coarse = rng.integers(0, 256, (10, 12, 3), dtype=np.uint8)
        Image.fromarray(coarse).resize((192, 160), Image.Resampling.BICUBIC).save(folder / f"{i}.png")
    return folder
