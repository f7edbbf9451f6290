# SPDX-License-Identifier: Apache-2.0
"""Parts that stay in float32 when the networks around them run in bf16.

bf16 keeps 8 bits: a latent of 100 steps would move by half a step before it is rounded, and an index of the scale map
would differ from the integers that the codec computes.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from torch import Tensor


def bf16_pays(device: str) -> bool:
    """Whether bf16 products are quicker than float32 there: on a GPU, and on processors with instructions for them."""
    if device != "cpu":
        return True
    cpuinfo = Path("/proc/cpuinfo")  # elsewhere than on Linux float32 is the safe answer
    return cpuinfo.exists() and not {"avx512_bf16", "amx_bf16"}.isdisjoint(cpuinfo.read_text().split())


def in_float32(forward: Callable[..., Any]) -> Callable[..., Any]:
    """Decorator of a module's 'forward': autocast off, floating inputs cast up."""

    @functools.wraps(forward)
    def run(self: Any, x: Tensor, *rest: Any) -> Any:
        if not torch.is_autocast_enabled(x.device.type):
            return forward(self, x, *rest)
        with torch.autocast(x.device.type, enabled=False):
            return forward(self, x.float(), *rest)

    return run
