# SPDX-License-Identifier: Apache-2.0
"""Small things for the lab's tests: a tiny model, a start for larger ones, and photos."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from PIL import Image  # noqa: E402
from torch import Tensor  # noqa: E402

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


def lowest(side: int) -> Tensor:
    """(3 side^2, 768): of the block transform's rows, those of the lowest frequencies of each plane."""
    return dct_basis(16).view(3, 16, 16, 768)[:, :side, :side].reshape(-1, 768)


@pytest.fixture
def tiny_config() -> CodecConfig:
    return TINY


@pytest.fixture
def tiny() -> Codec:
    """An untrained model whose zero-initialised layers were stirred, so that every path shows in the output."""
    torch.manual_seed(0)
    model = Codec(TINY, lowest(4)[:32], torch.linspace(2, 0.1, 32))
    for p in model.parameters():
        p.data += 0.02 * torch.randn_like(p)
    return model


@pytest.fixture(scope="session")
def skeleton_start() -> tuple[Tensor, Tensor]:
    """Rows (192, 768) of the block transform and their spread (192,), as a skeleton codec takes them."""
    return lowest(8), torch.linspace(1, 0.05, 192)


Smooth = Callable[[np.random.Generator, tuple[int, int], tuple[int, int]], np.ndarray]


def _smooth(rng: np.random.Generator, cells: tuple[int, int], size: tuple[int, int]) -> np.ndarray:
    coarse = Image.fromarray(rng.integers(0, 256, (*cells, 3), dtype=np.uint8))
    return np.asarray(coarse.resize(size[::-1], Image.Resampling.BICUBIC))


@pytest.fixture(scope="session")
def smooth() -> Smooth:
    """(generator, (rows, columns), (H, W)) -> a photo of as many random cells, blown up smoothly; uint8 (H, W, 3)."""
    return _smooth


@pytest.fixture(scope="session")
def photo_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Six smooth random photos of 160x192."""
    folder = tmp_path_factory.mktemp("photos")
    rng = np.random.default_rng(0)
    for i in range(6):
        Image.fromarray(_smooth(rng, (10, 12), (160, 192))).save(folder / f"{i}.png")
    return folder
