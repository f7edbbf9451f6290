# SPDX-License-Identifier: Apache-2.0
"""What a module costs: parameters, and multiply-accumulates counted while it runs, never asserted.

Counted are convolutions, matrix products and Fourier transforms; elementwise work is not, as is usual in the field.
A real FFT of n points is taken as 5/4 n log2 n multiply-accumulates, half of split-radix's operations.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils.flop_counter import FlopCounterMode


@dataclass(frozen=True)
class Cost:
    parameters: int
    macs: int


@torch.no_grad()
def count(module: nn.Module, *inputs: Tensor) -> Cost:
    """The cost of one call of ``module`` on ``inputs``."""
    return Cost(sum(p.numel() for p in module.parameters()), spent(lambda: module(*inputs)))


def spent(call: Callable[[], object]) -> int:
    """The multiply-accumulates of whatever torch does while ``call`` runs."""
    fft = torch.ops.aten
    formulas = {fft._fft_r2c: _real, fft._fft_c2r: _back, fft._fft_c2c: _complex}
    counter = FlopCounterMode(display=False, custom_mapping=formulas)
    counter.mod_tracker = _NoModules()  # type: ignore[assignment]
    with counter:
        call()
    return int(counter.get_total_flops() // 2)


class _NoModules:
    """In place of torch's tracker of modules, which fails where `call` asks for gradients by `torch.autograd.grad`."""

    parents = ("Global",)

    def __enter__(self) -> None: ...
    def __exit__(self, *_: object) -> None: ...


# The counter halves nothing: it works in operations, so these are twice the multiply-accumulates.
def _real(shape: torch.Size, dims: list[int], *_: Any, **__: Any) -> int:
    return _complex(shape, dims) // 2


def _back(shape: torch.Size, dims: list[int], *_: Any, out_shape: torch.Size, **__: Any) -> int:
    return _complex(out_shape, dims) // 2


def _complex(shape: torch.Size, dims: list[int], *_: Any, **__: Any) -> int:
    points = math.prod(shape[d] for d in dims)
    return round(5 * math.prod(shape) * math.log2(points)) if points > 1 else 0
