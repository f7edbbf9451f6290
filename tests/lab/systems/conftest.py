# SPDX-License-Identifier: Apache-2.0
"""Systems to test: a start for them, media of every kind, and a little training."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from mezzotint.lab.data.crops import Crops
from mezzotint.lab.models.framed import Start
from mezzotint.lab.systems import SYSTEMS, Media, System, every

every.register()


@pytest.fixture(scope="session")
def start(skeleton_start: tuple[Tensor, Tensor]) -> Start:
    return Start(*skeleton_start)


def waves(height: int, width: int, phase: float = 0.0) -> np.ndarray:
    """uint8 (H, W, 3): smooth waves, an edge and a little noise."""
    rows, columns = np.mgrid[:height, :width]
    noise = np.random.default_rng(0).normal(0, 4, (height, width, 3))
    planes = [np.sin(rows / 9 + k + phase) + np.cos(columns / 7 - k - phase) for k in range(3)]
    picture = 128 + 45 * np.stack(planes, 2) + 40 * (columns > width // 2)[..., None] + noise
    return picture.clip(0, 255).astype(np.uint8)


def _sample(media: str) -> Media:
    """A small one of each kind that a system can take, with sides that are no multiples of anything."""
    if media == "photo":
        return waves(75, 101)
    if media == "linear":
        return (((waves(75, 101) / 255.0) ** 2.2) * 65535).astype(np.uint16)
    if media == "clip":
        return np.stack([waves(50, 70, 0.3 * t) for t in range(4)])
    raise ValueError(f"no sample of '{media}': add it here")


@pytest.fixture(scope="session")
def sample() -> Callable[[str], Media]:
    """ "photo", "linear" or "clip" -> a small one."""
    return _sample


@pytest.fixture(scope="session")
def crops() -> Crops:
    """Batches of two crops of 64x64."""
    pictures = [torch.from_numpy(waves(128, 128, float(p))).permute(2, 0, 1) for p in range(3)]
    return Crops(pictures, 64, 2)


@pytest.fixture(scope="session")
def made(start: Start, crops: Crops) -> Callable[[str], System]:
    """A spec -> that system after two steps of training, its weights stirred so that no path hides behind a zero."""
    kept: dict[str, System] = {}

    def make(spec: str) -> System:
        if spec not in kept:
            torch.manual_seed(0)
            system = SYSTEMS.build(spec, start)
            if isinstance(system, nn.Module):
                for p in system.parameters():
                    p.data += 0.003 * torch.randn_like(p)
            system.learn(crops, 2, 0)
            system.spec = spec
            kept[spec] = system
        return kept[spec]

    return make
